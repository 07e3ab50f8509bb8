"""Real recordings for benchmarks, and how noise is mixed in.

The folder is named by KEEPMUM_DATA (default ../shared/data); nothing of it is in the repository.
Mixing follows the folder's README: SNR = mean power of the active 512-sample frames (more than 1 %
of the loudest) over the mean power of the noise, noise offset from a seeded generator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.mind.types import FRAME_SAMPLES, RATE

Sound = NDArray[np.int16]
CONDITIONS = ("clean", "10", "0")


def read(path: Path) -> Sound:
    """A 16 kHz mono FLAC file."""
    import soundfile

    sound, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE and sound.ndim == 1
    return np.asarray(sound, np.int16)


@dataclass(frozen=True)
class Clip:
    """One recording with its name."""

    name: str
    sound: Sound


def clips(data: Path, name: str) -> list[Clip]:
    """All recordings of one folder, by name."""
    files = sorted((data / name).rglob("*.flac"))
    return [Clip(str(file.relative_to(data)), read(file)) for file in files]


def half(name: str) -> bool:
    """Whether a recording is in the half that is chosen on."""
    # a salted hash: names may already have been split by a plain one
    return int(hashlib.sha256(f"half {Path(name).name}".encode()).hexdigest(), 16) % 2 == 0


def active_power(sound: NDArray[Any]) -> float:
    """Mean power of the 512-sample frames that are above 1 % of the loudest."""
    frames = sound[: len(sound) // 512 * 512].astype(np.float64).reshape(-1, 512)
    power = (frames**2).mean(axis=1)
    return float(power[power > power.max() * 0.01].mean())


class Mixer:
    """Mixes clips with noise at one condition: `clean` (Gaussian, sigma 3) or an SNR in dB."""

    def __init__(self, condition: str, noise: Sound, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        self._snr = None if condition == "clean" else float(condition)
        self._noise = noise.astype(np.float64)
        self._noise_power = float((self._noise**2).mean())

    def mix(self, sound: Sound, before: int = 0, after: int = 0) -> Sound:
        """The clip with its background, `before` and `after` samples of background around it."""
        out = np.zeros(before + len(sound) + after)
        out[before : before + len(sound)] = sound
        if self._snr is None:
            out += self._rng.normal(0, 3, len(out))
        else:
            offset = int(self._rng.integers(len(self._noise)))
            gain = np.sqrt(active_power(sound) / self._noise_power / 10 ** (self._snr / 10))
            out += gain * self._noise[(np.arange(len(out)) + offset) % len(self._noise)]
        peak = np.abs(out).max()
        if peak > 32000:
            out *= 32000 / peak
        return np.round(out).astype(np.int16)


def frames(sound: Sound) -> Iterator[Sound]:
    """The sound in 80 ms frames; what is left at the end is dropped."""
    count = len(sound) // FRAME_SAMPLES
    yield from sound[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
