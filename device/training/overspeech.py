"""Words said over the speaker's own replies, made by synthesizers: what a head learns from.

No recording of anybody is needed or kept. The wake word is said by espeak-ng's voices with the
accents of many languages, and by Piper's voice higher and lower; words that sound like it, other
words and replies alone teach what it is not. Beneath all of it Piper says the speaker's replies.
Every word has its own room, tone, level and loudness of the reply, drawn from a seeded generator.

Piper speaks without its noise, so that one machine makes the same sounds every time.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.errors import NoVoice
from device.hands.sound.chimes import RATE as RING_RATE
from device.hands.sound.chimes import ring
from device.mind.types import FRAME_SAMPLES, RATE
from device.training.overtexts import NEAR, OTHER, words

Sound = NDArray[np.float64]
"""Sound: (n,) float64 samples at 16 kHz, in steps of 16 bit."""

LANGUAGES = (
    *("en-us",) * 3,
    *("en-gb",) * 2,
    *("en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"),
    *("de", "fr-fr", "it", "es", "nl", "sv", "da", "pl", "pt-br", "cs", "hu", "hi", "id", "fi"),
    *("ro", "tr", "el"),
)
"""espeak-ng reads the word as these languages would: accents."""
SPEEDS = (0.85, 0.95, 1.05, 1.2)
"""Piper's, for the wake word; other words are said at 1.05."""
TONES = ("", "!", "?")
"""Words are stated, called, asked."""
OWN_WORDS = 90
"""Words of the dictionary that the reply's voice says."""
OWN = 0.3
"""Share of words in the reply's own voice, higher or lower."""
SNR = (-3.0, 9.0)
"""Decibels of the word over the reply."""
LEVEL = (5.2, 6.8)
"""Power of ten of the word's mean square."""
ALONE = 0.1
"""Share of words with no reply beneath."""
BEFORE, AFTER = RATE // 2, RATE // 2
"""Samples of reply before a word, at least, and after it."""


@dataclass(frozen=True)
class Said:
    """A word over replies."""

    sound: NDArray[np.int16]
    """Whole frames."""
    end: float | None
    """The frame in which the wake word ends; None: it is another word."""


class Speaker(Protocol):
    """The voice of the replies."""

    def say(self, lines: Sequence[str], speed: float) -> list[Sound]:
        """The sound of each line at the ears' rate; raises NoVoice."""


class Piper:
    """Everything that Piper is to say, said at once. Raises NoVoice."""

    def __init__(self, model: Path) -> None:
        self._model = model

    def say(self, lines: Sequence[str], speed: float) -> list[Sound]:
        """The sound of each line at the ears' rate. Raises NoVoice."""
        scales = ("--noise-scale", "0", "--noise-w-scale", "0", "--length-scale", f"{1 / speed}")
        with tempfile.TemporaryDirectory(prefix="keepmum-words-") as folder:
            text = Path(folder, "lines.txt")
            text.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            program = (sys.executable, "-m", "piper", "--model", str(self._model), *scales)
            found = subprocess.run(
                [*program, "--input-file", str(text), "--output-dir", folder],
                capture_output=True,
                text=True,
                check=False,
            )
            names = re.findall(r"Wrote (.+\.wav)$", found.stderr, re.MULTILINE)
            if len(names) != len(lines):
                raise NoVoice(engine="piper", why=f"it ended with {found.returncode}")
            return [_read(Path(name)) for name in names]


