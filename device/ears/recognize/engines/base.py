"""Recognizers under one interface. Each lives in a process that was made for one command.

An engine is constructed in the recognizer's parent, where its model is loaded once; `start`,
`feed` and `finish` run in the child, which ends with the command. What an engine leaves in memory
therefore doesn't matter, and what it does wrong costs one command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from device.mind.types import Progress, Request


class Engine(Protocol):
    """Sound to words."""

    limit_s: float
    """One call may take this long; then the child is ended from outside, whatever it hangs in."""

    def start(self) -> None:
        """In the child, before the first frame: all that can be done ahead of time."""

    def asked(self) -> None:
        """What will be said answers the speaker's own question. At most once, after `start`."""

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms of s16le sound; the words so far, or None if nothing new is known.

        They may be the beginning of a sentence; none, if they are no longer thought to be one.

        `speech`: what the voice activity detector says of the frame.
        """

    def finish(self) -> str:
        """The words of the command; empty if there were none."""


class Spotter(Protocol):
    """Listens for one word."""

    limit_s: float

    def start(self) -> None:
        """In the child, before the first frame."""

    def strict(self) -> None:
        """The speaker itself speaks: ask for more. At most once, after `start`."""

    def feed(self, frame: bytes) -> bool:
        """Take 80 ms of s16le sound; True once the word was said."""


@dataclass(frozen=True, slots=True)
class Crew:
    """All that a recognizer's children work with, made in their parent."""

    engine: Engine
    progress: Callable[[Sequence[str], bool], Progress]
    """Can these words go on? (the word graph's answer) True: they answer a question."""
    understand: Callable[[Sequence[str], bool, bool], Request | None]
    """What these words ask for (the matcher's answer). First True: they answer a question; second
    True: they began in one breath with the wake word, so the first may be clipped or gone.
    """
    spotter: Spotter | None = None
