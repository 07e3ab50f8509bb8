"""How loud the speaker is: kept over restarts, quiet at night, another volume for alarms.

Where the sound device has a mixer it is used (`mixers.py`); else the player's own level is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Protocol

from device.hands import state

PERCENT, SILENT = "volume", "silent"


class Mixer(Protocol):
    """Something that sets how loud everything, or everything else, is."""

    async def set(self, percent: int) -> None:
        """Loudness of the loudspeaker, 0..100."""

    async def duck(self, ducked: bool) -> None:
        """Sound of other programs softer, or as it was."""


class Volume:
    """The volume in force. Alarms and timers ring at their own, silence or not."""

    def __init__(
        self,
        mixer: Mixer,
        kept: sqlite3.Connection,
        first: int,
        changed: Callable[[], None],
    ) -> None:
        self._mixer = mixer
        self._kept = kept
        self._changed = changed
        self._ring: int | None = None
        self._ducked = False
        self.limit: Callable[[], int] = lambda: 100
        """The most there may be now: less in quiet hours."""
        self.percent = state.get(kept, PERCENT, first)
        self.silent = bool(state.get(kept, SILENT, 0))

    @property
    def heard(self) -> int:
        """What the mixer is set to."""
        if self._ring is not None:
            return self._ring
        return 0 if self.silent else min(self.percent, self.limit())

    async def apply(self) -> None:
        """Set the mixer to what is in force."""
        await self._mixer.set(self.heard)

    async def change(self, percent: int) -> None:
        """To `percent`, held to 0..100; ends silence."""
        self.percent, self.silent = max(0, min(100, percent)), False
        await self._keep()

    async def silence(self, silent: bool) -> None:
        """No sound but ringing; or as before."""
        self.silent = silent
        await self._keep()

    async def ring(self, percent: int | None) -> None:
        """While something rings: its volume; None once it doesn't."""
        if percent != self._ring:
            self._ring = percent
            await self.apply()

    async def duck(self, ducked: bool) -> None:
        """Other programs softer while the speaker listens or speaks."""
        if ducked != self._ducked:
            self._ducked = ducked
            await self._mixer.duck(ducked)

    async def _keep(self) -> None:
        state.put(self._kept, PERCENT, self.percent)
        state.put(self._kept, SILENT, int(self.silent))
        await self.apply()
        self._changed()
