"""Rings what is due, until "stop" or the limit; tells what ran out while nobody was there.

While somebody is being listened to the ring waits. A ring that a kill cut short begins again,
because a timer leaves the disk only when it has been stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from device.events import Quieted, Rang
from device.hands.sound import chimes
from device.hands.sound.player import Clip
from device.hands.timers.table import Alarm, Timer
from device.hands.voice.replies import Reply

if TYPE_CHECKING:
    from device.hands.house import House

log = logging.getLogger("keepmum.hands")

CLOCK_CHECK_SECONDS = 5.0
"""How often the wall's clock is looked at anew while something waits: it may be set."""

TRY_AGAIN_SECONDS = 2.0
SAY_AFTER_SECONDS = 4.7
"""Three turns of the ring, then what it is for is said once."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Something that rings."""

    kind: str
    id: int
    until: float
    """`Clock.running` at which it gives up."""
    reply: Reply


class Bell:
    """One bell for all timers and alarms."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._woken = asyncio.Event()
        self._rings: list[Ring] = []
        self._clip: Clip | None = None
        self._held = False
        self._rung: set[tuple[str, int, float]] = set()
        """What ended while the disk took nothing: kind, id, when an alarm was due."""
        self.changed: Callable[[], None] = lambda: None
        """Called when ringing begins or ends."""

    @property
    def ringing(self) -> bool:
        """Whether anything rings."""
        return bool(self._rings)

    def look(self) -> None:
        """Timers or alarms changed: reckon anew."""
        self._woken.set()

    async def run(self) -> None:
        """For ever: wait for the next that is due, ring it, let it go at its limit."""
        while True:
            self._woken.clear()
            with contextlib.suppress(sqlite3.Error):  # a disk that takes nothing: tried again
                self._house.alarms.reckon()
            self._drop_cancelled()
            self._tell_missed()
            self._begin_due()
            self._end_overlong()
            await self._house.clock.wait(self._until_next(), self._woken)

    def stop(self, kind: str = "") -> bool:
        """Stop ringing, of timers or alarms only if a kind is given; whether anything rang."""
        return self._end([r for r in self._rings if kind in ("", r.kind)], "stop")

    def snooze(self, seconds: float) -> bool:
        """Alarms that ring do so again later, timers get that much more; whether anything rang."""
        house, rings = self._house, self._rings
        self._rings = []
        for ring in rings:
            alarm = house.alarms.get(ring.id) if ring.kind == "alarm" else None
            timer = house.timers.get(ring.id) if ring.kind == "timer" else None
            if alarm is not None:
                house.alarms.snooze(alarm, seconds)
            if timer is not None:
                house.timers.extend(timer, seconds)
            house.journal.publish(Quieted(ring.kind, ring.id, "snooze"))
        self._sound()
        return bool(rings)

    def hold(self, held: bool) -> None:
        """Silent while somebody is listened to or something is said, then on."""
        self._held = held
        if self._clip is not None:
            self._house.player.hold(self._clip, held)

    def _due(self) -> list[tuple[str, Timer | Alarm, float]]:
        """What is due and doesn't ring yet, with how late it is."""
        house = self._house
        ringing = {(r.kind, r.id) for r in self._rings}
        now = house.clock.wall()
        due: list[tuple[str, Timer | Alarm, float]] = [
            ("timer", t, -t.left) for t in house.timers.all() if t.left <= 0 and not t.paused
        ]
        due += [("alarm", a, now - a.due) for a in house.alarms.all() if a.due <= now]
        return [
            (kind, one, late)
            for kind, one, late in due
            if (kind, one.id) not in ringing and self._key(kind, one) not in self._rung
        ]

    def _key(self, kind: str, one: Timer | Alarm) -> tuple[str, int, float]:
        return kind, one.id, one.due if isinstance(one, Alarm) else 0.0

    def _begin_due(self) -> None:
        house = self._house
        for kind, one, late in self._due():
            until = house.clock.running() + house.config.timers.ring_limit_s
            ring = Ring(kind, one.id, until, _told(one))
            self._rings.append(ring)
            self._sound()
            house.start(self._announce(ring, late))

    async def _announce(self, ring: Ring, late: float) -> None:
        """Tell when the first of it is heard; after a turn of the ring, say what it is."""
        began = self._house.clock.running()
        while self._clip is not None and not await self._clip.heard():
            await self._house.clock.wait(TRY_AGAIN_SECONDS, asyncio.Event())
        late += self._house.clock.running() - began
        self._house.journal.publish(Rang(ring.kind, ring.id, late))
        await self._house.clock.wait(SAY_AFTER_SECONDS, asyncio.Event())
        if ring in self._rings and not self._house.listening:
            await self._house.say(ring.reply)

    def _end_overlong(self) -> None:
        now = self._house.clock.running()
        self._end([r for r in self._rings if r.until <= now], "limit")

    def _drop_cancelled(self) -> None:
        """What was cancelled or given more time while it rang no longer does."""
        house = self._house
        for ring in list(self._rings):
            if ring.kind == "timer":
                timer = house.timers.get(ring.id)
                gone = timer is None or timer.left > 0 or timer.paused
            else:
                alarm = house.alarms.get(ring.id)
                gone = alarm is None or alarm.due > house.clock.wall()
            if gone:
                self._rings.remove(ring)
                house.journal.publish(Quieted(ring.kind, ring.id, "cancel"))
                self._sound()

    def _end(self, rings: list[Ring], by: str) -> bool:
        ended = list(rings)
        self._rings = [r for r in self._rings if r not in ended]
        for ring in ended:
            self._forget(ring)
            self._house.journal.publish(Quieted(ring.kind, ring.id, by))
        if ended:
            self._sound()
        return bool(ended)

    def _forget(self, ring: Ring) -> None:
        house = self._house
        find = house.timers.get if ring.kind == "timer" else house.alarms.get
        one = find(ring.id)
        if one is None:
            return
        try:
            if isinstance(one, Alarm):
                house.alarms.rung(one)
            else:
                house.timers.cancel(one.id)
        except sqlite3.Error as error:
            # a full or read-only disk: it has rung all the same, and not again in this life
            log.error("what has rung stays on the disk: %s", error)
            self._rung.add(self._key(ring.kind, one))

    def _sound(self) -> None:
        """Begin or end the sound of ringing as there is something that rings."""
        player = self._house.player
        if self._rings and self._clip is None:
            turn = chimes.ring(self._rings[0].kind)
            clip = Clip(chimes.RATE, turn, repeat=True)
            clip.held = self._held
            self._clip = player.play(clip)
            self._house.start(self._keep_sounding(clip))
        elif not self._rings and self._clip is not None:
            player.stop(self._clip)
            self._clip = None
        self._house.start(
            self._house.volume.ring(self._house.config.timers.volume if self._rings else None)
        )
        self.changed()

    async def _keep_sounding(self, clip: Clip) -> None:
        """A loudspeaker that was unplugged ends the sound, not the ring: try again."""
        await clip.ended.wait()
        await self._house.clock.wait(TRY_AGAIN_SECONDS, asyncio.Event())
        if self._clip is clip:
            self._clip = None
            self._sound()

    def _until_next(self) -> float:
        house = self._house
        now = house.clock.wall()
        waits = [max(0.0, t.left) for t in house.timers.all() if t.left > 0 and not t.paused]
        waits += [max(0.0, a.due - now) for a in house.alarms.all() if a.due > now]
        waits += [CLOCK_CHECK_SECONDS] if waits else []
        waits += [max(0.0, r.until - house.clock.running()) for r in self._rings]
        return min(waits, default=3600.0)

    def _tell_missed(self) -> None:
        """What ended so long ago that ringing makes no sense any more is told instead.

        At the start, and once the clock is set: a Pi without a battery learns the time late.
        """
        house = self._house
        for kind, one, late in self._due():
            if late <= house.config.timers.ring_limit_s:
                continue
            house.tell(_missed(one, late))
            self._forget(Ring(kind, one.id, 0.0, _told(one)))


def _told(one: Timer | Alarm) -> Reply:
    if isinstance(one, Alarm):
        return Reply("alarm.rings", {"time": one.minutes})
    return Reply("timer.rings_named" if one.name else "timer.rings", {"name": one.name})


def _missed(one: Timer | Alarm, late: float) -> Reply:
    if isinstance(one, Alarm):
        return Reply("alarm.missed", {"time": one.minutes, "ago": late})
    key = "timer.missed_named" if one.name else "timer.missed"
    return Reply(key, {"name": one.name, "length": one.length, "ago": late})
