"""A loudspeaker in a room, simulated: what a microphone hears of what is played.

The loudspeaker clips softly (tanh), the room answers with its direct sound after a delay and with
Gaussian noise that dies away by 60 dB in the reverberation time (Polack, 1988), the microphone
has noise of its own. Everything is drawn from seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.mind.types import RATE

Sound = NDArray[np.int16]
Line = NDArray[np.float64]
NOISE = 3.0
"""Steps of 16 bit of the microphone's own noise."""
GAP = 32
"""Samples between the direct sound and the first reflections: 2 ms."""


def answer(rt60: float, delay_ms: float, direct_db: float = 3.0, seed: int = 0) -> Line:
    """The room's impulse response, the direct sound being 1.

    rt60: reverberation time in s; direct_db: the direct sound over all that comes after it.
    """
    length, delay = round(rt60 * RATE), round(delay_ms * RATE / 1000)
    after = np.random.default_rng(seed).normal(size=length)
    after *= 10 ** (-3 * np.arange(length) / length)
    after[:GAP] = 0.0
    after *= np.sqrt(10 ** (-direct_db / 10) / np.square(after).sum())
    after[0] = 1.0
    return np.concatenate([np.zeros(delay), after])


def loudspeaker(played: NDArray[Any], drive: float = 1.0) -> Line:
    """What leaves a small loudspeaker: with drive 1 the highest peak is 2.4 dB too low."""
    peak = max(1.0, float(np.abs(played).max()))
    return np.tanh(drive * played.astype(np.float64) / peak) * peak / drive


def echo(played: NDArray[Any], room: Line) -> Line:
    """What of `played` arrives at the microphone, as long as that, without noise."""
    length = 1 << (len(played) + len(room) - 1).bit_length()
    spectrum = np.fft.rfft(loudspeaker(played), length) * np.fft.rfft(room, length)
    return np.fft.irfft(spectrum, length)[: len(played)]


def heard(*sounds: NDArray[Any], seed: int = 0) -> Sound:
    """The sum of sounds of one length as a microphone gives it: with its noise, in 16 bit."""
    noise = np.random.default_rng(seed).normal(0, NOISE, len(sounds[0]))
    return sampled(np.sum([noise, *sounds], axis=0))


def sampled(sound: NDArray[Any]) -> Sound:
    """The sound in 16 bit, clipped."""
    return np.clip(np.round(sound), -32768, 32767).astype(np.int16)
