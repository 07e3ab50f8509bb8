"""Every setting, its default, limits and meaning: the only home of a default.

One TOML file, /etc/keepmum/keepmum.toml or the one named by --config. `load` collects all faults
of the file and raises them at once. Lists of things (wake words, rooms, devices) are TOML arrays
of tables such as [[wake.word]] and [[home.device]]. The sections stand in two files: settings.py
for the speaker itself, homesettings.py for the household; whoever uses one names it from here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from device.config.household import (
    DEVICE_KINDS,
    Announcement,
    Device,
    Floor,
    Home,
    List,
    Lists,
    Media,
    OwnCommand,
    Peer,
    Room,
    Station,
)
from device.config.schema import Fault, did_you_mean, read, section, setting
from device.config.speaker import (
    LANGUAGES,
    WAKE_WORDS,
    General,
    KnownWord,
    Ledger,
    Listen,
    Microphone,
    Models,
    Panel,
    Recognizer,
    Service,
    Sound,
    Timers,
    Voice,
    Wake,
    Word,
)
from device.errors import BrokenConfig, NoConfig, UnreadableConfig

__all__ = [
    "DEFAULT_PATH",
    "DEVICE_KINDS",
    "LANGUAGES",
    "WAKE_WORDS",
    "Announcement",
    "Config",
    "Device",
    "Floor",
    "General",
    "Home",
    "KnownWord",
    "Ledger",
    "List",
    "Listen",
    "Lists",
    "Media",
    "Microphone",
    "Models",
    "OwnCommand",
    "Panel",
    "Peer",
    "Recognizer",
    "Room",
    "Service",
    "Sound",
    "Station",
    "Timers",
    "Voice",
    "Wake",
    "Word",
    "check",
    "learned",
    "learned_file",
    "load",
    "minutes_of",
    "parse",
    "with_learned",
]

DEFAULT_PATH = Path("/etc/keepmum/keepmum.toml")


@dataclass(frozen=True)
class Config:
    """All settings in force."""

    general: General = section(General, "Who the speaker is.")
    microphone: Microphone = section(Microphone, "Where sound comes from.")
    wake: Wake = section(Wake, "What wakes the speaker.")
    listen: Listen = section(Listen, "How a command is taken in.")
    recognizer: Recognizer = section(Recognizer, "What turns a command into words.")
    models: Models = section(Models, "Where models are.")
    sound: Sound = section(Sound, "The loudspeaker.")
    timers: Timers = section(Timers, "Timers and alarms.")
    voice: Voice = section(Voice, "The voice that answers.")
    home: Home = section(Home, "The home.")
    media: Media = section(Media, "Music and radio.")
    lists: Lists = section(Lists, "Shopping and to-do lists.")
    command: tuple[OwnCommand, ...] = setting((), "Commands of your own.")
    ledger: Ledger = section(Ledger, "What is kept of what was asked.")
    panel: Panel = section(Panel, "Button, lamp and mute.")
    service: Service = section(Service, "Folders and sockets.")


def parse(text: str, file: str = "the settings") -> Config:
    """The settings in a TOML text; raises BrokenConfig with every fault there is."""
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenConfig(file=file, count="a fault", faults=str(error)) from error
    config, faults = read(Config, table)
    faults += check(config)
    if faults:
        raise BrokenConfig(file=file, count=_count(faults), faults=_lines(faults))
    return config


def check(config: Config) -> list[Fault]:
    """Faults that only show when two settings are looked at together."""
    faults: list[Fault] = []
    names = [w.name for w in config.wake.word]
    doubled = sorted({n for n in names if names.count(n) > 1})
    faults += [Fault("wake.word", f"{n} is there twice") for n in doubled]
    if not config.wake.all_words():
        faults.append(Fault("wake.words", "must name at least one wake word"))
    for key in ("quiet_from", "quiet_to"):
        if (at := getattr(config.sound, key)) and minutes_of(at) is None:
            faults.append(Fault(f"sound.{key}", f"must be a time such as 22:00, not {at!r}"))
    if bool(config.sound.quiet_from) != bool(config.sound.quiet_to):
        faults.append(Fault("sound.quiet_to", "quiet hours need both a beginning and an end"))
    if config.microphone.reference_channel == config.microphone.channel:
        faults.append(Fault("microphone.reference_channel", "must not be the microphone's channel"))
    if config.listen.patience_s > config.listen.longest_command_s:
        faults.append(Fault("listen.patience_s", "must not be longer than longest_command_s"))
    return faults + _home_faults(config.home) + _command_faults(config.command)


def _home_faults(home: Home) -> list[Fault]:
    """Rooms and floors that a device or room names and nobody described."""
    rooms, floors = {r.name for r in home.room}, {f.name for f in home.floor}
    faults = [
        Fault(f"home.room[{i}].floor", f"no such floor: {r.floor}{did_you_mean(r.floor, floors)}")
        for i, r in enumerate(home.room, 1)
        if r.floor and r.floor not in floors
    ]
    return faults + [
        Fault(f"home.device[{i}].room", f"no such room: {d.room}{did_you_mean(d.room, rooms)}")
        for i, d in enumerate(home.device, 1)
        if d.room and d.room not in rooms
    ]


def _command_faults(commands: tuple[OwnCommand, ...]) -> list[Fault]:
    """Own commands that could not be started, or that a shell would have to find."""
    faults = []
    for i, command in enumerate(commands, 1):
        where = f"command[{i}]"
        if not command.run or not command.run[0].startswith("/"):
            faults.append(Fault(f"{where}.run", "must begin with the full path of a program"))
        if not command.sentences:
            faults.append(Fault(f"{where}.sentences", "must have at least one sentence"))
        if command.name in [c.name for c in commands[: i - 1]]:
            faults.append(Fault(f"{where}.name", f"{command.name} is there twice"))
    return faults


def minutes_of(time: str) -> int | None:
    """Minutes after midnight of a time such as 22:00; None if it is none."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", time)
    return int(found[1]) * 60 + int(found[2]) if found else None


