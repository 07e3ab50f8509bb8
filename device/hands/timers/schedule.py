"""What is due, what was missed, and when the next is: timers and alarms looked at together."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from dataclasses import dataclass

from device.events import Ringing
from device.hands.timers.table import Alarm, Alarms, Timer, Timers
from device.hands.voice.replies import Reply, Value
from device.hands.wallclock import WallClock

log = logging.getLogger("keepmum.hands")

CLOCK_CHECK_SECONDS = 5.0
"""How often the wall's clock is looked at anew while something waits: it may be set."""
LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Due:
    """Something whose time has come."""

    kind: Ringing
    one: Timer | Alarm
    late: float
    """Seconds after its time."""

    @property
    def rings(self) -> Reply:
        """What is said while it rings."""
        if isinstance(self.one, Alarm):
            return Reply("alarm.rings", {"time": self.one.minutes})
        name = self.one.name
        return Reply("timer.rings_named" if name else "timer.rings", {"name": name})

    @property
    def missed(self) -> Reply:
        """What is said if it ended while nothing could ring."""
        if isinstance(self.one, Alarm):
            return Reply("alarm.missed", {"time": self.one.minutes, "ago": self.late})
        key = "timer.missed_named" if self.one.name else "timer.missed"
        values: dict[str, Value] = {
            "name": self.one.name,
            "length": self.one.length,
            "ago": self.late,
        }
        return Reply(key, values)


class Schedule:
    """Timers and alarms, and what of them has ended."""

    def __init__(self, timers: Timers, alarms: Alarms, clock: WallClock) -> None:
        self._timers = timers
        self._alarms = alarms
        self._clock = clock
        self._before = {alarm.id for alarm in alarms.all()}
        """Alarms that were set in an earlier life, by a clock that was right."""
        self._ended: set[tuple[Ringing, int, float]] = set()
        """What ended while the disk took nothing: kind, id, when an alarm was due."""

    def reckon(self) -> None:
        """Alarms are due at their time by the clock as it is now, if that can be believed."""
        self._clock.look()
        if not self._clock.known():
            return
        now = self._clock.wall()
        # a clock that jumped ahead and came back: what was missed meanwhile was not
        self._ended = {(kind, id_, due) for kind, id_, due in self._ended if due <= now}
        with contextlib.suppress(sqlite3.Error):  # a disk that takes nothing: tried again
            self._alarms.reckon()

    def clock_set(self, by: float) -> None:
        """The clock was wrong by so much: alarms that were set by it are moved along."""
        with contextlib.suppress(sqlite3.Error):
            for alarm in self._alarms.all():
                if alarm.id not in self._before:
                    self._alarms.redate(alarm, by)

    def miss(self, due: Due) -> bool:
        """It ended so long ago that it is only told; False if the clock can't be believed.

        After a jump of the clock it stays on the disk for a day: the clock may jump back.
        """
        if not self._clock.known():
            return False
        if isinstance(due.one, Alarm) and not due.one.days and not self._clock.steady():
            self._ended.add(_key(due.kind, due.one))
        else:
            self.end(due.kind, due.one.id)
        return True

    def due(self) -> list[Due]:
        """What is due and has not ended."""
        now = self._clock.wall()
        timers = [t for t in self._timers.all() if t.left <= 0 and not t.paused]
        alarms = [a for a in self._alarms.all() if a.due <= now]
        found = [
            *(Due(Ringing.TIMER, timer, -timer.left) for timer in timers),
            *(Due(Ringing.ALARM, alarm, now - alarm.due) for alarm in alarms),
        ]
        return [due for due in found if _key(due.kind, due.one) not in self._ended]

    def still_due(self, kind: Ringing, number: int) -> bool:
        """Whether it was neither cancelled nor given more time."""
        if kind is Ringing.TIMER:
            timer = self._timers.get(number)
            return timer is not None and timer.left <= 0 and not timer.paused
        alarm = self._alarms.get(number)
        return alarm is not None and alarm.due <= self._clock.wall()

    def end(self, kind: Ringing, number: int) -> None:
        """It has rung, or was told: a timer is gone, an alarm goes on to its next day."""
        one = self._find(kind, number)
        try:
            if isinstance(one, Alarm):
                self._alarms.rung(one)
            elif one is not None:
                self._timers.cancel(one.id)
        except sqlite3.Error as error:
            # a full or read-only disk: it has rung all the same, and not again in this life
            log.error("what has rung stays on the disk: %s", error)
            if one is not None:
                self._ended.add(_key(kind, one))

    def postpone(self, kind: Ringing, number: int, seconds: float) -> None:
        """It rings again in `seconds`."""
        one = self._find(kind, number)
        if isinstance(one, Alarm):
            self._alarms.snooze(one, seconds)
        elif one is not None:
            self._timers.extend(one, seconds)

    def until_next(self) -> float:
        """Seconds until the next is due, or until the clock should be looked at again."""
        now = self._clock.wall()
        waits = [t.left for t in self._timers.all() if t.left > 0 and not t.paused]
        waits += [a.due - now for a in self._alarms.all() if a.due > now]
        waits += [CLOCK_CHECK_SECONDS] if waits else []
        return min(waits, default=LONGEST_WAIT_SECONDS)

    def _find(self, kind: Ringing, number: int) -> Timer | Alarm | None:
        find = self._timers.get if kind is Ringing.TIMER else self._alarms.get
        return find(number)


def _key(kind: Ringing, one: Timer | Alarm) -> tuple[Ringing, int, float]:
    return kind, one.id, one.due if isinstance(one, Alarm) else 0.0
