"""Every setting, its default, limits and meaning: the only home of a default.

One TOML file, /etc/keepmum/keepmum.toml or the one named by --config. `load` collects all faults
of the file and raises them at once. Lists of things (wake words, rooms, devices) are TOML arrays
of tables such as [[wake.word]] and [[home.device]].
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from device.errors import BrokenConfig, NoConfig
from device.mind.types import Kind
from device.schema import REQUIRED, Fault, did_you_mean, read, section, setting

DEFAULT_PATH = Path("/etc/keepmum/keepmum.toml")
LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class General:
    """Who the speaker is."""

    language: str = setting("en", "Language of commands and replies.", choices=LANGUAGES)
    name: str = setting("keepmum", "Name of this speaker, as it appears to the home.")
    room: str = setting("", "The room that the speaker stands in; what `in here` means.")


@dataclass(frozen=True)
class Microphone:
    """Where sound comes from."""

    device: str | int = setting(
        "default", "Name (or part of it) or index of the capture device; see `keepmum devices`."
    )


@dataclass(frozen=True)
class KnownWord:
    """A wake word with models in the manifest, and its operating point."""

    openwakeword: str
    microwakeword: str
    threshold: float


WAKE_WORDS = {
    "alexa": KnownWord("openwakeword/alexa_v0.1.onnx", "microwakeword/alexa.tflite", 0.22),
    "hey_jarvis": KnownWord(
        "openwakeword/hey_jarvis_v0.1.onnx", "microwakeword/hey_jarvis.tflite", 0.22
    ),
    "hey_mycroft": KnownWord(
        "openwakeword/hey_mycroft_v0.1.onnx", "microwakeword/hey_mycroft.tflite", 0.22
    ),
    "okay_nabu": KnownWord("", "microwakeword/okay_nabu.tflite", 0.85),
    "hey_marvin": KnownWord("openwakeword/hey_marvin_v0.1.onnx", "", 0.5),
}
"""Thresholds: no false accept in 1.2 h of other speech at 10 dB of kitchen noise, with room to the
nearest miss (`make bench NAME=wakeword_accuracy` states the operating point)."""


@dataclass(frozen=True)
class Word:
    """One wake word: a model or two, a threshold, and what waking does."""

    name: str = setting(REQUIRED, "alexa, hey_jarvis, hey_mycroft, okay_nabu, or a name of yours.")
    openwakeword: str = setting(
        "", "Your own openWakeWord model (.onnx or .tflite) in the models folder."
    )
    microwakeword: str = setting(
        "", "Your own microWakeWord model (.tflite, with its .json beside it)."
    )
    threshold: float | None = setting(
        None, "Score that wakes; left away: the word's own default.", low=0.01, high=0.9999
    )
    action: str = setting("listen", "What waking does.", choices=("listen", "stop"))


@dataclass(frozen=True)
class Wake:
    """What wakes the speaker."""

    words: tuple[str, ...] = setting(("alexa",), "Wake words with models of the default set.")
    word: tuple[Word, ...] = setting((), "Wake words with a threshold or models of your own.")
    refractory_s: float = setting(
        1.0, "After a waking, no other for this long.", low=0.16, high=10.0
    )
    speaking_threshold: float = setting(
        0.05,
        "Score that wakes while the speaker itself speaks or rings, for words with two detectors;"
        " its own replies stay far below.",
        low=0.01,
        high=0.9999,
    )
    afar_threshold: float = setting(
        0.97, "Score that wakes while it speaks words that others wrote.", low=0.01, high=0.9999
    )

    def all_words(self) -> tuple[Word, ...]:
        """Every wake word in force, those with settings of their own included, none twice."""
        own = {w.name for w in self.word}
        return tuple(Word(name=n) for n in self.words if n not in own) + self.word


@dataclass(frozen=True)
class Listen:
    """How a command is taken in: all that decides how long the microphone is open."""

    longest_command_s: float = setting(
        10.0, "A command is over after this long, whatever is heard.", low=2.0, high=15.0
    )
    patience_s: float = setting(
        4.0, "Listening ends if nobody has begun to speak by then.", low=1.0, high=8.0
    )
    silence_s: float = setting(0.7, "Silence that ends a command.", low=0.24, high=2.0)
    complete_silence_s: float = setting(
        0.32, "Silence that ends a command which cannot go on.", low=0.16, high=2.0
    )
    speech_threshold: float = setting(
        0.5, "Voice activity above this is speech.", low=0.05, high=0.95
    )
    think_s: float = setting(
        4.0, "The recognizer's time after the end of a command.", low=1.0, high=30.0
    )
    follow_up_s: float = setting(
        8.0, "Time for an answer to the speaker's own question.", low=2.0, high=8.0
    )


@dataclass(frozen=True)
class Recognizer:
    """What turns a command into words."""

    engine: str = setting(
        "auto",
        "auto takes vosk if a model of the language is installed, else pocketsphinx.",
        choices=("auto", "pocketsphinx", "vosk", "whisper"),
    )
    model: str = setting("", "Folder of a Vosk model; empty: the one in the models folder.")
    confirm: bool = setting(False, "Ask before every command is acted on.")


@dataclass(frozen=True)
class Models:
    """Where models are."""

    folder: str = setting("", "Folder of models, looked at before the usual places.")


@dataclass(frozen=True)
class Sound:
    """The loudspeaker."""

    output: str = setting(
        "auto",
        "auto plays to the default device; null plays nothing; a path ending in .wav is written.",
    )
    device: str | int = setting("default", "Name (or part of it) or index of the playback device.")
    mixer: str = setting(
        "auto",
        "Where the volume is set: auto takes PulseAudio's sink, else ALSA's mixer, else its own.",
        choices=("auto", "pulse", "alsa", "own"),
    )
    volume: int = setting(60, "Volume at the first start, in percent.", low=0, high=100)
    quiet_from: str = setting("", "Quiet hours begin, such as 22:00; empty: there are none.")
    quiet_to: str = setting("", "Quiet hours end, such as 07:00.")
    quiet_volume: int = setting(25, "The most in quiet hours; alarms ring on.", low=0, high=100)
    chimes: bool = setting(True, "Short sounds for woke, done and not understood.")


@dataclass(frozen=True)
class Timers:
    """Timers and alarms."""

    ring_limit_s: int = setting(600, "A ring ends after this long.", low=10, high=3600)
    snooze_minutes: int = setting(9, "Snoozing, if no time is said.", low=1, high=60)
    volume: int = setting(70, "Volume of timers and alarms, in percent.", low=5, high=100)


@dataclass(frozen=True)
class Voice:
    """The voice that answers."""

    engine: str = setting(
        "auto",
        "auto takes piper if it is installed, else espeak-ng.",
        choices=("auto", "piper", "espeak-ng", "none"),
    )
    model: str = setting("", "A Piper voice (.onnx) of your own; empty: that of the models folder.")
    speed: float = setting(1.0, "Speaking rate.", low=0.5, high=2.0)


DEVICE_KINDS = tuple(kind.name.lower() for kind in Kind)
"""light, switch, fan, ... : what a device can be, in the words of `Kind`."""


@dataclass(frozen=True)
class Floor:
    """A floor of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")


