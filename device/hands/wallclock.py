"""Whether the wall's clock can be believed, and what is done about it once it can.

A Pi has no battery: it boots in the past and learns the time from the network, late or never. And
a clock that people set may jump, and jump back. So nothing that is old by such a clock is thrown
away: alarms, missed ones and rows of the ledger are judged only by a clock that is known, and rows
are purged only when it has gone on without a jump for a day.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
from datetime import tzinfo

from device.events import ClockSet, EventBus
from device.hands import state
from device.hands.clock import Clock

LOOK_S = 5.0
STEP_S = 2.0
"""A clock that is moved by more was set; what is less is a time server's slow correction."""
BIG_STEP_S = 600.0
STEADY_S = 24 * 3600.0
LONG_OFF_S = 2 * 24 * 3600.0
"""Off for longer than this, or a clock that jumped meanwhile: a day is waited before purging."""
KEEP_S = 600.0
"""How often the time is written down, for the next start to know that it can't be earlier."""
SEEN = "wall"


class WallClock:
    """A clock that watches itself, from the start of the hands on; see `Clock` for the rest.

    `kept`: the state that outlives the hands.
    """

    def __init__(self, clock: Clock, kept: sqlite3.Connection, events: EventBus) -> None:
        self._clock = clock
        self._kept = kept
        self._events = events
        self._began = clock.wall()
        self._offset = self._first = clock.wall() - clock.running()
        self._stepped = -math.inf
        self._seen = float(state.get(kept, SEEN, 0))
        self._written = -math.inf
        self._known = clock.known() and clock.wall() >= self._seen - BIG_STEP_S
        if self._seen and clock.wall() - self._seen > LONG_OFF_S:
            self._stepped = clock.running()

    def wall(self) -> float:
        """See `Clock.wall`."""
        return self._clock.wall()

    def running(self) -> float:
        """See `Clock.running`."""
        return self._clock.running()

    def boot(self) -> str:
        """See `Clock.boot`."""
        return self._clock.boot()

    def zone(self) -> tzinfo:
        """See `Clock.zone`."""
        return self._clock.zone()

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        """See `Clock.wait`."""
        await self._clock.wait(seconds, woken)

    def known(self) -> bool:
        """Whether what is old by this clock is old."""
        return self._known

    def steady(self) -> bool:
        """Whether it is known and was not set by much for a day: what is too old may go."""
        return self._known and self._clock.running() - self._stepped >= STEADY_S

    def earliest(self) -> float:
        """Wall seconds before which it can't be, whatever an unknown clock shows."""
        return self._clock.wall() if self._known else max(self._seen, self._clock.wall())

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """See what happened to the clock since the last look."""
        offset = self._clock.wall() - self._clock.running()
        step, self._offset = offset - self._offset, offset
        later = self._clock.wall() >= self._seen - BIG_STEP_S
        if not self._known and later and (self._clock.known() or abs(step) > STEP_S):
            self._known = True
            before = self._clock.wall() - step
            self._events.publish(ClockSet(offset - self._first, self._began, before))
        elif abs(step) > BIG_STEP_S:
            self._stepped = self._clock.running()
        self._write()

    def _write(self) -> None:
        """Note the time once in a while, if it can be believed."""
        if not self.steady() or self._clock.running() - self._written < KEEP_S:
            return
        self._written = self._clock.running()
        try:
            state.put(self._kept, SEEN, int(self._clock.wall()))
        except sqlite3.Error:  # a disk that takes nothing: told by the ledger
            return
