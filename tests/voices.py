"""Synthesized speech for tests and benchmarks: `say("alexa", voice="joe")`.

Voices: `joe` (Piper, neural, wakes every model), `espeak` and `espeak:VARIANT` (espeak-ng, such as
`espeak:en-gb+f3`), `flite:NAME` (slt, rms, awb, kal). Sounds are cached under build/voices, where
the name of a file is what is said in it.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.cli.fetch import fetch
from device.mind.types import RATE
from device.modelstore import ModelStore

Sound = NDArray[np.int16]
CACHE = Path(__file__).resolve().parents[1] / "build" / "voices"


@functools.cache
def models(*names: str) -> ModelStore:
    """The models folder with these models or groups (none: the default group) in it."""
    store = ModelStore()
    fetch(names, lambda what, done, total: None, store)
    return store


def say(text: str, voice: str = "joe", speed: float = 1.0, pitch: float = 1.0) -> Sound:
    """`text` spoken, int16 at 16 kHz, without silence added; the same sound every time.

    speed: 2 is twice as fast; pitch: 1.1 is a tenth higher (a smaller speaker: formants too).
    """
    slug = re.sub(r"[^\w]+", "_", text.lower()).strip("_")[:60]
    key = hashlib.sha256(repr(("still", text, voice, speed, pitch)).encode()).hexdigest()[:10]
    path = CACHE / f"{slug}.{voice.replace(':', '-')}.{key}.wav"
    if not path.exists():
        rate, sound = _synthesize(text, voice, speed / pitch)
        sound = resample(sound, rate / RATE * pitch)
        save(path, np.clip(np.round(sound), -32768, 32767).astype(np.int16))
    return load(path)


def save(path: Path, sound: Sound) -> None:
    """Write 16 kHz mono s16 WAV in one step, so that parallel tests never read half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        part = Path(folder) / path.name
        with wave.open(str(part), "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", ""))
            out.writeframes(sound.astype("<i2").tobytes())
        part.replace(path)


def load(path: Path) -> Sound:
    """The samples of a 16 kHz mono s16 WAV file."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def resample(sound: NDArray[Any], factor: float) -> NDArray[np.float64]:
    """The sound made `factor` times shorter, by cutting or padding its spectrum."""
    length = round(len(sound) / factor)
    spectrum = np.fft.rfft(np.asarray(sound, np.float64))
    return np.fft.irfft(spectrum[: length // 2 + 1], length) * (length / len(sound))


def room(seconds: float, level: float = 3.0, seed: int = 0) -> Sound:
    """The faint noise of a quiet room: Gaussian, `level` in steps of 16 bit."""
    noise = np.random.default_rng(seed).normal(0, level, round(seconds * RATE))
    return np.round(noise).astype(np.int16)


def in_room(sound: Sound, before: float = 1.0, after: float = 1.0, seed: int = 0) -> Sound:
    """The sound with a quiet room around and beneath it."""
    noise = room(before + len(sound) / RATE + after, seed=seed).astype(np.int32)
    start = round(before * RATE)
    noise[start : start + len(sound)] += sound
    return np.clip(noise, -32768, 32767).astype(np.int16)


def has_voice(voice: str) -> bool:
    """Whether this machine has the program that speaks with `voice`."""
    program = {"espeak": "espeak-ng", "flite": "flite"}.get(voice.partition(":")[0])
    return program is None or shutil.which(program) is not None


def _synthesize(text: str, voice: str, speed: float) -> tuple[int, NDArray[Any]]:
    engine, _, name = voice.partition(":")
    if engine == "joe":
        return _joe(text, speed)
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        if engine == "espeak":
            words = ["-v", name or "en-us", "-s", str(round(165 * speed)), "-w", file.name, text]
            subprocess.run(["espeak-ng", *words], check=True)
        elif engine == "flite":
            stretch = f"duration_stretch={1 / speed:.4f}"
            words = ["-voice", name or "slt", "--setf", stretch, "-t", text, "-o", file.name]
            subprocess.run(["flite", *words], check=True)
        else:
            raise ValueError(f"no voice {voice}")
        with wave.open(file.name) as sound:
            frames = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            return sound.getframerate(), frames


@functools.cache
def _piper() -> Any:
    from piper import PiperVoice

    store = models()
    settings = store.path("piper/en_US-joe-medium.onnx.json")
    return PiperVoice.load(store.path("piper/en_US-joe-medium.onnx"), config_path=settings)


def _joe(text: str, speed: float) -> tuple[int, NDArray[Any]]:
    from piper import SynthesisConfig

    # without the model's noise the same words are the same sound on every machine, every time
    still = SynthesisConfig(length_scale=1 / speed, noise_scale=0.0, noise_w_scale=0.0)
    chunks = list(_piper().synthesize(text, still))
    sound = np.concatenate([chunk.audio_int16_array for chunk in chunks])
    return int(chunks[0].sample_rate), sound
