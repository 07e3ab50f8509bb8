"""Every setting, its default, limits and meaning: the only home of a default.

One TOML file, /etc/keepmum/keepmum.toml or the one named by --config. `load` collects all faults
of the file and raises them at once. Lists of things (wake words, rooms, devices) are TOML arrays
of tables such as [[wake.word]] and [[home.device]].
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.errors import BrokenConfig, NoConfig
from device.schema import REQUIRED, Fault, read, section, setting

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
        0.97, "Threshold while the speaker itself speaks.", low=0.01, high=0.9999
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
    volume: int = setting(60, "Volume at the first start, in percent.", low=0, high=100)
    chimes: bool = setting(True, "Short sounds for woke, done and not understood.")


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


@dataclass(frozen=True)
class Service:
    """Folders and sockets; the units and this table agree."""

    socket: str = setting("/run/keepmum/letters.sock", "The letter socket between ears and hands.")
    state: str = setting("/var/lib/keepmum", "Folder of timers, ledger and settings made by voice.")
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
    voice: Voice = section(Voice, "The voice that answers.")
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
    if config.listen.patience_s > config.listen.longest_command_s:
        faults.append(Fault("listen.patience_s", "must not be longer than longest_command_s"))
    return faults


def load(path: Path | None = None) -> Config:
    """The settings of `path`, else those of the usual place, else the defaults."""
    if path is None:
        if not DEFAULT_PATH.exists():
            return Config()
        path = DEFAULT_PATH
    if not path.exists():
        raise NoConfig(file=path)
    return parse(path.read_text(encoding="utf-8"), str(path))


def _count(faults: list[Fault]) -> str:
    return "a fault" if len(faults) == 1 else f"{len(faults)} faults"


def _lines(faults: list[Fault]) -> str:
    return "".join(f"\n  {fault}" for fault in faults)
