"""Times of day become moments, on the two odd days of the year too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from device.hands.clock import SystemClock, moment

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("day", "minutes", "utc"),
    [
        ("2026-01-15", 7 * 60, "2026-01-15T06:00"),
        ("2026-07-15", 7 * 60, "2026-07-15T05:00"),
        ("2026-03-29", 90, "2026-03-29T00:30"),  # before the hour that is skipped
        ("2026-03-29", 150, "2026-03-29T01:00"),  # 02:30 is not there: the moment of the change
        ("2026-03-29", 180, "2026-03-29T01:00"),
        ("2026-10-25", 150, "2026-10-25T00:30"),  # 02:30 is there twice: the first
        ("2026-10-25", 180, "2026-10-25T02:00"),
        ("2026-01-15", 24 * 60 + 30, "2026-01-15T23:30"),
    ],
)
def test_a_time_of_day_is_one_moment(day: str, minutes: int, utc: str) -> None:
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp()
    assert moment(datetime.fromisoformat(day), minutes, PARIS) == pytest.approx(expected, abs=1)


def test_the_machines_clock_waits_and_can_be_woken() -> None:
    async def story() -> None:
        clock = SystemClock()
        before = clock.running()
        await clock.wait(0.02, asyncio.Event())
        assert clock.running() - before >= 0.02
        woken = asyncio.Event()
        woken.set()
        await asyncio.wait_for(clock.wait(3600, woken), 1)
        assert len(clock.boot()) == 36
        assert abs(clock.wall() - datetime.now(clock.zone()).timestamp()) < 1

    asyncio.run(story())
