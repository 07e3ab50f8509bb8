"""A clock that isn't right yet, or jumps, throws nothing away: no alarm, no timer, no row."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device.data import ledger, ledgershift
from device.data.ledger import Note
from device.data.ledgerwriter import LedgerWriter
from device.events import ClockSet, Event, EventBus, Rang, Said
from device.hands import wallclock
from device.hands.state import open_state
from device.hands.wallclock import WallClock
from device.letter import Ended, Hello, Woke
from device.mind.types import Outcome
from tests.hands.houses import Home, ManualClock, home

NOW = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)
DAY, YEAR = 24 * 3600.0, 365 * 24 * 3600.0


def watched(folder: Path, clock: ManualClock, events: list[Event]) -> WallClock:
    bus = EventBus()
    bus.subscribe(events.append)
    return WallClock(clock, open_state(folder), bus)


def test_an_unknown_clock_is_known_once_it_is_set_and_tells_by_how_much(tmp_path: Path) -> None:
    async def story() -> None:
        clock, told = ManualClock(datetime(2020, 1, 1, tzinfo=UTC)), list[Event]()
        began, clock.synchronised = clock.wall(), False
        wall = watched(tmp_path, clock, told)
        clock.go(60)
        wall.look()
        assert not wall.known() and not wall.steady() and told == []
        clock.set_wall(6 * YEAR)
        wall.look()
        assert wall.known()
        assert told == [ClockSet(6 * YEAR, began, began + 60)]

    asyncio.run(story())


def test_a_clock_before_what_was_seen_is_not_known_whatever_the_machine_says(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        clock = ManualClock(NOW)
        watched(tmp_path, clock, []).look()
        clock.reboot(-YEAR)
        wall = watched(tmp_path, clock, [])
        assert not wall.known()
        assert wall.earliest() >= NOW.timestamp() - 1
        clock.set_wall(60)
        wall.look()
        assert not wall.known(), "a step that leaves it in the past sets nothing right"
        clock.set_wall(YEAR)
        wall.look()
        assert wall.known()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("step", "later", "steady"),
    [
        (0.0, 0.0, True),
        (1.0, 0.0, True),
        (wallclock.BIG_STEP_S, 0.0, True),
        (wallclock.BIG_STEP_S + 1, 0.0, False),
        (-DAY, 0.0, False),
        (YEAR, DAY - 1, False),
        (YEAR, DAY, True),
    ],
)
def test_after_a_jump_a_day_must_pass(
    tmp_path: Path, step: float, later: float, steady: bool
) -> None:
    async def story() -> None:
        clock = ManualClock(NOW)
        wall = watched(tmp_path, clock, [])
        clock.set_wall(step)
        wall.look()
        clock.go(later)
        wall.look()
        assert wall.steady() is steady

    asyncio.run(story())


async def settled(h: Home) -> None:
    h.clock.go(5)
    await h.settled()


@pytest.mark.parametrize("jump", [DAY, -DAY, YEAR, -YEAR, 3 * 3600.0])
def test_a_jump_and_back_loses_no_alarm(tmp_path: Path, jump: float) -> None:
    async def story() -> None:
        async with home(tmp_path, clock=ManualClock(NOW)) as h:
            h.context.alarms.add(17 * 60)
            h.context.alarms.add(20 * 60, 127)
            await h.settled()
            h.clock.set_wall(jump)
            await settled(h)
            h.clock.set_wall(-jump)
            await settled(h)
            found = sorted((a.minutes, a.days, a.due) for a in h.context.alarms.all())
            today = NOW.replace(hour=0, minute=0)
            assert found == [
                (1020, 0, (today + timedelta(hours=17)).timestamp()),
                (1200, 127, (today + timedelta(hours=20)).timestamp()),
            ]
            h.clock.go(today.timestamp() + 17 * 3600 - h.clock.wall())
            assert (await h.watch.until(Rang)).kind == "alarm"

    asyncio.run(story())


def test_a_boot_in_the_past_judges_nothing_until_the_clock_is_set(tmp_path: Path) -> None:
    async def story() -> None:
        clock = ManualClock(NOW)
        async with home(tmp_path, clock=clock) as h:
            h.context.alarms.add(7 * 60)
            h.context.alarms.add(8 * 60, 31)
            h.context.timers.add(3600, "pasta")
            h.context.clock.look()
        off = clock.wall() - datetime(2020, 1, 1, tzinfo=UTC).timestamp()
        clock.reboot(-off)
        clock.synchronised = False
        async with home(tmp_path, clock=clock) as h:
            await settled(h)
            assert [t.left <= 3600 for t in h.context.timers.all()] == [True]
            h.context.alarms.add(9 * 60)
            assert not h.watch.of(Said) and not h.watch.of(Rang)
            assert len(h.context.alarms.all()) == 3
            clock.set_wall(off + 600)
            clock.synchronised = True
            await settled(h)
            due = [datetime.fromtimestamp(a.due, UTC) for a in h.context.alarms.all()]
            assert [d.strftime("%Y-%m-%d %H:%M") for d in due] == [
                "2026-11-23 07:00", "2026-11-23 08:00", "2026-11-23 09:00",
            ]  # fmt: skip
            (timer,) = h.context.timers.all()
            assert 2900 < timer.left < 3010

    asyncio.run(story())


def written(folder: Path, at: int, *, now: int, steady: bool) -> list[tuple[int, int]]:
    """A row at `at`, then a writer's life at `now`: what rows there are."""
    with closing(ledger.connect(folder / ledger.FILE)) as db:
        notes = [Note(at, Hello(7, bytes(8))), Note(at, Woke(1, 0, 9))]
        ledger.write(db, [*notes, Note(at, Ended(1, Outcome.NO_SPEECH, 9))])
    writer = LedgerWriter(
        folder, keep_days=30, tell=lambda _: None, now=lambda: now, steady=lambda: steady
    )
    writer.flush().result(20)
    writer.close()
    return rows(folder)


def rows(folder: Path) -> list[tuple[int, int]]:
    with closing(sqlite3.connect(folder / ledger.FILE)) as db:
        return list(db.execute("SELECT number, began FROM activation ORDER BY series, number"))


@pytest.mark.parametrize("steady", [True, False])
def test_rows_are_purged_by_a_steady_clock_alone(tmp_path: Path, steady: bool) -> None:
    found = written(tmp_path, 1000, now=round(YEAR * 1000), steady=steady)
    assert found == ([] if steady else [(1, 1000)])


def test_rows_dated_by_a_wrong_clock_are_moved_along_and_no_others(tmp_path: Path) -> None:
    written(tmp_path, 5_000, now=6_000, steady=False)
    with closing(ledger.connect(tmp_path / ledger.FILE)) as db:
        again = [Note(100, Hello(8, bytes(8))), Note(110, Woke(1, 0, 9))]
        ledger.write(db, [*again, Note(120, Ended(1, Outcome.NO_SPEECH, 9))])
        assert ledgershift.shift(db, 10_000, 100, 119) == 2
        assert rows(tmp_path) == [(1, 5_000), (1, 10_110)]
        forgotten = list(db.execute("SELECT forgotten FROM activation ORDER BY series"))
        assert forgotten[1] == (120,), "outside of the span"