@dataclass(frozen=True)
class Room:
    """A room of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    floor: str = setting("", "The floor it is on.")


@dataclass(frozen=True)
class Device:
    """Something in the home that can be asked for, and its MQTT topics.

    The topics and their defaults are those of Home Assistant's MQTT integrations. `style` fills
    in what a common family of devices has in common; what is given here wins.
    """

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    kind: str = setting(REQUIRED, "What it is.", choices=DEVICE_KINDS)
    room: str = setting("", "The room it is in.")
    style: str = setting(
        "plain",
        "plain: one topic for each thing; json: Home Assistant's JSON schema; zigbee2mqtt and "
        "tasmota: their topics, made from `topic`.",
        choices=("plain", "json", "zigbee2mqtt", "tasmota"),
    )
    topic: str = setting("", "The device's topic, for zigbee2mqtt and tasmota.")
    command_topic: str = setting("", "Where orders go.")
    state_topic: str = setting("", "Where its state comes from.")
    state_key: str = setting("", "Key of the state if it comes as JSON; dots go deeper.")
    on: str = setting("ON", "The word for on, in orders and states.")
    off: str = setting("OFF", "The word for off.")
    open: str = setting("OPEN", "The order to open.")
    close: str = setting("CLOSE", "The order to close.")
    is_open: str = setting("open", "The state when open.")
    is_closed: str = setting("closed", "The state when closed.")
    lock: str = setting("LOCK", "The order to lock.")
    unlock: str = setting("UNLOCK", "The order to unlock.")
    is_locked: str = setting("LOCKED", "The state when locked.")
    is_unlocked: str = setting("UNLOCKED", "The state when unlocked.")
    start: str = setting("start", "The order to start a vacuum cleaner.")
    brightness_topic: str = setting("", "Where a brightness goes.")
    brightness_scale: int = setting(255, "The number for full brightness.", low=1, high=65535)
    rgb_topic: str = setting("", "Where a colour goes, as red,green,blue.")
    temperature_topic: str = setting("", "Where a thermostat's wanted temperature goes.")
    target_topic: str = setting("", "Where a thermostat's wanted temperature comes from.")
    current_topic: str = setting("", "Where a measured temperature comes from.")
    current_key: str = setting("", "Key of the measured temperature if it comes as JSON.")
    unit: str = setting("", "Unit of a sensor's value, as it is said.")
    measures: str = setting(
        "", "What a sensor measures: temperature answers for its room.", choices=("", "temperature")
    )


@dataclass(frozen=True)
class Peer:
    """Another speaker of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    id: str = setting("", "Its [general] name, if that is another.")


