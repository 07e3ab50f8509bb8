"""Two speakers of one name on one broker notice each other; one alone never notices itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from device.hands.home.discovery import Topics
from device.hands.home.mqtt import Broker
from device.hands.home.twins import Twins
from tests.hands.home.brokers import DEADLINE, PASSWORD, mosquitto, needs_mosquitto, running
from tests.hands.home.brokers import home as settings

pytestmark = needs_mosquitto
END = "keepmum/end"


class Ends:
    """Speakers on one broker, who of them noticed a twin, and how many have heard the end."""

    def __init__(self) -> None:
        self.noticed: list[int] = []
        self.brokers: list[Broker] = []
        self.over = 0

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not holds():
                await asyncio.sleep(0.01)

    async def heard_all(self) -> None:
        """Until each has heard the end, and so all that was sent before it."""
        await self.brokers[0].publish(END, "")
        await self.until(lambda: self.over == len(self.brokers))

    def ended(self, _: str, __: bytes) -> None:
        self.over += 1


def lived(folder: Path, names: list[str], story: Callable[[Ends], Awaitable[None]]) -> list[int]:
    """Speakers of these names on one broker; who noticed a twin, in order."""
    ends = Ends()

    async def run(port: int) -> None:
        async with AsyncExitStack() as stack:
            for number, name in enumerate(names):
                broker = Broker(settings(port), PASSWORD, f"keepmum-{number}")
                Twins(broker, Topics("keepmum", name), partial(ends.noticed.append, number))
                broker.route(END, ends.ended, retained=False)
                await stack.enter_async_context(running(broker))
                ends.brokers.append(broker)
            await story(ends)

    with mosquitto(folder) as port:
        asyncio.run(run(port))
    return ends.noticed


def test_two_of_one_name_notice_each_other_once(tmp_path: Path) -> None:
    async def story(ends: Ends) -> None:
        await ends.until(lambda: len(ends.noticed) >= 2)
        await ends.brokers[0].publish("keepmum/kitchen/self", "a third one")
        await ends.heard_all()

    assert sorted(lived(tmp_path, ["kitchen", "kitchen"], story)) == [0, 1]


def test_a_speaker_alone_and_one_of_another_name_notice_nothing(tmp_path: Path) -> None:
    async def story(ends: Ends) -> None:
        await ends.brokers[0].publish("keepmum/other/self", "somebody")
        await ends.heard_all()

    assert lived(tmp_path, ["kitchen", "study"], story) == []
