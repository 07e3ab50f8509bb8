"""Ten thousand retained messages of a real broker with the settings that Debian gives it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from device.hands.home.mqtt import Broker, end
from tests.benchmarks.harness import Goal, exactly
from tests.hands.home.brokers import PASSWORD, home, mosquitto, neighbour

COUNT = 10_000
GOALS: Mapping[str, Goal] = {"messages_lost": exactly(0)}
_SILENT_S = 3.0


async def _fill(port: int) -> None:
    padding = "x" * 1_000
    async with neighbour(port) as client:
        for start in range(0, COUNT, 10):
            payloads = {at: f'{{"at":{at},"pad":"{padding}"}}' for at in range(start, start + 10)}
            await asyncio.gather(
                *(
                    client.publish(f"homeassistant/light/{at}/config", text, qos=1, retain=True)
                    for at, text in payloads.items()
                )
            )


async def _heard(port: int) -> int:
    heard: set[str] = set()
    broker = Broker(home(port), PASSWORD, "bench")
    broker.route("homeassistant/#", lambda topic, _: heard.add(topic))
    task = asyncio.create_task(broker.run())
    await broker.up.wait()
    count = -1
    while count < len(heard):
        count = len(heard)
        await asyncio.sleep(_SILENT_S)
    await end(task)
    return count


def figures(folder: Path | None) -> dict[str, tuple[float, str]]:
    """How many of COUNT retained messages don't arrive."""
    # the broker's own default, below which it drops what a slow client doesn't take
    with (
        tempfile.TemporaryDirectory() as place,
        mosquitto(Path(place), extra="max_queued_messages 1000\n") as port,
    ):
        asyncio.run(_fill(port))
        heard = asyncio.run(_heard(port))
    return {"messages_lost": (COUNT - heard, f"of {COUNT}, 1 KB each, mosquitto's defaults")}
