"""Settings of the speaker itself: hearing, understanding, speaking, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from device.config.schema import REQUIRED, setting

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class General:
    """Who the speaker is."""

    language: str = setting("en", "Language of commands and replies.", choices=LANGUAGES)
    name: str = setting("keepmum", "Name of this speaker, as it appears to the home.")
    room: str = setting("", "The room that the speaker stands in; what `in here` means.")
    temperature: str = setting(
        "auto",
        "Unit of temperatures, said and heard; auto: as is usual in the territory of the locale.",
        choices=("auto", "celsius", "fahrenheit"),
    )


@dataclass(frozen=True)
class Microphone:
    """Where sound comes from."""

    device: str | int = setting(
        "default",
        "Name (or part of it) of the capture device; see `keepmum devices`. default: the one that"
        " was chosen, or the only one.",
    )
    channel: int = setting(
        1, "The channel of that device that hears the room, counted from 1.", low=1, high=32
    )
    reference_channel: int | None = setting(
        None,
        "The channel that carries what the loudspeaker is given; its echo is taken out."
        " Left away: there is none.",
        low=1,
        high=32,
    )
    software_reference: bool = setting(
        True,
        "Take the echo of what the speaker itself plays out of what is heard, for microphones"
        " without a reference_channel.",
    )


@dataclass(frozen=True)
class KnownWord:
    """A wake word with models in the manifest, and its operating point."""

    openwakeword: str
    microwakeword: str
    threshold: float


WAKE_WORDS = {
    "alexa": KnownWord("openwakeword/alexa_v0.1.onnx", "microwakeword/alexa.tflite", 0.21),
    "hey_jarvis": KnownWord(
        "openwakeword/hey_jarvis_v0.1.onnx", "microwakeword/hey_jarvis.tflite", 0.5
    ),
    "hey_mycroft": KnownWord(
        "openwakeword/hey_mycroft_v0.1.onnx", "microwakeword/hey_mycroft.tflite", 0.4
    ),
    "okay_nabu": KnownWord("", "microwakeword/okay_nabu.tflite", 0.85),
    "hey_marvin": KnownWord("openwakeword/hey_marvin_v0.1.onnx", "", 0.5),
}
"""Operating points: no false accept in 1.2 h of other people's speech, clean and at 10 dB of
kitchen noise, with half a unit of log-odds to spare towards the nearest. "alexa": 0.6 % of 175
recordings missed clean, 3.4 % at 10 dB. The others were set with a synthesized voice. hey_mycroft's
detectors take "hey Marcus" for half of it, and what begins like it ("hey my car", "hey microphone")
still wakes it. All of it is measured by `make bench NAME=wakeword_accuracy`."""


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
        1.0, "After a waking, no other for this long.", low=0.16, high=10.0, wider=-1
    )
    speaking_threshold: float = setting(
        0.05,
        "Score that wakes while the speaker itself speaks or rings, for words with two detectors;"
        " its own replies stay far below.",
        low=0.01,
        high=0.9999,
        wider=-1,
    )
    taught_threshold: float = setting(
        0.2,
        "The same for words with a model taught for it (`keepmum models fetch barge-in`).",
        low=0.01,
        high=0.9999,
        wider=-1,
    )
    cleaned_threshold: float = setting(
        0.5,
        "The same where the echo was taken away, if it is above the word's own threshold.",
        low=0.01,
        high=0.9999,
        wider=-1,
    )
    afar_threshold: float = setting(
        0.97,
        "Score that wakes while it speaks words that others wrote.",
        low=0.01,
        high=0.9999,
        wider=-1,
    )
    radio_threshold: float = setting(
        0.6, "Score that wakes while a radio station plays.", low=0.01, high=0.9999, wider=-1
    )

    def all_words(self) -> tuple[Word, ...]:
        """Every wake word in force, those with settings of their own included, none twice."""
        own = {w.name for w in self.word}
        return tuple(Word(name=n) for n in self.words if n not in own) + self.word


@dataclass(frozen=True)
class Listen:
    """How a command is taken in: all that decides how long the microphone is open."""

    longest_command_s: float = setting(
        10.0, "A command is over after this long, whatever is heard.", low=2.0, high=15.0, wider=1
    )
    patience_s: float = setting(
        4.0, "Listening ends if nobody has begun to speak by then.", low=1.0, high=8.0, wider=1
    )
    silence_s: float = setting(0.7, "Silence that ends a command.", low=0.24, high=2.0, wider=1)
    unfinished_silence_s: float = setting(
        1.4, "Silence that ends a command which cannot be over yet.", low=0.24, high=3.0, wider=1
    )
    complete_silence_s: float = setting(
        0.32, "Silence that ends a command which cannot go on.", low=0.16, high=2.0, wider=1
    )
    speech_threshold: float = setting(
        0.5, "Voice activity above this is speech.", low=0.05, high=0.95, wider=-1
    )
    think_s: float = setting(
        4.0, "The recognizer's time after the end of a command.", low=1.0, high=30.0, wider=1
    )
    follow_up_s: float = setting(
        8.0, "Time for an answer to the speaker's own question.", low=2.0, high=8.0, wider=1
    )


@dataclass(frozen=True)
class Recognizer:
    """What turns a command into words."""

    engine: str = setting(
        "auto",
        "auto takes vosk if you installed a model of it; else, in English, whisper where it "
        "answers in time (`keepmum doctor` measures), or pocketsphinx.",
        choices=("auto", "pocketsphinx", "vosk", "whisper"),
    )
    model: str = setting("", "Folder of a Vosk model; empty: the one in the models folder.")
    denoise: bool = setting(
        True, "pocketsphinx hears the sound less its noise; a Pi 3 may be too slow for it."
    )
    confirm: bool = setting(False, "Ask before every command is acted on.", wider=-1)


@dataclass(frozen=True)
class Models:
    """Where models are."""

    folder: str = setting("", "Folder of models, looked at before the usual places.")


@dataclass(frozen=True)
class Sound:
    """The loudspeaker."""

    output: str = setting(
        "auto",
        "auto plays to the device below; null plays nothing; a path ending in .wav is written.",
    )
    device: str | int = setting(
        "default",
        "Name (or part of it) of the playback device. default: the one that was chosen, or the"
        " only one.",
    )
    mixer: str = setting(
        "auto",
        "Where the volume is set: auto takes PulseAudio's sink, else a playback control of the"
        " loudspeaker's own card, else its own.",
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


@dataclass(frozen=True)
class Ledger:
    """What is kept of what was asked."""

    keep_days: int = setting(
        30, "Days that a row of the ledger is kept.", low=1, high=3650, wider=1
    )
    texts: bool = setting(
        False,
        "Also keep what each command was, as text made of its ids (never a transcript).",
        wider=1,
    )


@dataclass(frozen=True)
class Panel:
    """Button, lamp and mute."""

    socket: str = setting("/run/keepmum/panel.sock", "Where people ask for mute.")
    lamp_socket: str = setting(
        "/run/keepmum/lamp.sock",
        "Where ears and hands name lamp patterns and the button is told; empty: no panel.",
    )
    folder: str = setting(
        "/var/lib/keepmum-panel",
        "Folder of the mute flag; as a service the panel has the one that the units watch.",
    )
    lamp: str = setting(
        "log",
        "What the lamp is: one LED, a ring of them, none, or lines of the log when the speaker"
        " fails, is muted or is well again (never when it listens).",
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
    cards: str = setting(
        "/etc/keepmum/cards.json",
        "The sound cards that `default` stands for (keepmum devices --choose).",
    )
    names: str = setting("/etc/keepmum/names.json", "The table of names (keepmum learn-names).")
    sentences: str = setting("/etc/keepmum/sentences", "Folder of your own sentence files.")
    activations_per_hour: int = setting(
        60,
        "More activations than this in an hour close the letter socket.",
        low=1,
        high=3600,
        wider=1,
    )
