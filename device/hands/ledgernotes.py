"""From the journal to the ledger: each letter becomes a note, and a sick disk is told aloud."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

from device.data.describe import describe
from device.data.ledger import CAUSES, Acted, Closed, Note, Opening
from device.data.ledgerwriter import Clerk, Health
from device.events import Did, Event, Parted
from device.hands.alerts import warn
from device.hands.house import House
from device.letter import Command, Ended, Fault, Hello, Woke

ALERTS = {
    Health.WELL: "ledger_well",
    Health.FULL: "ledger_full",
    Health.READ_ONLY: "ledger_read_only",
    Health.DAMAGED: "ledger_damaged",
    Health.FAILING: "ledger_failing",
}


class Scribe:
    """Writes down what a house tells. Made inside the event loop, before the ears are met."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._words = [word.name for word in house.config.wake.all_words()]
        self._loop = asyncio.get_running_loop()
        self.clerk = Clerk(
            Path(house.config.service.state),
            keep_days=house.config.ledger.keep_days,
            tell=self._tell,
            now=self._now,
        )
        self._end = house.journal.subscribe(self.take)
        house.opening = self.opening

    def take(self, event: Event) -> None:
        """Note what belongs into the ledger."""
        match event:
            case Hello() | Ended() | Fault():
                self.clerk.note(Note(self._now(), event))
            case Woke(cause=cause):
                self.clerk.note(Note(self._now(), event, word=self.word(cause)))
            case Command(request=request):
                kept = self._house.config.ledger.texts
                text = describe(request, self._house.names) if kept else None
                self.clerk.note(Note(self._now(), event, text=text))
            case Did(number=number, seconds=seconds):
                self.clerk.note(Note(self._now(), Acted(number, round(seconds * 1000))))
            case Parted(why="closed" | "stopping" | "names_differ"):
                # everything that the ears wrote was read
                self.clerk.note(Note(self._now(), Closed()))

    def word(self, cause: int) -> str:
        """What a `Woke` was caused by: a wake word's name, the button, an answer."""
        return self._words[cause] if cause < len(self._words) else CAUSES.get(cause, "")

    async def opening(self) -> None:
        """Hands are about to meet ears: that is on the disk before they do."""
        self.clerk.note(Note(self._now(), Opening()))
        with contextlib.suppress(sqlite3.Error):  # the clerk tells, and keeps it until it can
            await asyncio.wrap_future(self.clerk.flush())

    async def close(self) -> None:
        """Write what waits and end."""
        self._end()
        await asyncio.to_thread(self.clerk.close)

    def _now(self) -> int:
        return round(self._house.clock.wall() * 1000)

    def _tell(self, health: Health) -> None:
        """Called in the clerk's thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(warn, self._house, ALERTS[health])
