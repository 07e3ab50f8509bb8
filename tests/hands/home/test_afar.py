"""Whatever arrives over MQTT: no opening of the microphone, no command run, no end of the hands."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from pathlib import Path

from device.config import OwnCommand
from device.events import Did
from device.mind.types import Hint, Intent, Request
from tests.benchmarks.house.afar import HEARD, Ledger, message
from tests.hands.home.brokers import mosquitto, needs_mosquitto
from tests.hands.homes import household, living


@needs_mosquitto
def test_no_message_opens_the_microphone_or_runs_a_command(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    own = OwnCommand(name="mark", sentences=("make a mark",), run=("/usr/bin/touch", str(mark)))

    async def story(port: int) -> Ledger:
        ledger, chance = Ledger(), random.Random(5)
        config = dataclasses.replace(household("en", port), command=(own,))
        async with living(tmp_path, config) as home:
            for _ in range(600):
                topic, payload = message(chance)
                topic = topic.replace("kitchen", "keepmum")
                await home.neighbour.publish(topic, payload, qos=1)
            await home.state("garage_door/state", "open")  # everything before it was taken
            await home.ask(Request(Intent.TIME))
            assert home.run.watch.of(Did)[-1].reply == "clock.time"
            for hint in home.hints():
                ledger.feed(hint)
        return ledger

    with mosquitto(tmp_path) as port:
        ledger = asyncio.run(story(port))
    assert ledger.openings == 0
    assert not mark.exists()


def test_the_measure_finds_an_opening_where_there_is_one() -> None:
    ledger = Ledger()
    ledger.feed(Hint.ASKED)
    assert ledger.openings == 1


def test_the_messages_reach_every_topic_that_is_listened_to() -> None:
    chance = random.Random(5)
    assert set(HEARD) <= {message(chance)[0] for _ in range(600)}
