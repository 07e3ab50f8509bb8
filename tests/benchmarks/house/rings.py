"""How late a ring begins: from the moment a timer is due to its first sound at the loudspeaker.

The loudspeaker is a private PulseAudio's null sink, through PyAudio; its own buffer (tens of ms)
comes on top. A third of the rings come after the device was let go and must be opened anew.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from contextlib import ExitStack
from pathlib import Path

from device.config import Config, Service, Voice
from device.events import Event, Rang
from device.hands import start
from device.hands.sound.player import IDLE_SECONDS
from device.hands.wiring import make
from device.names import compile_names
from device.standalone.virtualsound import virtual_sound
from tests.benchmarks.harness import Goal, at_most, percentile

RINGS = 120
AFTER_OPENING_ANEW = 12
SEED = 7
GOALS: dict[str, Goal] = {"ring_delay_ms_p99": at_most(250)}


async def rings(folder: Path) -> list[float]:
    """Milliseconds of delay of each ring."""
    config = Config(service=Service(state=str(folder)), voice=Voice(engine="none"))
    hands = await make(config, compile_names(config))
    late: list[float] = []
    rang = asyncio.Event()

    def watch(event: Event) -> None:
        if isinstance(event, Rang):
            late.append(1000 * event.late)
            rang.set()

    hands.events.subscribe(watch)
    await start.begin(hands)
    chance = random.Random(SEED)
    for n in range(RINGS):
        idle = n < AFTER_OPENING_ANEW
        hands.context.timers.add(IDLE_SECONDS + 0.5 if idle else chance.uniform(0.15, 0.5))
        await asyncio.wait_for(rang.wait(), 20)
        rang.clear()
        hands.context.ringer.stop()
    await start.close(hands)
    return late


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sound = stack.enter_context(virtual_sound(("mic", "speaker")))
        os.environ.update(sound.environment)
        late = asyncio.run(rings(folder))
    note = f"n = {len(late)}, median {percentile(late, 50):.0f}, worst {max(late):.0f}"
    note += f"; {AFTER_OPENING_ANEW} on a device opened anew"
    return {"ring_delay_ms_p99": (percentile(late, 99), note)}
