"""Homes for tests, on a real broker: the devices of the household sentences, with topics."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt

from device.config import Announcement, Config, Device, Peer, Room, Station, parse
from device.events import Did
from device.mind.types import Hint, Request, Slot
from device.names import Entry
from device.ring import OFFER
from tests.hands.home.brokers import DEADLINE, PASSWORD, Told, home, listening
from tests.hands.houses import Home as Running
from tests.hands.houses import home as running

SENTENCES = Path(__file__).parents[1] / "language" / "household"
EVERYWHERE = (
    *("light", "window", "door", "curtain", "blind", "shutter", "awning", "gate", "garage"),
    "media_player",
)
"""Kinds of which every room has one, so that "all the windows" means something."""
FLOORS = {"Bureau": "Premier Étage", "Chambre": "Premier Étage", "Salon": "Rez-de-chaussée"}


def topic(name: str) -> str:
    """The topic of a device in tests: its name in small letters."""
    return re.sub(r"\W", "_", name.lower())


def with_topics(device: Device) -> Device:
    """A device with every topic that its kind has."""
    base = topic(device.name)
    known = {"command_topic": f"{base}/set", "state_topic": f"{base}/state"}
    if device.kind == "light":
        known |= {"brightness_topic": f"{base}/brightness", "rgb_topic": f"{base}/rgb"}
    if device.kind == "climate":
        known |= {"temperature_topic": f"{base}/target"}
    if device.kind in ("climate", "weather"):
        known |= {"current_topic": f"{base}/current"}
    return dataclasses.replace(device, **known)  # type: ignore[arg-type]


def household(language: str, port: int, here: str = "") -> Config:
    """The settings of the household sentences, and in every room one of each kind besides."""
    config = parse((SENTENCES / f"{language}.toml").read_text(encoding="utf-8"))
    rooms = tuple(
        Room(room.name, room.spoken, FLOORS.get(room.name, "")) for room in config.home.room
    )
    named = [
        dataclasses.replace(d, unit="percent") if d.kind == "sensor" else d
        for d in config.home.device
    ]
    added = [
        Device(f"{room.name} {kind}", (), kind, room.name) for room in rooms for kind in EVERYWHERE
    ]
    warm = [
        Device(f"{room.name} warmth", (), "sensor", room.name, measures="temperature")
        for room in rooms
    ]
    devices = tuple(with_topics(device) for device in (*named, *added, *warm))
    mqtt = home(port, floor=config.home.floor, room=rooms, device=devices)
    general = dataclasses.replace(config.general, room=here)
    return dataclasses.replace(config, general=general, home=mqtt)


MUSIC = (Entry("playlist", "morning"), Entry("artist", "Nina Simone"))
"""What a music library adds to the names."""


def furnished(language: str, port: int = 1883, here: str = "") -> Config:
    """The settings of a home with names of every kind."""
    config = household(language, port, here)
    home_ = dataclasses.replace(
        config.home,
        speaker=(Peer(name="attic"),),
        announcement=(Announcement(name="dinner is ready"),),
    )
    media = dataclasses.replace(
        config.media, station=(Station(name="jazz", url="http://192.0.2.1/jazz"),)
    )
    general = dataclasses.replace(config.general, language=language)
    return dataclasses.replace(config, general=general, home=home_, media=media)


@dataclasses.dataclass
class Household:
    """A running house on a real broker, and everything that the broker was told."""

    run: Running
    neighbour: aiomqtt.Client
    told: Told
    marks: int = 0

    def id(self, kind: str, name: str) -> int:
        """The number of a name."""
        found = self.run.context.names.find(kind, name)
        assert found is not None, name
        return found.id

    async def state(self, told_topic: str, payload: str) -> None:
        """Tell the house a state, and wait until it has it."""
        got = asyncio.Event()
        broker = self.run.context.around.broker
        assert broker is not None
        self.run.context.around.home.heard = got.set
        await self.neighbour.publish(told_topic, payload, qos=1)
        async with asyncio.timeout(DEADLINE):
            await got.wait()

    def hints(self) -> list[Hint]:
        """Every hint that the ears have been sent and nobody has read yet."""
        assert self.run.ears.socket is not None
        found: list[Hint] = []
        with contextlib.suppress(BlockingIOError):
            while data := self.run.ears.socket.recv(1):
                if data != OFFER:  # the ring of what is played, which these ears don't take
                    found.append(Hint(data[0]))
        return found

    async def asked(self) -> None:
        """Wait until the ears have been told that a question was asked."""
        while await self.run.ears.hint() is not Hint.ASKED:
            continue

    async def ask(self, request: Request, cause: int = 0) -> tuple[str, list[tuple[str, str]]]:
        """Ask through the letter socket: the key of the reply, and what the broker was told."""
        before = len(self.told.all)
        number = self.run.ears.ask(request.intent, *request.slots, cause=cause)
        did = await self.run.watch.until(Did, number)
        self.marks += 1
        mark = ("mark", str(self.marks))
        # the broker took every order before the reply was given, so this comes after them
        await self.neighbour.publish(*mark, qos=1)
        await self.told.until(lambda all_: mark in all_[before:])
        orders = [m for m in self.told.all[before:] if m[0].endswith(ORDERS)]
        return did.reply, sorted(orders)


SPEAKERS_KEY = "a key of this household"
ORDERS = ("/set", "/brightness", "/rgb", "/target")


@asynccontextmanager
async def living(folder: Path, config: Config) -> AsyncIterator[Household]:
    """A house with these settings, connected, its ears a test's."""

    def change(known: Config) -> Config:
        service = dataclasses.replace(known.service, activations_per_hour=3600)
        mqtt = dataclasses.replace(config.home, secrets=str(secrets))
        return dataclasses.replace(config, service=service, home=mqtt)

    secrets = folder / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(f'mqtt_password = "{PASSWORD}"\nspeakers_key = "{SPEAKERS_KEY}"\n')
    async with (
        listening(config.home.port) as (neighbour, told),
        running(folder, change=change) as run,
    ):
        assert run.context.around.broker is not None
        async with asyncio.timeout(DEADLINE):
            await run.context.around.broker.up.wait()
        yield Household(run, neighbour, told)


def slots(**said: int) -> tuple[tuple[Slot, int], ...]:
    """Slots by their names."""
    return tuple((Slot[name.upper()], value) for name, value in said.items())