class Espeak:
    """espeak-ng with all its voices. Raises NoVoice if it is not there."""

    def __init__(self) -> None:
        listed = _espeak("--voices=variant").decode(errors="replace")
        names = re.findall(r"!v/(\S+)", listed)
        self.voices = sorted(n for n in names if not re.search("(?i)whisper|robo|half|croak", n))
        if not self.voices:
            raise NoVoice(engine="espeak-ng", why="it has no voices")

    def say(self, text: str, language: str, chance: np.random.Generator) -> Sound:
        """The text by some voice, as somebody smaller or larger would say it."""
        voice = self.voices[chance.integers(len(self.voices))]
        size = float(chance.uniform(0.85, 1.22))
        speed, pitch = int(chance.uniform(120, 210) / size), int(chance.integers(20, 90))
        out = _espeak(
            *("-v", f"{language}+{voice}", "-s", str(speed), "-p", str(pitch), "--stdout", text)
        )
        rate = int.from_bytes(out[24:28], "little")
        body = out[44 : 44 + (len(out) - 44) // 2 * 2]
        return resample(np.frombuffer(body, "<i2").astype(np.float64), rate / RATE * size)


class Overspeech:
    """Makes words over replies; the same seed makes the same sounds.

    word: the wake word as its models are named. replies: what the speaker says, and its voice.
    """

    def __init__(self, word: str, replies: Sequence[str], voice: Speaker, seed: int = 0) -> None:
        self._chance = np.random.default_rng(seed)
        self._word = word.replace("_", " ")
        self._near = NEAR.get(word, OTHER)
        self._other = (*OTHER, *replies)
        self._espeak = Espeak()
        self._words = words()
        own = [self._any(self._words) + self._any(TONES) for _ in range(OWN_WORDS)]
        texts = dict.fromkeys((*self._near, *OTHER, *own))
        said = voice.say(replies, 1.0)
        self._own = dict(zip((*texts, *replies), (*voice.say([*texts], 1.05), *said), strict=True))
        tones = [self._word + tone for tone in TONES]
        self._wakes = [sound for speed in SPEEDS for sound in voice.say(tones, speed)]
        rings = [
            resample(np.tile(ring(kind).astype(np.float64), 3), RING_RATE / RATE)
            for kind in ("timer", "alarm")
        ]
        beneath = [one for one in (*said, *rings) if len(one) > RATE // 4] * 2
        self._replies = [level(self._colour(one, 3.0), 1.0) for one in beneath]

    def wakes(self, count: int) -> Iterator[Said]:
        """The wake word, so often."""
        for _ in range(count):
            own = self._wakes[int(self._chance.integers(len(self._wakes)))]
            text = self._word + self._any(TONES)
            yield self._over(self._say(text, self._any(LANGUAGES), own), wakes=True)

    def others(self, count: int) -> Iterator[Said]:
        """Other speech: by turns like the wake word, any words, and sentences."""
        own = [text for text in self._own if text not in self._near and text not in self._other]
        for number in range(count):
            language = self._any(LANGUAGES)
            match number % 3:
                case 0:
                    text = said = self._any(self._near)
                    said += self._any(TONES)
                case 1:
                    text, said = self._any(own), self._any(self._words) + self._any(TONES)
                case _:
                    text = said = self._any(self._other)
                    language = "en-us"
            yield self._over(self._say(said, language, self._own[text]), wakes=False)

    def alone(self, count: int) -> Iterator[Said]:
        """Replies and rings with nobody speaking, 4 s each."""
        for _ in range(count):
            heard = self._reply(50 * FRAME_SAMPLES) * np.sqrt(10 ** self._chance.uniform(*LEVEL))
            heard *= min(1.0, 32000 / np.abs(heard).max())
            yield Said(np.round(heard).astype(np.int16), None)

    def _any(self, names: Sequence[str]) -> str:
        return names[int(self._chance.integers(len(names)))]

    def _say(self, text: str, language: str, own: Sound) -> Sound:
        """The text by espeak-ng, or `own`, how the reply's voice says it, higher or lower."""
        if self._chance.random() < OWN:
            return resample(own, float(self._chance.uniform(0.82, 1.45)))
        return self._espeak.say(text, language, self._chance)

    def _over(self, word: Sound, wakes: bool) -> Said:
        chance = self._chance
        loud = trim(word)
        loud = level(self._colour(loud, 6.0), 10 ** chance.uniform(*LEVEL))
        before = BEFORE + int(chance.integers(0, RATE // 2))
        length = before + len(loud) + AFTER
        length += -length % FRAME_SAMPLES
        snr = 60.0 if chance.random() < ALONE else chance.uniform(*SNR)
        both = self._reply(length) * np.sqrt(power(loud) / 10 ** (snr / 10))
        both[before : before + len(loud)] += loud
        both += chance.normal(0, 10 ** chance.uniform(0.3, 1.5), length)
        both *= min(1.0, 32000 / np.abs(both).max())
        end = (before + len(loud)) / FRAME_SAMPLES if wakes else None
        return Said(np.round(both).astype(np.int16), end)

    def _reply(self, length: int) -> Sound:
        """A cut of replies with short pauses, of power 1."""
        parts, have = [], 0
        while have < length + RATE:
            one = self._replies[self._chance.integers(len(self._replies))]
            parts += [one, np.zeros(int(self._chance.integers(800, 4000)))]
            have += len(one)
        start = int(self._chance.integers(0, have - length))
        return np.concatenate(parts)[start : start + length]

    def _colour(self, sound: Sound, decibels: float) -> Sound:
        """The sound with the tone of some microphone and the echo of some room."""
        chance, length = self._chance, len(sound) + 4096
        spectrum = np.fft.rfft(sound, length)
        across = np.sqrt(np.linspace(0, 1, len(spectrum)))
        tone = np.interp(across, np.linspace(0, 1, 6), chance.normal(0, decibels / 2, 6))
        spectrum *= 10 ** (tone / 20)
        if chance.random() < 0.6:
            samples = int(chance.uniform(0.08, 0.35) * RATE)
            decay = 10 ** (-3 * np.arange(samples) / samples)
            echo = chance.normal(0, 1, samples) * decay
            echo *= chance.uniform(0.02, 0.5) / np.sqrt((echo**2).sum())
            echo[0] += 1
            spectrum *= np.fft.rfft(echo, length)
        return np.fft.irfft(spectrum, length)[: len(sound)]


def power(sound: Sound) -> float:
    """Mean power of the 512-sample parts that are above 1 % of the loudest."""
    parts = (sound[: len(sound) // 512 * 512].reshape(-1, 512) ** 2).mean(axis=1)
    return float(parts[parts >= parts.max() * 0.01].mean())


def level(sound: Sound, to: float) -> Sound:
    """The sound at that power."""
    return np.asarray(sound * np.sqrt(to / power(sound)))


def trim(sound: Sound) -> Sound:
    """The sound without the silence around it."""
    parts = (sound[: len(sound) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
    loud = np.flatnonzero(parts > parts.max() * 3e-3)
    return sound[loud[0] * 160 : (loud[-1] + 1) * 160]


def resample(sound: Sound, factor: float) -> Sound:
    """The sound made `factor` times shorter, by cutting or padding its spectrum."""
    length = round(len(sound) / factor)
    spectrum = np.fft.rfft(sound)
    return np.fft.irfft(spectrum[: length // 2 + 1], length) * (length / len(sound))


def _read(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        return resample(samples, file.getframerate() / RATE)


def _espeak(*words: str) -> bytes:
    try:
        found = subprocess.run(["espeak-ng", *words], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoVoice(engine="espeak-ng", why=type(error).__name__) from error
    return found.stdout