@dataclass(frozen=True)
class Announcement:
    """A text that can be sent to other speakers by its name."""

    name: str = setting(REQUIRED, "What is said to send it (`dinner is ready`).")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    text: str = setting("", "What the other speaker says; empty: the name.")


@dataclass(frozen=True)
class Home:
    """The home, over MQTT. Without a broker nothing here touches the network."""

    broker: str = setting("", "Host name or address of the MQTT broker; empty: no home.")
    port: int = setting(0, "Its port; 0: 8883 with TLS, else 1883.", low=0, high=65535)
    user: str = setting("", "User at the broker; the password is in the secrets file.")
    secrets: str = setting(
        "/etc/keepmum/secrets.toml", "File of passwords (mqtt_password, mpd_password)."
    )
    tls: bool = setting(False, "Talk to the broker through TLS.")
    ca: str = setting("", "File of the certificate authority; empty: the system's.")
    prefix: str = setting("keepmum", "First word of the topics of the speakers themselves.")
    discovery: bool = setting(True, "Appear in Home Assistant.")
    discovery_prefix: str = setting("homeassistant", "First word of its discovery topics.")
    say: bool = setting(True, "Speak the texts that the home sends.")
    says_per_minute: int = setting(6, "No more texts a minute than this.", low=1, high=60)
    texts: bool = setting(False, "Tell the home what was asked in words, not only its kind.")
    peers: bool = setting(True, "Agree with the other speakers of the home who answers.")
    floor: tuple[Floor, ...] = setting((), "Floors.")
    room: tuple[Room, ...] = setting((), "Rooms.")
    device: tuple[Device, ...] = setting((), "Devices.")
    speaker: tuple[Peer, ...] = setting((), "Other speakers.")
    announcement: tuple[Announcement, ...] = setting((), "Announcements.")


@dataclass(frozen=True)
class Station:
    """A radio station."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    url: str = setting(REQUIRED, "Its stream.")


@dataclass(frozen=True)
class Media:
    """Music and radio, played by MPD."""

    mpd: str = setting("", "Host or socket file of the MPD server; empty: no music.")
    port: int = setting(6600, "Its port.", low=1, high=65535)
    duck: int = setting(
        30, "Music's volume while the speaker listens and speaks, in percent.", low=0, high=100
    )
    station: tuple[Station, ...] = setting((), "Radio stations.")


@dataclass(frozen=True)
class List:
    """A list that things can be put on."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")


@dataclass(frozen=True)
class Lists:
    """Shopping and to-do lists."""

    list: tuple[List, ...] = setting((), "Lists; none given: one shopping list.")
    items: tuple[str, ...] = setting((), "Items besides those that every speaker knows.")


