"""What runs beside the letters: failures are told; what runs for ever begins anew, or all ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from device.errors import TaskFailed
from device.events import Event, EventBus, Restarted
from device.hands import tasks
from device.hands.tasks import Tasks

DEADLINE = 10.0


def told(story: Callable[[Tasks], Awaitable[None]]) -> list[Event]:
    """A story with a table of tasks; what was published."""
    events: list[Event] = []

    async def run() -> None:
        bus = EventBus()
        bus.subscribe(events.append)
        table = Tasks(bus)
        try:
            await asyncio.wait_for(story(table), DEADLINE)
        finally:
            await table.close()

    asyncio.run(run())
    return events


def test_what_runs_for_ever_begins_anew_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PAUSE_S", 0.0)
    again = asyncio.Event()
    lives: list[int] = []

    async def life() -> None:
        lives.append(len(lives))
        if len(lives) < 3:
            raise ValueError("it broke")
        again.set()
        await asyncio.Event().wait()

    async def story(table: Tasks) -> None:
        table.keep("ringer", life)
        await again.wait()

    assert told(story) == [Restarted("ringer"), Restarted("ringer")]


@pytest.mark.parametrize("raises", [True, False])
def test_what_ends_again_and_again_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, raises: bool
) -> None:
    monkeypatch.setattr(tasks, "PAUSE_S", 0.0)

    async def life() -> None:
        if raises:
            raise ValueError("it broke")

    async def story(table: Tasks) -> None:
        table.keep("ringer", life)
        failed = await table.failure()
        assert isinstance(failed, TaskFailed)
        assert "ringer" in failed.message

    assert told(story) == [Restarted("ringer")] * tasks.AT_MOST


def test_closing_ends_everything_even_what_begins_meanwhile() -> None:
    ended: list[str] = []

    async def first(table: Tasks) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            table.start(second())
            await asyncio.sleep(0)
            ended.append("first")

    async def second() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("second")

    async def story(table: Tasks) -> None:
        table.start(first(table))
        await asyncio.sleep(0)

    told(story)
    assert ended == ["first", "second"]


def test_what_loses_being_told_to_end_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "TOLD_AGAIN_S", 0.01)
    ends: list[int] = []

    async def deaf_once() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ends.append(len(ends))
                if len(ends) == 2:
                    raise

    async def story(table: Tasks) -> None:
        table.keep("presence", deaf_once)
        await asyncio.sleep(0)

    told(story)
    assert ends == [0, 1]
