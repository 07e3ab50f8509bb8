"""Timers and alarms as they stand on the disk, and when the next is due. No sound, no waiting."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Generic, TypeVar

from device.hands.clock import Clock, at, moment

AT_MOST = 50
"""Timers, and alarms, at a time; more is a mistake or mischief."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that runs, is paused, or rings."""

    id: int
    name: str
    length: float
    left: float
    """Seconds; negative once it is due."""
    paused: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: once, or on some days of every week."""

    id: int
    minutes: int
    """Minutes after midnight."""
    days: int
    """Monday = 1 .. Sunday = 64; 0 = once."""
    due: float
    """Wall seconds of the next ring, snoozing included."""
    snoozed: bool


class _Table(ABC, Generic[T]):
    """What timers and alarms have in common: rows with an id, in a table of their own.

    changed: called after every change.
    """

    table: ClassVar[str]

    def __init__(
        self, state: sqlite3.Connection, clock: Clock, changed: Callable[[], None]
    ) -> None:
        self._state = state
        self._clock = clock
        self._changed = changed

    @abstractmethod
    def _read(self, row: sqlite3.Row) -> T:
        """What a row says, as of now."""

    def get(self, number: int) -> T | None:
        """The one with this id."""
        found = f"SELECT * FROM {self.table} WHERE id = ?"  # noqa: S608 - a table of ours
        row = self._state.execute(found, (number,)).fetchone()
        return None if row is None else self._read(row)

    def cancel(self, number: int) -> None:
        """Forget one, ringing or not."""
        gone = f"DELETE FROM {self.table} WHERE id = ?"  # noqa: S608 - a table of ours
        self._state.execute(gone, (number,))
        self._changed()

    def cancel_all(self) -> None:
        """Forget all."""
        self._state.execute(f"DELETE FROM {self.table}")  # noqa: S608 - a table of ours
        self._changed()


class Timers(_Table[Timer]):
    """All timers.

    A timer started in this run of the machine is due by the machine's clock, whatever is done to
    the wall's. After a reboot the wall's is all there is to go by.
    """

    table = "timers"

    def __init__(
        self,
        state: sqlite3.Connection,
        clock: Clock,
        changed: Callable[[], None],
        earliest: Callable[[], float] | None = None,
    ) -> None:
        """`earliest`: wall seconds before which it can't be; the clock's own without it."""
        super().__init__(state, clock, changed)
        self._earliest = earliest or clock.wall

    def all(self) -> list[Timer]:
        """Every timer, the next one due first, paused ones by what they have left."""
        rows = self._state.execute("SELECT * FROM timers").fetchall()
        return sorted((self._read(r) for r in rows), key=lambda t: t.left)

    def add(self, seconds: float, name: str = "") -> Timer | None:
        """Start a timer; None if there are too many."""
        if len(self.all()) >= AT_MOST:
            return None
        cursor = self._state.execute(
            "INSERT INTO timers (name, length, boot, due_running, due_wall) VALUES (?, ?, ?, ?, ?)",
            (name, seconds, *self._due(seconds)),
        )
        self._changed()
        return self.get(int(cursor.lastrowid or 0))

    def extend(self, timer: Timer, seconds: float) -> float:
        """Give a timer more time; one that is due starts again with it. Returns what is left."""
        left = max(0.0, timer.left) + seconds
        if timer.paused:
            self._set(timer.id, (self._clock.boot(), None, None), left)
        else:
            self._set(timer.id, self._due(left), None)
        return left

    def pause(self, timer: Timer) -> None:
        """Stop the time of a timer."""
        self._set(timer.id, (self._clock.boot(), None, None), max(0.0, timer.left))

    def resume(self, timer: Timer) -> None:
        """Let it run again."""
        self._set(timer.id, self._due(timer.left), None)

    def _due(self, seconds: float) -> tuple[str, float, float]:
        clock = self._clock
        return clock.boot(), clock.running() + seconds, clock.wall() + seconds

    def _set(
        self, timer: int, due: tuple[str, float | None, float | None], left: float | None
    ) -> None:
        self._state.execute(
            "UPDATE timers SET boot = ?, due_running = ?, due_wall = ?, left_over = ? WHERE id = ?",
            (*due, left, timer),
        )
        self._changed()

    def _read(self, row: sqlite3.Row) -> Timer:
        paused = row["left_over"] is not None
        if paused:
            left = float(row["left_over"])
        elif row["boot"] == self._clock.boot():
            left = float(row["due_running"]) - self._clock.running()
        else:
            left = float(row["due_wall"]) - self._earliest()
        return Timer(int(row["id"]), str(row["name"]), float(row["length"]), left, paused)


class Alarms(_Table[Alarm]):
    """All alarms; they go by the wall's clock and its daylight saving time."""

    table = "alarms"

    def all(self) -> list[Alarm]:
        """Every alarm, the next one first."""
        rows = self._state.execute("SELECT * FROM alarms ORDER BY due_wall").fetchall()
        return [self._read(r) for r in rows]

    def add(self, minutes: int, days: int = 0, tomorrow: bool = False) -> Alarm | None:
        """An alarm at the next such time; None if there are too many.

        One that is there already is not set a second time: it would ring twice.
        """
        due = self.next(minutes, days, tomorrow=tomorrow)
        there = self.all()
        for alarm in there:
            same = (alarm.minutes, alarm.days) == (minutes, days)
            if same and (days or alarm.due == due) and not alarm.snoozed:
                return alarm
        if len(there) >= AT_MOST:
            return None
        cursor = self._state.execute(
            "INSERT INTO alarms (minutes, days, due_wall) VALUES (?, ?, ?)", (minutes, days, due)
        )
        self._changed()
        return self.get(int(cursor.lastrowid or 0))

    def snooze(self, alarm: Alarm, seconds: float) -> None:
        """Ring again in `seconds`."""
        self._set(alarm.id, self._clock.wall() + seconds, snoozed=True)

    def rung(self, alarm: Alarm) -> None:
        """It has rung: on to its next day, or gone."""
        if alarm.days:
            self._set(alarm.id, self.next(alarm.minutes, alarm.days), snoozed=False)
        else:
            self.cancel(alarm.id)

    def reckon(self) -> None:
        """The wall's clock or its zone was changed: what is not snoozed is due at its time anew.

        An alarm that is already due stays due.
        """
        now = self._clock.wall()
        for alarm in self.all():
            if not alarm.snoozed and alarm.due > now and alarm.days:
                due = self.next(alarm.minutes, alarm.days)
                if due != alarm.due:
                    self._set(alarm.id, due, snoozed=False)

    def redate(self, alarm: Alarm, by: float) -> None:
        """It was dated by a clock that was wrong by so much: due at its time by the right one."""
        due = alarm.due + by if alarm.snoozed else self.next(alarm.minutes, alarm.days)
        self._set(alarm.id, due, snoozed=alarm.snoozed)

    def next(self, minutes: int, days: int, *, tomorrow: bool = False) -> float:
        """Wall seconds of the next such time after now. Raises ValueError if `days` names none."""
        now = self._clock.wall()
        zone = self._clock.zone()
        today = at(self._clock, now)
        for ahead in range(1 if tomorrow else 0, 9):
            day = today.replace(tzinfo=None) + timedelta(days=ahead)
            due = moment(day, minutes, zone)
            if due > now and (not days or days >> day.weekday() & 1):
                return due
        raise ValueError(f"no day in {days}")

    def _set(self, alarm: int, due: float, *, snoozed: bool) -> None:
        self._state.execute(
            "UPDATE alarms SET due_wall = ?, snoozed = ? WHERE id = ?", (due, int(snoozed), alarm)
        )
        self._changed()

    def _read(self, row: sqlite3.Row) -> Alarm:
        return Alarm(
            int(row["id"]),
            int(row["minutes"]),
            int(row["days"]),
            float(row["due_wall"]),
            bool(row["snoozed"]),
        )
