"""pocketsphinx: the engine that works from a bare install, English model in its wheel.

The grammar of the household decides what can be heard; words are found as they are said, and the
rows of phones beside the grammar take what is no command. The decoder sees only what the voice
activity detector calls speech, with a little on either side: cutting that out matters more than
any of its options.

Options, each measured on real commands (`make bench NAME=understanding`):

    bestpath off    the search of the word lattice can take minutes where phones loop, and the
                    grammar has found its path already
    silprob 0.1     people pause in the middle of a command
    lm, dictionary  none and a small one: what loads is the acoustic model alone
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from device.ears.grammar import PHONE, transitions
from device.ears.lexicon import ALL_PHONES, Lexicon
from device.mind.graph import Graph

LEAD = 3
"""Frames before the first speech that the decoder sees."""
TRAIL = 3
"""Frames after the last speech that the decoder sees."""
PARTIAL_EVERY = 3
"""Frames between two looks at the words so far."""
LOOP = 1e-5
INTO_LOOP = 1.0
OPTIONS: dict[str, Any] = {"loglevel": "FATAL", "lm": None, "bestpath": False, "silprob": 0.1}


class PocketSphinx:
    """One command by the word graph."""

    limit_s = 4.0

    def __init__(self, commands: Graph, answers: Graph, lexicon: Lexicon) -> None:
        """Load the acoustic model and build both grammars (0.2 s and some 40 MB)."""
        self._decoder = _decoder(lexicon, commands.words | answers.words)
        for name, graph in (("commands", commands), ("answers", answers)):
            arcs, start, end = transitions(graph, lambda w: bool(lexicon.ways(w)), LOOP, INTO_LOOP)
            self._decoder.add_fsg(name, self._decoder.create_fsg(name, start, end, arcs))
        self._decoder.activate_search("commands")
        self._before: deque[bytes] = deque(maxlen=LEAD)
        self._held: list[bytes] = []
        self._spoken = False
        self._since_partial = 0

    def start(self) -> None:
        """Begin an utterance; the channel estimate is the model's own, not the last command's."""
        self._decoder.start_utt()

    def asked(self) -> None:
        """Answers count too."""
        self._decoder.end_utt()
        self._decoder.activate_search("answers")
        self._decoder.start_utt()

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms; the words so far, every third frame of speech."""
        if not self._spoken and not speech:
            self._before.append(frame)
            return None
        if not speech:
            self._held.append(frame)
            return self._take(frame) if len(self._held) <= TRAIL else None
        self._spoken = True
        for earlier in (*self._before, *self._held[TRAIL:]):
            self._decoder.process_raw(earlier)
        self._before.clear()
        self._held.clear()
        return self._take(frame)

    def _take(self, frame: bytes) -> str | None:
        self._decoder.process_raw(frame)
        self._since_partial += 1
        if self._since_partial < PARTIAL_EVERY:
            return None
        self._since_partial = 0
        return self._words()

    def finish(self) -> str:
        """The words of the command; empty if it was none."""
        if not self._spoken:
            return ""
        self._decoder.end_utt()
        words = self._words()
        return "" if PHONE in words else words

    def _words(self) -> str:
        found = self._decoder.hyp()
        words = found.hypstr.split() if found else []
        return " ".join(word.split("(")[0] for word in words if word[0] not in "<[+")


def _decoder(lexicon: Lexicon, words: Iterable[str]) -> Any:
    """A decoder with `words` and the single phones, and no others."""
    from pocketsphinx import Decoder

    lines = [f"{PHONE}{phone.lower()} {phone}" for phone in ALL_PHONES]
    for word in sorted(words):
        for number, phones in enumerate(lexicon.ways(word)):
            name = word if number == 0 else f"{word}({number + 1})"
            lines.append(f"{name} {' '.join(phones)}")
    # The library reads its dictionary from a path; a file in memory leaves none behind.
    memory = os.memfd_create("words")
    with os.fdopen(memory, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        return Decoder(dict=f"/proc/self/fd/{memory}", **OPTIONS)


def folder() -> Path:
    """The acoustic model in the wheel."""
    import pocketsphinx

    return Path(pocketsphinx.get_model_path("en-us/en-us"))
