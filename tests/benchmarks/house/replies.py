"""How soon a reply is heard after its letter, cached and not.

From the command letter written by the ears to the first sound written to the loudspeaker (PyAudio
on a private PulseAudio). Piper says it if its voice is there, else espeak-ng; the note names it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from device.config import Config, Service
from device.events import Event, Hushed, Said
from device.hands import start
from device.hands.wiring import Hands, make
from device.mind.types import Intent, Slot
from device.names import compile_names
from device.standalone.virtualsound import virtual_sound
from tests.benchmarks.harness import Goal, at_most, percentile
from tests.hands.houses import Ears

EACH = 40
GOALS: dict[str, Goal] = {
    "reply_cached_ms_p95": at_most(60),
    "reply_uncached_ms_p95": at_most(500),
}


@dataclasses.dataclass
class Measured:
    """Milliseconds of each reply."""

    voice: str
    fresh: list[float]
    cached: list[float]


class Listener:
    """Waits for the first sound of a reply, and for its end."""

    def __init__(self, hands: Hands) -> None:
        self.said, self.over = asyncio.Event(), asyncio.Event()
        self.at = 0.0
        hands.events.subscribe(self._told)

    def _told(self, event: Event) -> None:
        if isinstance(event, Said):
            self.at = time.monotonic()
            self.said.set()
        if isinstance(event, Hushed):
            self.over.set()

    async def time(self, ears: Ears, hands: Hands, minutes: int) -> float:
        """Ask for a timer of so many minutes; milliseconds to the first sound of the reply."""
        self.said.clear()
        self.over.clear()
        began = time.monotonic()
        ears.ask(Intent.TIMER_SET, (Slot.DURATION, 60 * minutes))
        await asyncio.wait_for(self.said.wait(), 30)
        hands.speaker.hush()
        await asyncio.wait_for(self.over.wait(), 30)
        hands.context.timers.cancel_all()
        return 1000 * (self.at - began)


async def measure(folder: Path) -> Measured:
    """Ask for timers of many lengths, twice."""
    service = Service(
        socket=str(folder / "s"), state=str(folder / "state"), activations_per_hour=3600
    )
    config = Config(service=service)
    names = compile_names(config)
    ears = Ears(service.socket, names)
    hands = await make(config, names)
    listener = Listener(hands)
    await start.begin(hands)
    hands.context.tasks.start(start.attend(hands).run())
    await ears.accept()
    await listener.time(ears, hands, 999)  # the voice is warm in use
    fresh = [await listener.time(ears, hands, 2 + n) for n in range(EACH)]
    cached = [await listener.time(ears, hands, 2 + n) for n in range(EACH)]
    measured = Measured(hands.speaker.voice.name, fresh, cached)
    ears.close()
    await start.close(hands)
    return measured


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sound = stack.enter_context(virtual_sound(("mic", "speaker")))
        os.environ.update(sound.environment)
        m = asyncio.run(measure(folder))
    return {
        "reply_cached_ms_p95": (
            percentile(m.cached, 95),
            f"n = {EACH}, median {percentile(m.cached, 50):.0f}",
        ),
        "reply_uncached_ms_p95": (
            percentile(m.fresh, 95),
            f"n = {EACH}, median {percentile(m.fresh, 50):.0f}, {m.voice}",
        ),
    }
