"""Whisper tiny.en by faster-whisper: the extra for noisy rooms on a Pi 5.

It doesn't stream: all of its work comes after the end of the command. Its model runs threads, so
it is made in the child; the parent reads the files once, for a sealed child can open none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from device.ears.engines.cut import Cut
from device.mind.graph import Graph

MODEL = "whisper-tiny-en"
FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")
HOT_CHARACTERS = 600
"""As many characters of hot words as its prompt has room for."""
_BEAM = 5


class Whisper:
    """One command by a neural network that has heard everything."""

    limit_s = 20.0

    def __init__(self, commands: Graph, answers: Graph, model: Path) -> None:
        """Read the model's files (75 MB). `model`: its folder."""
        import faster_whisper

        self._library = faster_whisper
        self._files = {name: (model / name).read_bytes() for name in FILES}
        self._hot = [hot_words(graph) for graph in (commands, answers)]
        self._asked, self._cut, self._sound = False, Cut(), list[bytes]()
        self._model: Any = None

    def start(self) -> None:
        """Make the model, with its threads."""
        self._asked, self._cut, self._sound = False, Cut(), []
        if self._model is not None:  # only where one process takes in several commands
            return
        self._model = self._library.WhisperModel(
            "tiny.en",
            device="cpu",
            compute_type="int8",
            cpu_threads=2,
            num_workers=1,
            local_files_only=True,
            files=self._files,
        )

    def asked(self) -> None:
        """Answers count too."""
        self._asked = True

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms."""
        parts = self._cut.take(frame, speech)
        if self._cut.anew:
            self._sound.clear()
        self._sound += parts
        return None

    def finish(self) -> str:
        """The words of the command, as English is written: digits, capitals and all."""
        if not self._cut.spoken:
            return ""
        samples = np.frombuffer(b"".join(self._sound), np.int16).astype(np.float32) / 32768.0
        segments, _ = self._model.transcribe(
            samples,
            language="en",
            beam_size=_BEAM,
            temperature=0.0,
            hotwords=self._hot[self._asked],
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text for segment in segments).strip()


def hot_words(graph: Graph) -> str:
    """The rarest words of the grammar: those with the fewest places to stand in, then the longest.

    A language model knows "turn" and "the"; it doesn't know what the lamps are called.
    """
    places: dict[str, int] = {}
    for state in range(len(graph)):
        for word, _ in graph.arcs(state):
            places[word] = places.get(word, 0) + 1
    chosen: list[str] = []
    room = HOT_CHARACTERS
    for word in sorted(places, key=lambda w: (places[w], -len(w), w)):
        if room < len(word) + 1:
            break
        chosen.append(word)
        room -= len(word) + 1
    return " ".join(chosen)