def load(path: Path | None = None) -> Config:
    """The settings of `path`, else those of the usual place, else the defaults.

    Devices that `keepmum learn-names` found are added; one of the same name in the settings wins.
    """
    if path is None:
        if not DEFAULT_PATH.exists():
            return Config()
        path = DEFAULT_PATH
    config = parse(_text(path), str(path))
    return with_learned(config, learned(path))


def with_learned(config: Config, found: Home) -> Config:
    """The settings with learned rooms and devices; one of the same name in the settings wins."""
    floors, rooms, devices = (
        {e.name for e in each} for each in (config.home.floor, config.home.room, config.home.device)
    )
    home = replace(
        config.home,
        floor=config.home.floor + tuple(f for f in found.floor if f.name not in floors),
        room=config.home.room + tuple(r for r in found.room if r.name not in rooms),
        device=config.home.device + tuple(d for d in found.device if d.name not in devices),
    )
    return replace(config, home=home)


MAX_BYTES = 2 << 20
"""Of a settings file: 500 learned devices with every topic are half of it."""


def _text(path: Path) -> str:
    """The text of a settings file. Raises NoConfig, UnreadableConfig."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UnreadableConfig(file=path, why=f"it has more than {MAX_BYTES >> 20} MB")
        return content.decode()
    except FileNotFoundError as error:
        raise NoConfig(file=path) from error
    except OSError as error:
        raise UnreadableConfig(file=path, why=error.strerror) from error
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is not UTF-8"
        raise UnreadableConfig(file=path, why=why) from error


LEARNED_HEAD = (
    "# Written by `keepmum learn-names`; what is changed here is lost. See keepmum.toml.\n"
)


def learned_file(path: Path) -> Path:
    """Where devices are that were learned for the settings file `path`: beside it."""
    return path.with_name("learned.toml")


def learned(path: Path) -> Home:
    """Rooms and devices that were learned for the settings file `path`."""
    file = learned_file(path)
    return parse(_text(file), str(file)).home if file.exists() else Home()


def _count(faults: list[Fault]) -> str:
    return "a fault" if len(faults) == 1 else f"{len(faults)} faults"


def _lines(faults: list[Fault]) -> str:
    return "".join(f"\n  {fault}" for fault in faults)
