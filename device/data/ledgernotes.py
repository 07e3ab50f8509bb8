"""From the events to the ledger: each letter becomes a note, and a sick disk is told.

Letters are noted by whoever publishes them, in the order in which they were; the disk is the
writer's, in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from device.data.ledger import CAUSES, Acted, Closed, Note, Opening
from device.data.ledgerwriter import Health, LedgerWriter
from device.events import ClockSet, Did, Event, EventBus, Parted, Parting
from device.letter import Command, Ended, Fault, Hello, Woke
from device.mind.types import Request

CLOSED = frozenset({Parting.CLOSED, Parting.STOPPING, Parting.NAMES_DIFFER})
"""Partings before which everything that the ears wrote was read."""


class LedgerNotes:
    """Writes down what is published. Made inside the event loop, before the ears are met.

    `words`: the wake words in the order of the settings; `text`: a request in words, or None
    where the owner keeps no texts; `tell` is called in the loop when the disk's health changes;
    `now`: milliseconds since 1970; `steady`: whether that can be believed, so that what is old
    by it may be purged.
    """

    def __init__(
        self,
        events: EventBus,
        folder: Path,
        *,
        keep_days: int,
        words: Sequence[str],
        text: Callable[[Request], str | None],
        tell: Callable[[Health], None],
        now: Callable[[], int],
        steady: Callable[[], bool] = lambda: True,
    ) -> None:
        self._words = words
        self._text = text
        self._tell = tell
        self._now = now
        self._loop = asyncio.get_running_loop()
        self.writer = LedgerWriter(
            folder, keep_days=keep_days, tell=self._told, now=now, steady=steady
        )
        self._end = events.subscribe(self.take)

    def take(self, event: Event) -> None:
        """Note what belongs into the ledger."""
        match event:
            case Hello() | Ended() | Fault():
                self.writer.note(Note(self._now(), event))
            case Woke(cause=cause):
                self.writer.note(Note(self._now(), event, word=self.word(cause)))
            case Command(request=request):
                self.writer.note(Note(self._now(), event, text=self._text(request)))
            case Did(number=number, seconds=seconds):
                self.writer.note(Note(self._now(), Acted(number, round(seconds * 1000))))
            case ClockSet(by, since, until):
                self.writer.shift(round(1000 * by), round(1000 * since), round(1000 * until))
            case Parted(why) if why in CLOSED:
                self.writer.note(Note(self._now(), Closed()))

    def word(self, cause: int) -> str:
        """What a `Woke` was caused by: a wake word's name, the button, an answer."""
        return self._words[cause] if cause < len(self._words) else CAUSES.get(cause, "")

    async def opening(self) -> None:
        """Hands are about to meet ears: that is on the disk before they do."""
        self.writer.note(Note(self._now(), Opening()))
        await self.written()

    async def written(self) -> None:
        """Wait for what is on its way; a disk that takes nothing still shows what is on it."""
        with contextlib.suppress(sqlite3.Error):  # the writer tells, and keeps it until it can
            await asyncio.wrap_future(self.writer.flush())

    async def close(self) -> None:
        """Write what waits and end."""
        self._end()
        await asyncio.to_thread(self.writer.close)

    def _told(self, health: Health) -> None:
        """Called in the writer's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, health)
