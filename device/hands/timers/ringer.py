"""Rings what is due, until "stop" or the limit; tells what ran out while nobody was there.

While somebody is being listened to the ring waits. A ring that a kill cut short begins again,
because a timer leaves the disk only when it has been stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from device.events import Changed, ClockSet, Event, EventBus, Part, Quieted, Quieting, Rang, Ringing
from device.hands.clock import Clock
from device.hands.tasks import Tasks
from device.hands.timers.ringsound import RingSound
from device.hands.timers.schedule import Due, Schedule
from device.hands.voice.replies import Reply

SAY_AFTER_SECONDS = 4.7
"""Three turns of the ring, then what it is for is said once."""


class Teller(Protocol):
    """Says things to people."""

    @property
    def listening(self) -> bool:
        """Somebody is being listened to."""

    async def say(self, reply: Reply) -> bool:
        """Say it now."""

    def tell(self, reply: Reply) -> None:
        """Say it when nobody is listened to, by day."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Something that rings."""

    kind: Ringing
    id: int
    until: float
    """`Clock.running` at which it gives up."""
    reply: Reply


class Ringer:
    """One ringer for all timers and alarms; each gives up after `limit_s` seconds."""

    def __init__(
        self,
        schedule: Schedule,
        sound: RingSound,
        teller: Teller,
        *,
        clock: Clock,
        tasks: Tasks,
        events: EventBus,
        limit_s: float,
    ) -> None:
        self._schedule = schedule
        self._sound = sound
        self._clock = clock
        self._tasks = tasks
        self._events = events
        self._teller = teller
        self._limit_s = limit_s
        self._woken = asyncio.Event()
        self._rings: list[Ring] = []
        events.subscribe(self._look)

    @property
    def ringing(self) -> bool:
        """Whether anything rings."""
        return bool(self._rings)

    async def run(self) -> None:
        """For ever: wait for the next that is due, ring it, let it go at its limit."""
        while True:
            self._woken.clear()
            self._schedule.reckon()
            self._drop_cancelled()
            self._begin_due()
            self._end_overlong()
            await self._clock.wait(self._until_next(), self._woken)

    def stop(self, kind: Ringing | None = None) -> bool:
        """Stop ringing, of one kind only if it is given; whether anything rang."""
        return self._end([r for r in self._rings if kind in (None, r.kind)], Quieting.STOP)

    def snooze(self, seconds: float) -> bool:
        """Alarms that ring do so again later, timers get that much more; whether anything rang."""
        rings, self._rings = self._rings, []
        for ring in rings:
            self._schedule.postpone(ring.kind, ring.id, seconds)
            self._events.publish(Quieted(ring.kind, ring.id, Quieting.SNOOZE))
        self._make_sound()
        return bool(rings)

    def _look(self, event: Event) -> None:
        """Timers, alarms or the clock changed: reckon anew."""
        if isinstance(event, ClockSet):
            self._schedule.clock_set(event.by)
        if isinstance(event, ClockSet) or (
            isinstance(event, Changed) and event.what is Part.TIMERS
        ):
            self._woken.set()

    def _begin_due(self) -> None:
        """Ring what is due. What ended so long ago that ringing makes no sense is told instead:
        at the start, and once the clock is set (a Pi without a battery learns the time late).
        """
        ringing = {(r.kind, r.id) for r in self._rings}
        for due in self._schedule.due():
            if (due.kind, due.one.id) in ringing:
                continue
            if due.late > self._limit_s:
                if self._schedule.miss(due):
                    self._teller.tell(due.missed)
            else:
                self._begin(due)

    def _begin(self, due: Due) -> None:
        ring = Ring(due.kind, due.one.id, self._clock.running() + self._limit_s, due.rings)
        self._rings.append(ring)
        self._make_sound()
        self._tasks.start(self._announce(ring, due.late))

    async def _announce(self, ring: Ring, late: float) -> None:
        """Tell when the first of it is heard; after a turn of the ring, say what it is."""
        began = self._clock.running()
        await self._sound.heard()
        late += self._clock.running() - began
        self._events.publish(Rang(ring.kind, ring.id, late))
        await self._clock.wait(SAY_AFTER_SECONDS, asyncio.Event())
        if ring in self._rings and not self._teller.listening:
            await self._teller.say(ring.reply)

    def _end_overlong(self) -> None:
        now = self._clock.running()
        self._end([r for r in self._rings if r.until <= now], Quieting.LIMIT)

    def _drop_cancelled(self) -> None:
        """What was cancelled or given more time while it rang no longer does."""
        for ring in [r for r in self._rings if not self._schedule.still_due(r.kind, r.id)]:
            self._rings.remove(ring)
            self._events.publish(Quieted(ring.kind, ring.id, Quieting.CANCEL))
            self._make_sound()

    def _end(self, rings: list[Ring], by: Quieting) -> bool:
        self._rings = [r for r in self._rings if r not in rings]
        for ring in rings:
            self._schedule.end(ring.kind, ring.id)
            self._events.publish(Quieted(ring.kind, ring.id, by))
        if rings:
            self._make_sound()
        return bool(rings)

    def _make_sound(self) -> None:
        """Sound as long as anything rings."""
        if self._rings:
            self._sound.on(self._rings[0].kind)
        else:
            self._sound.off()

    def _until_next(self) -> float:
        now = self._clock.running()
        return min([self._schedule.until_next(), *(max(0.0, r.until - now) for r in self._rings)])
