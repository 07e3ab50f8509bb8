"""The stop word, while the speaker rings or speaks: a search for one word, in a child of its own.

A keyphrase search weighs the word against a row of phones, and over a ring or a voice nearly any
word beats that. Here it competes with other words as well: a loop of common ones, the nearest
among them, and of single phones, each at a price. The word is heard when it stands, long enough
and behind the present, on the best path. No other word is ever given out: the child says "stop"
or nothing, and what it made of the rest dies with it.

Over a ring the ring's own notes are taken out first (notch.py). What is kept: the library's
features of at most 20 s, and 100 ms of sound in the notch; nobody wipes them but the end of the
process. Prices, lengths and pronunciations were chosen on synthesized voices and on the speaker's
own replies; `make bench NAME=wakeword_accuracy` measures both and says what was held out.
"""

from __future__ import annotations

from typing import Any

from device.ears.recognize.engines.notch import Notch
from device.ears.recognize.engines.pocketsphinx import add_grammar, decoder_of
from device.ears.recognize.grammar import of_loop
from device.ears.recognize.pronunciation import Lexicon

WORD = "stop"
SAID = {
    WORD: ("S T AA P", "S T AO P", "S T AH P", "S D AA P"),
    "shtop": ("SH T AA P", "SH T AO P"),
}
"""American and British, and hurried; with the t as it often comes out after an s, without breath;
and with the s as it often comes out before a t."""
PRICES = {WORD: 1.0, "shtop": 1e-6}
"""What they cost on the path: "shop" is near the second."""
_NEAR = "shop spot stand star start step stick still stock stone street strong stuck top"
_COMMON = (
    "a about all and any are box can cost could day do dog drop find first got half hey hot"
    " how in is it just kitchen like lot make morning most music my no now of okay on out over"
    " part past people please post pot say see seven small so some talk ten than that the them"
    " time timer to up volume walk was we what word yes you your"
)
OTHERS = frozenset(f"{_NEAR} {_COMMON}".split())
"""Words that begin or end like it, and common ones."""
RINGING, SPEAKING = (1e-16, 1e-20), (1e-12, 1e-16)
"""What another word and a single phone cost on the path."""
_OPTIONS = {"lw": 1.0}
SHORTEST, SHORTEST_SPEAKING, LONGEST = 27, 30, 80
"""Steps of 10 ms that the word lasts; what of a reply is taken for it is short."""
BEHIND = 8
"""Steps that must have followed it: until then it may become another word."""
LOOK_EVERY = 2
"""Frames between two looks at the best path."""


class StopLexicon(Lexicon):
    """The words that compete, and WORD as people say it."""

    def __init__(self) -> None:
        super().__init__(OTHERS)

    def ways(self, word: str) -> tuple[tuple[str, ...], ...]:
        if word in SAID:
            return tuple(tuple(way.split()) for way in SAID[word])
        return super().ways(word)


class StopWord:
    """Hears the stop word."""

    limit_s = 2.0

    def __init__(self) -> None:
        """Load the acoustic model and build the loop (some 60 MB, shared with the parent)."""
        lexicon = StopLexicon()
        self._decoder: Any = decoder_of(lexicon, (*SAID, *OTHERS), _OPTIONS)
        for name, (other, phone) in (("ringing", RINGING), ("speaking", SPEAKING)):
            prices = PRICES | dict.fromkeys(sorted(OTHERS), other)
            add_grammar(self._decoder, name, *of_loop(prices, phone))
        self._no_channel = self._decoder.get_cmn(False)
        self._notch: Notch | None = Notch()
        self._taken, self._shortest = 0, SHORTEST

    def start(self) -> None:
        """Begin to listen for it over a ring."""
        self._notch, self._taken, self._shortest = Notch(), 0, SHORTEST
        self._begin("ringing")

    def strict(self) -> None:
        """The speaker itself speaks: there is no ring to take out, and more is asked."""
        self._notch, self._shortest = None, SHORTEST_SPEAKING
        self.end()
        self._begin("speaking")

    def _begin(self, how: str) -> None:
        self._decoder.activate_search(how)
        self._decoder.set_cmn(self._no_channel)
        self._decoder.start_utt()

    def feed(self, frame: bytes) -> bool:
        """Take 80 ms of s16le sound; True once the word was said."""
        self._decoder.process_raw(self._notch.take(frame) if self._notch else frame)
        self._taken += 1
        return self._taken % LOOK_EVERY == 0 and self._said()

    def end(self) -> None:
        """Forget the utterance (tests; a child just dies)."""
        self._decoder.end_utt()

    def _said(self) -> bool:
        """Whether the word is on the best path, whole."""
        if self._decoder.hyp() is None:
            return False
        now = self._decoder.n_frames()
        return any(
            part.word.split("(")[0] in SAID
            and self._shortest <= part.end_frame - part.start_frame + 1 <= LONGEST
            and now - part.end_frame >= BEHIND
            for part in self._decoder.seg()
        )
