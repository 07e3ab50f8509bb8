"""Three speakers hear the same wake word: how often exactly one answers, and how late.

Three real hands processes on one real broker; their ears are the benchmark's, which tell each
that it woke, up to 80 ms apart (detectors look once in 80 ms) and with scores of their own, and
350 ms later that the time was asked. 100 wakings with the broker there; then 100 more, in the
middle of which the broker is killed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from device.config import Config, General, Service, Sound, Voice
from device.letter import Command, Ended, Woke
from device.mind.types import Intent, Outcome, Request
from tests.benchmarks import harness
from tests.benchmarks.daemons import Daemon, daemon
from tests.hands.home.brokers import home, mosquitto

WAKINGS = 100
APART_S = 0.08
COMMAND_S = 0.35
ELSEWHERE = "peer.elsewhere"


def settings(folder: Path, name: str, port: int) -> Config:
    """One speaker of the three, without voice and sound."""
    own = folder / name
    return dataclasses.replace(
        Config(),
        general=General(name=name),
        sound=Sound(output="null", chimes=False),
        voice=Voice(engine="none"),
        home=home(port, secrets=str(own / "secrets.toml")),
        service=Service(
            socket=str(own / "s"),
            state=str(own / "state"),
            names=str(own / "none"),
            ask=str(own / "ask"),
            activations_per_hour=3600,
        ),
    )


async def waking(speakers: Sequence[Daemon], chance: random.Random) -> list[dict[str, object]]:
    """What each did about one waking that all heard."""

    async def one(speaker: Daemon) -> dict[str, object]:
        ears = speaker.ears
        ears.number += 1
        number = ears.number
        await asyncio.sleep(chance.uniform(0.0, APART_S))
        ears.send(Woke(number, 0, chance.randint(6, 15)))
        await asyncio.sleep(COMMAND_S)
        ears.send(Command(number, Request(Intent.TIME)))
        ears.send(Ended(number, Outcome.COMMAND, 12))
        return await speaker.until("did", number=number)

    return await asyncio.gather(*(one(speaker) for speaker in speakers))


async def measure(folder: Path) -> dict[str, float]:
    """The figures."""
    chance = random.Random(7)
    with ExitStack() as broker:
        port = broker.enter_context(mosquitto(folder))
        async with AsyncExitStack() as stack:
            three = [
                await stack.enter_async_context(daemon(folder / n, settings(folder, n, port)))
                for n in ("kitchen", "office", "bedroom")
            ]
            await asyncio.sleep(3.0)  # three connect, and hear of each other
            together = [await waking(three, chance) for _ in range(WAKINGS)]
            half = []
            for n in range(WAKINGS):
                if n == WAKINGS // 2:
                    killing = asyncio.create_task(asyncio.to_thread(broker.close))
                half.append(await waking(three, chance))
            await killing
    answers = [sum(did["reply"] != ELSEWHERE for did in dids) for dids in together]
    later = [sum(did["reply"] != ELSEWHERE for did in dids) for dids in half]
    waits = [1000 * float(str(did["seconds"])) for dids in together for did in dids]
    return {
        "arbitration_one_answer": sum(count == 1 for count in answers),
        "arbitration_no_answer": answers.count(0) + later.count(0),
        "arbitration_answered_broker_killed": sum(count >= 1 for count in later),
        "arbitration_one_answer_before_kill": sum(c == 1 for c in later[: WAKINGS // 2]),
        "arbitration_command_delay_ms_p95": harness.percentile(waits, 95),
    }


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    with tempfile.TemporaryDirectory(prefix="keepmum-") as made:
        measured = asyncio.run(measure(Path(made)))
    return {name: (value, NOTES.get(name, "")) for name, value in measured.items()}


NOTES = {
    "arbitration_one_answer": f"of {WAKINGS} wakings heard by three daemons",
    "arbitration_answered_broker_killed": f"of {WAKINGS}, the broker ended half-way",
}
GOALS: dict[str, harness.Goal] = {
    "arbitration_one_answer": harness.exactly(WAKINGS),
    "arbitration_no_answer": harness.exactly(0),
    "arbitration_answered_broker_killed": harness.exactly(WAKINGS),
}
