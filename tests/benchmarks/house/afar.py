"""Messages from a hostile broker: how many microphone openings, commands and crashes they cause.

A real hands process on a real broker, with devices, an own command (and the process that would
run it) and other speakers configured. 12,000 messages go to the topics that it listens to and to
many that it does not: texts, states, claims, timers, discovery, nonsense, wake words, names of
commands. They come no faster than the hands take them, so that every one of them is read. Every
hint that the hands send to their ears is fed into the ears' own state machine, in every state
that waits; an opening is the machine's command to take in sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import random
import tempfile
import time
from pathlib import Path

import aiomqtt

from device.config import Config, Device, General, OwnCommand, Service, Sound, Voice
from device.hands.home.mqtt import BURST, RATE, end
from device.mind.machine import step
from device.mind.states import Asleep, FollowUp, Frame, Hinted, Rules, State, TakeIn
from device.mind.types import Hint, Intent
from device.names import compile_names
from device.owncommands import client, runner
from device.ring import OFFER
from tests.benchmarks import harness
from tests.benchmarks.daemons import Daemon, daemon
from tests.hands.home.brokers import home, listening, mosquitto, neighbour

MESSAGES = 12_000
HEARD_SHARE = 0.6
"""The share of messages that go to topics which the hands listen to."""
WORDS = (
    *("listen", "start", "ON", "OFF", "open", "press", "wake", "unmute", "mute", "record", "1"),
    *("alexa", "alexa unlock the front door", "true", "{}", "[]", "null", "say hello", "online"),
)
ELSEWHERE = (
    *("keepmum/kitchen/mute", "keepmum/kitchen/listen", "keepmum/kitchen/button/set"),
    *("keepmum/kitchen/command", "keepmum/kitchen/state", "homeassistant/status", "a/b/c"),
    *("homeassistant/switch/kitchen/mute/set", "hermes/hotword/default/detected", "$SYS/x"),
)


def settings(folder: Path, port: int, mark: Path) -> Config:
    """A speaker with something of everything that messages could reach."""
    devices = (
        Device("Lamp", kind="light", command_topic="lamp/set", state_topic="lamp/state"),
        Device("Door", kind="lock", command_topic="door/set", state_topic="door/state"),
        Device("Sky", kind="weather", state_topic="sky/state", current_topic="sky/current"),
    )
    own = OwnCommand(name="mark", sentences=("make a mark",), run=("/usr/bin/touch", str(mark)))
    return dataclasses.replace(
        Config(),
        general=General(name="kitchen"),
        sound=Sound(output="null", chimes=False),
        voice=Voice(engine="espeak-ng"),
        home=home(port, device=devices, secrets=str(folder / "secrets.toml")),
        command=(own,),
        service=Service(
            socket=str(folder / "s"),
            state=str(folder / "state"),
            names=str(folder / "none"),
            ask=str(folder / "ask"),
            commands_socket=str(folder / "c"),
        ),
    )


HEARD = (
    *("lamp/state", "door/state", "sky/state", "sky/current", "keepmum/kitchen/say"),
    *("keepmum/kitchen/timer", "keepmum/ghost/woke", "keepmum/ghost/available"),
)


def message(chance: random.Random) -> tuple[str, bytes]:
    """A topic and a payload, often of the right form and always of the wrong mind."""
    topic = chance.choice(HEARD if chance.random() < HEARD_SHARE else ELSEWHERE)
    match chance.randrange(6):
        case 0:
            payload = chance.randbytes(chance.randrange(200))
        case 1:
            payload = json.dumps({"score": chance.randrange(300), "after": {}}).encode()
        case 2:
            payload = str(chance.randrange(-5, 10 ** chance.randrange(1, 9))).encode()
        case 3:
            payload = b"[" * chance.randrange(4000) + b'{"state":'
        case 4:
            payload = chance.choice(WORDS).encode() * chance.randrange(1, 4)
        case _:
            payload = bytes([chance.choice(list(Hint))]) + chance.choice(WORDS).encode()
    return topic, payload


@dataclasses.dataclass
class Ledger:
    """What the ears would have done about the hints that came."""

    openings: int = 0
    hints: int = 0
    asked: int = 0

    def feed(self, hint: Hint) -> None:
        """One hint, in every state that waits, and the frames after it."""
        self.hints += 1
        self.asked += hint is Hint.ASKED
        for first in (Asleep(5), Asleep(5, loud=Hint.SPEAKING, spotted=3), FollowUp(5, Hint.QUIET)):
            state: State = first
            for event in (Hinted(hint), Frame(), Frame(speech=True)):
                state, do = step(state, event, Rules())
                self.openings += any(isinstance(each, TakeIn) for each in do)


async def listen(speaker: Daemon, ledger: Ledger) -> None:
    """Take every hint that the hands send."""
    loop = asyncio.get_running_loop()
    assert speaker.ears.socket is not None
    while data := await loop.sock_recv(speaker.ears.socket, 64):
        for byte in data:
            if byte != OFFER[0]:
                ledger.feed(Hint(byte))


async def fuzz(home: aiomqtt.Client, count: int) -> None:
    """Send so many messages, no faster than the hands read those that they listen to."""
    chance = random.Random(11)
    began, credit = time.monotonic(), 0.8 * BURST
    sent = 0.0
    for n in range(count):
        topic, payload = message(chance)
        heard = topic in HEARD
        if heard:
            sent += 1
            due = began + (sent - credit) / (0.9 * RATE)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await home.publish(topic, payload, qos=1, retain=chance.random() < 0.02 and n % 2 == 0)


async def measure(folder: Path, port: int) -> dict[str, float]:
    """The figures."""
    mark = folder / "mark"
    config = settings(folder, port, mark)
    commands = client.by_number(config, compile_names(config))
    serving = asyncio.create_task(
        runner.Runner(commands).serve(runner.listen(Path(config.service.commands_socket)))
    )
    probe, ledger = Ledger(), Ledger()
    probe.feed(Hint.ASKED)
    assert probe.openings == 1, "this measure must be able to find an opening"
    async with (
        daemon(folder, config) as hands,
        neighbour(port) as home,
        listening(port, "keepmum/kitchen/available") as (_, told),
    ):
        hearing = asyncio.create_task(listen(hands, ledger))
        await home.publish("keepmum/ghost/available", "online", retain=True)
        await told.until(bool)  # hands are there
        await fuzz(home, MESSAGES)
        hands.ears.ask(Intent.TIME)
        alive = await hands.until("did", number=1, reply="clock.time")
        said = sum(event["event"] == "said" for event in hands.events)
        ended = hands.process.returncode is not None
        with contextlib.suppress(asyncio.CancelledError):
            await end(hearing)
    await end(serving)
    return {
        "mqtt_messages_fuzzed": MESSAGES,
        "microphone_openings_caused": ledger.openings,
        "questions_caused": ledger.asked,
        "commands_run": float(mark.exists()),
        "broker_left": sum(payload == "offline" for _, payload in told.all),
        "hands_ended": float(ended or not alive),
        "hints_sent_to_ears": ledger.hints,
        "texts_said": said,
    }


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    with tempfile.TemporaryDirectory(prefix="keepmum-") as made, mosquitto(Path(made)) as port:
        measured = asyncio.run(measure(Path(made), port))
    return {name: (value, "") for name, value in measured.items()}


GOALS: dict[str, harness.Goal] = {
    "mqtt_messages_fuzzed": harness.at_least(10_000),
    "microphone_openings_caused": harness.exactly(0),
    "questions_caused": harness.exactly(0),
    "commands_run": harness.exactly(0),
    "broker_left": harness.exactly(0),
    "hands_ended": harness.exactly(0),
}