@dataclass(frozen=True)
class OwnCommand:
    """A sentence of your own and the program it starts, with no shell between."""

    name: str = setting(REQUIRED, "Its name, for the ledger and the program's log.")
    sentences: tuple[str, ...] = setting(REQUIRED, "What is said to start it.")
    run: tuple[str, ...] = setting(REQUIRED, "The program's full path and its arguments.")
    time_limit_s: float = setting(10.0, "It is ended after this long.", low=0.1, high=600.0)
    speak: bool = setting(False, "Say what it prints (the first 300 characters).")
    confirm: bool = setting(False, "Ask before it is started.")


@dataclass(frozen=True)
class Ledger:
    """What is kept of what was asked."""

    keep_days: int = setting(30, "Days that a row of the ledger is kept.", low=1, high=3650)
    texts: bool = setting(
        False, "Also keep what each command was, as text made of its ids (never a transcript)."
    )


@dataclass(frozen=True)
class Panel:
    """Button, lamp and mute."""

    socket: str = setting("/run/keepmum/panel.sock", "Where mute is asked for and lamps named.")
    folder: str = setting("/var/lib/keepmum-panel", "Folder of the mute flag.")
    lamp: str = setting(
        "log",
        "What the lamp is: lines of the log, one LED, a ring of them on SPI, or none.",
        choices=("log", "led", "ring", "none"),
    )
    lamp_pin: int = setting(18, "GPIO number of the LED.", low=0, high=27)
    ring_leds: int = setting(12, "Number of LEDs in the ring (APA102).", low=1, high=64)
    button_pin: int | None = setting(None, "GPIO number of the button.", low=0, high=27)
    long_press_s: float = setting(1.0, "A press this long mutes or unmutes.", low=0.3, high=5.0)
    night_from: int = setting(22, "Hour of the day from which the lamp is dim.", low=0, high=23)
    night_to: int = setting(7, "Hour of the day from which it is bright.", low=0, high=23)


@dataclass(frozen=True)
class Service:
    """Folders and sockets; the units and this table agree."""

    socket: str = setting("/run/keepmum/letters.sock", "The letter socket between ears and hands.")
    ask: str = setting("/run/keepmum/ask.sock", "The local socket that answers watch and ledger.")
    state: str = setting("/var/lib/keepmum", "Folder of timers, ledger and settings made by voice.")
    commands_socket: str = setting(
        "/run/keepmum-commands/commands.sock", "Where hands start your own commands."
    )
    names: str = setting("/etc/keepmum/names.json", "The table of names (keepmum learn-names).")
    sentences: str = setting("/etc/keepmum/sentences", "Folder of your own sentence files.")
    activations_per_hour: int = setting(
        60, "More activations than this in an hour close the letter socket.", low=1, high=3600
    )


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
    except tomllib.TOMLDecodeError as error:
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
    if not path.exists():
        raise NoConfig(file=path)
    config = parse(path.read_text(encoding="utf-8"), str(path))
    found = learned(path)
    rooms, devices = ({e.name for e in each} for each in (config.home.room, config.home.device))
    home = replace(
        config.home,
        room=config.home.room + tuple(r for r in found.room if r.name not in rooms),
        device=config.home.device + tuple(d for d in found.device if d.name not in devices),
    )
    return replace(config, home=home)


LEARNED_HEAD = (
    "# Written by `keepmum learn-names`; what is changed here is lost. See keepmum.toml.\n"
)


def learned_file(path: Path) -> Path:
    """Where devices are that were learned for the settings file `path`: beside it."""
    return path.with_name("learned.toml")


def learned(path: Path) -> Home:
    """Rooms and devices that were learned for the settings file `path`."""
    file = learned_file(path)
    return parse(file.read_text("utf-8"), str(file)).home if file.exists() else Home()


def _count(faults: list[Fault]) -> str:
    return "a fault" if len(faults) == 1 else f"{len(faults)} faults"


def _lines(faults: list[Fault]) -> str:
    return "".join(f"\n  {fault}" for fault in faults)
