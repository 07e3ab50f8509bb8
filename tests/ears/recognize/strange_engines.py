"""Engines that misbehave, and one that doesn't, behind the same interface as the real ones.

Their sound is made of words: the first sample of a frame is a word's number.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Sequence

from device.ears.recognize.engines.base import Crew, Engine
from device.mind.types import FRAME_BYTES, Intent, Progress, Request, Slot

WORDS = ("", "what", "time", "is", "it", "crash", "hang", "nonsense", "exit", "slow")


def frame(word: str) -> memoryview:
    """A frame in which `word` is said."""
    return memoryview(struct.pack("<h", WORDS.index(word)).ljust(FRAME_BYTES, b"\x01"))


class Plain:
    """Hears exactly what was said; crashes, hangs or talks nonsense when told to."""

    limit_s = 0.5

    def __init__(self) -> None:
        self._words: list[str] = []

    def start(self) -> None:
        pass

    def asked(self) -> None:
        self._words.append("what")

    def feed(self, frame: bytes, speech: bool) -> str | None:
        word = WORDS[struct.unpack_from("<h", frame)[0]]
        if word == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if word == "exit":
            raise ValueError("as a library would")
        if word == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
            while True:
                pass
        if word:
            self._words.append(word)
        return " ".join(self._words) if word else None

    def finish(self) -> str:
        if "nonsense" in self._words:
            return "\udcff\x00 " * 5_000
        return " ".join(self._words)


class Stillborn(Plain):
    """Dies before its first frame."""

    def start(self) -> None:
        os.kill(os.getpid(), signal.SIGABRT)


class AlwaysStop:
    """A stop spotter that hears its word in "what", and crashes at "crash"."""

    limit_s = 0.5

    def start(self) -> None:
        pass

    def strict(self) -> None:
        pass

    def feed(self, frame: bytes) -> bool:
        word = WORDS[struct.unpack_from("<h", frame)[0]]
        if word == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        return word == "what"


QUESTION = ["what", "time", "is", "it"]


def progress(words: Sequence[str], asked: bool) -> Progress:
    if list(words) == QUESTION:
        return Progress.COMPLETE
    return Progress.CAN_GO_ON if QUESTION[: len(words)] == list(words) else Progress.NOTHING_FITS


def understand(words: Sequence[str], asked: bool, clipped: bool = False) -> Request | None:
    return Request(Intent.TIME, ((Slot.NUMBER, 7),)) if list(words) == QUESTION else None


def crew(engine: Engine | None = None) -> Crew:
    return Crew(engine or Plain(), progress, understand, AlwaysStop())
