"""The stop word, while the speaker rings or speaks: a one-word search, in a child of its own.

pocketsphinx's keyphrase search: the word against a row of phones, frame by frame. Over a ringing
tone there is nothing to mistake it for, so little is asked; over the speaker's own voice much
more, or it would cut itself short.
"""

from __future__ import annotations

from typing import Any

from device.ears.engines.pocketsphinx import decoder_of
from device.ears.lexicon import Lexicon

WORD = "stop"
RINGING, SPEAKING = 1e-24, 1e-15
"""The lower, the more easily it is heard. On synthesized voices: over a ring at half the level of
the word, no false one in the 15 s of ring that were tried; over speech many are missed."""


class StopWord:
    """Hears the stop word."""

    limit_s = 2.0

    def __init__(self, lexicon: Lexicon) -> None:
        """Load the acoustic model, twice over the same pages. `lexicon` has WORD in it."""
        self._decoders = {strict: _decoder(lexicon, strict) for strict in (False, True)}
        self._decoder = self._decoders[False]

    def start(self) -> None:
        """Begin to listen for it over a ring."""
        self._decoder = self._decoders[False]
        self._decoder.start_utt()

    def strict(self) -> None:
        """The speaker itself speaks: ask for more."""
        self._decoder.end_utt()
        self._decoder = self._decoders[True]
        self._decoder.start_utt()

    def feed(self, frame: bytes) -> bool:
        """Take 80 ms of s16le sound; True once the word was said."""
        self._decoder.process_raw(frame)
        return self._decoder.hyp() is not None


def _decoder(lexicon: Lexicon, strict: bool) -> Any:
    asked = {"kws_threshold": SPEAKING if strict else RINGING}
    decoder = decoder_of(lexicon, [WORD], asked)
    decoder.add_keyphrase("stop", WORD)
    decoder.activate_search("stop")
    return decoder
