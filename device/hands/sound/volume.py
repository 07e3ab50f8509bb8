"""How loud the speaker is: kept over restarts, softer at night, another volume for alarms."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable

from device.hands import state
from device.hands.sound.mixers import Mixer

MOST = 100
PERCENT, SILENT = "volume", "silent"

log = logging.getLogger("keepmum.hands")


class Volume:
    """The volume in force. Alarms and timers ring at their own, silence or not.

    `limit` is the most there may be now. A mixer that fails is logged; what was asked is kept.
    """

    def __init__(
        self,
        mixer: Mixer,
        kept: sqlite3.Connection,
        *,
        first: int,
        limit: Callable[[], int],
        changed: Callable[[], None],
    ) -> None:
        self.mixer = mixer
        self._kept = kept
        self._limit = limit
        self._changed = changed
        self._ring: int | None = None
        self._floor = 0
        self._lifted = False
        """Somebody changed the volume under a limit: it holds until the limit is over."""
        self._set: int | None = None
        self._ducked = False
        self._turn = asyncio.Lock()
        self.percent = state.get(kept, PERCENT, first)
        self.silent = bool(state.get(kept, SILENT, 0))

    @property
    def heard(self) -> int:
        """What the mixer should be set to."""
        if self._ring is not None:
            return max(self._ring, self._floor)
        return max(self._wanted(), self._floor)

    def _wanted(self) -> int:
        if self.silent:
            return 0
        limit = self._limit()
        self._lifted = self._lifted and limit < MOST
        return self.percent if self._lifted else min(self.percent, limit)

    async def apply(self) -> bool:
        """Set the mixer to what is in force, if it isn't; whether it took it."""
        async with self._turn:
            wanted = self.heard
            if wanted == self._set:
                return True
            try:
                await self.mixer.set(wanted)
            except (OSError, TimeoutError) as error:
                log.warning("The mixer does not answer: %s", type(error).__name__)
                return False
            self._set = wanted
            return True

    @contextlib.asynccontextmanager
    async def at_least(self, percent: int) -> AsyncIterator[bool]:
        """For something that must be heard: no softer than this, silence or not, night or not.

        Gives whether the mixer took it.
        """
        self._floor = percent
        try:
            yield await self.apply()
        finally:
            self._floor = 0
            await self.apply()

    async def change(self, percent: int) -> None:
        """To `percent`, held to 0..100; ends silence, and a limit for as long as that lasts."""
        self.percent, self.silent = max(0, min(MOST, percent)), False
        self._lifted = True
        await self._keep()

    async def silence(self, silent: bool) -> None:
        """No sound but ringing; or as before."""
        self.silent = silent
        await self._keep()

    async def ring(self, percent: int | None) -> None:
        """While something rings: its volume; None once nothing does."""
        self._ring = percent
        await self.apply()

    async def duck(self, ducked: bool) -> None:
        """Other sound softer while the speaker listens or speaks, or as it was."""
        async with self._turn:
            if ducked == self._ducked:
                return
            self._ducked = ducked
            try:
                await self.mixer.duck(ducked)
            except (OSError, TimeoutError, ValueError) as error:
                log.warning("Other sound can't be made softer: %s", type(error).__name__)

    async def _keep(self) -> None:
        try:
            state.put(self._kept, PERCENT, self.percent)
            state.put(self._kept, SILENT, int(self.silent))
        except sqlite3.Error as error:
            log.warning("The volume is not kept over a restart: %s", error)
        await self.apply()
        self._changed()
