"""Where names come from when they are learnt: the broker, Home Assistant, the music library."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from device import config as settings
from device.config import Config, Device, Floor, Room
from device.hands.home import secrets
from device.hands.voice.hostile import Wording, printable
from device.language.matcher import Matcher
from device.names import Entry, compile_names, sentences, spoken_ways

LISTEN_S = 3.0
"""Time in which a line must come about, and a quarter of it in which nothing more may come."""
MOST_MUSIC = 300
"""Playlists, and artists: each is a word more that can be misheard."""
LONGEST = 65_536
"""Bytes of an announcement; a device with all its components at once is long."""
COMPONENTS = (
    "device", "climate", "cover", "light", "lock", "fan", "switch", "vacuum", "scene", "button",
    "siren", "valve", "humidifier", "water_heater", "lawn_mower", "alarm_control_panel", "sensor",
)  # fmt: skip
"""What is asked for, one after the other: so a broker never has to hold back all at once."""
Left = tuple[str, str]


@dataclass
class Found:
    """What one or more sources came to."""

    devices: list[Device] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    floors: list[Floor] = field(default_factory=list)
    left_out: list[Left] = field(default_factory=list)
    passed_over: int = 0
    away: list[str] = field(default_factory=list)
    """Sources that didn't answer."""


async def home(config: Config) -> Found:
    """Everything that broker and Home Assistant tell of."""
    found = Found()
    if config.home.broker:
        await _announced(config, found)
    if config.home.home_assistant:
        await _exposed(config, found)
    return found


async def _announced(config: Config, found: Found) -> None:
    """What devices announced to Home Assistant's discovery and what Tasmota announces itself."""
    from device.hands.home import announced, tasmota
    from device.hands.home.mqtt import Broker, end

    password = secrets.read(Path(config.home.secrets)).get("mqtt_password")
    broker = Broker(config.home, password, "keepmum-learn-names", LONGEST)
    heard: dict[str, bytes] = {}
    for component in COMPONENTS:
        broker.route(f"{config.home.discovery_prefix}/{component}/#", heard.__setitem__)
    broker.route(f"{tasmota.PREFIX}/#", heard.__setitem__)
    task = asyncio.create_task(broker.run())
    try:
        async with asyncio.timeout(LISTEN_S):
            await broker.dialled.wait()
        # all is asked for, and what was kept has come, when the line is up
        async with asyncio.timeout(LISTEN_S * len(COMPONENTS)):
            await broker.up.wait()
        count = -1
        while count != len(heard):
            count = len(heard)
            await asyncio.sleep(LISTEN_S / 4)
        left = broker.counts.left > 0
    except TimeoutError:
        found.away.append(f"the broker ({broker.why})")
        return
    finally:
        await end(task)
    if left:
        found.away.append("the broker (it sends too much)")
        return
    learnt = announced.learn(heard)
    found.devices += learnt.devices
    found.rooms += announced.rooms(learnt.devices)
    found.left_out += learnt.left_out
    found.passed_over += learnt.passed_over


async def _exposed(config: Config, found: Found) -> None:
    """What Home Assistant's owner exposed to Assist."""
    from device.errors import NoToken
    from device.hands.home import exposed
    from device.hands.home.homeassistant import Assistant
    from device.hands.home.mqtt import end

    token = secrets.read(Path(config.home.secrets)).get("home_assistant_token")
    if not token:
        raise NoToken(file=config.home.secrets)
    assistant = Assistant(config.home.home_assistant, token)
    task = asyncio.create_task(assistant.run())
    try:
        async with asyncio.timeout(LISTEN_S):
            await assistant.up.wait()
        learnt = await exposed.learn(assistant.ask)
    except (TimeoutError, OSError, LookupError):
        found.away.append(f"Home Assistant ({assistant.why})")
        return
    finally:
        await end(task)
    found.devices += learnt.devices
    found.rooms += learnt.rooms
    found.floors += learnt.floors
    found.left_out += learnt.left_out


def music(config: Config) -> list[Entry] | None:
    """Playlists and artists of the music server; None if it is away."""
    from device.hands.home.mpd import Player

    async def ask() -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        password = secrets.read(Path(config.home.secrets)).get("mpd_password")
        player = Player(config.media, password)
        try:
            return await player.library(MOST_MUSIC)
        finally:
            player.close()

    library = asyncio.run(ask())
    if library is None:
        return None
    kinds = zip(("playlist", "artist"), library, strict=True)
    return [Entry(kind, name) for kind, names in kinds for name in names]


class Sieve:
    """Keeps names from outside that are no names: those in which the wake word would be heard, and
    those that are commands by themselves ("stop", "unlock the front door").
    """

    def __init__(self, config: Config) -> None:
        self._language = config.general.language
        self._wording = Wording((w.name for w in config.wake.all_words()), self._language)
        self._commands = Matcher(sentences.load(config, compile_names(config)))

    def fault(self, texts: Iterable[str]) -> str:
        """Why a name with these ways to say it is left out; empty if it isn't."""
        for text in texts:
            plain = printable(text)
            if self._wording.wakes(plain):
                return "the wake word would be heard in it"
            for way in spoken_ways([plain], self._language):
                if self._commands.exact(tuple(way.split())) is not None:
                    return "it is a command by itself"
        return ""


def sifted(found: Found, sieve: Sieve, mine: set[str]) -> Found:
    """Without what is no name, and without what the owner wrote down (names in lower case)."""
    kept, left = [], list(found.left_out)
    for device in found.devices:
        if device.name.lower() in mine:
            continue
        fault = sieve.fault([device.name])
        if fault:
            left.append((device.name, fault))
            continue
        also = tuple(way for way in device.spoken if not sieve.fault([way]))
        kept.append(dataclasses.replace(device, spoken=also))
    rooms = {room.name: room for room in reversed(found.rooms) if not sieve.fault([room.name])}
    return dataclasses.replace(
        found, devices=kept, left_out=left, rooms=[rooms[name] for name in sorted(rooms)]
    )


def merged(home: settings.Home, found: Found) -> settings.Home:
    """The settings of what was found."""
    return dataclasses.replace(
        home, device=tuple(found.devices), room=tuple(found.rooms), floor=tuple(found.floors)
    )
