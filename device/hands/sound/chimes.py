"""Chimes and the ring, made of sines: nothing to fetch, nothing to license."""

from __future__ import annotations

from enum import Enum
from math import gcd

import numpy as np
from numpy.typing import NDArray

from device.mind.ringing import OVERTONES, RING_NOTES
from device.sinc import phases

RATE = 22_050
"""Samples a second of everything made here."""

Pcm = NDArray[np.int16]
"""Sound: (n,) int16 samples, at `RATE` or the rate that is said beside it."""


class Chime(Enum):
    """Short sounds that stand for a sentence."""

    WOKE = "woke"
    DONE = "done"
    PUZZLED = "puzzled"


def chime(which: Chime) -> Pcm:
    """A short sound, (n,) int16: rising for woke, settled for done, falling for not understood."""
    level = 0.25
    match which:
        case Chime.WOKE:
            # soft and short: people speak on in the same breath, and the microphone is near
            level, parts = 0.12, [_note(880.0, 0.05), _note(1318.5, 0.06)]
        case Chime.DONE:
            parts = [_note(1046.5, 0.12)]
        case Chime.PUZZLED:
            parts = [_note(587.3, 0.11), _note(440.0, 0.16)]
    return _pcm(np.concatenate(parts), level)


def ring(kind: str) -> Pcm:
    """One turn of the ring, 1.6 s with its pause: three quick notes for a timer, else a rise."""
    quick = kind == "timer"
    notes = RING_NOTES["timer" if quick else "alarm"]
    parts = [_note(f, 0.14 if quick else 0.22) for f in notes]
    sound = np.concatenate(parts)
    turn = np.zeros(int(1.6 * RATE))
    turn[: len(sound)] = sound
    return _pcm(turn, 0.6)


def _note(frequency: float, seconds: float) -> NDArray[np.float64]:
    """A sine with an octave in it, faded in and out so that it doesn't click."""
    t = np.arange(int(seconds * RATE)) / RATE
    tones = [part * np.sin(2 * np.pi * n * frequency * t) for n, part in OVERTONES.items()]
    wave = np.sum(tones, axis=0)
    fade = np.minimum(1.0, np.minimum(t, seconds - t) / 0.012)
    return np.asarray(wave * fade * np.exp(-3.0 * t / seconds) / sum(OVERTONES.values()))


def _pcm(wave: NDArray[np.float64], level: float) -> Pcm:
    return np.asarray(wave * level * 32767, dtype=np.int16)


def resample(pcm: Pcm, rate: int, wanted: int) -> Pcm:
    """`pcm` (n,) at another rate: polyphase windowed sinc, 16 crossings a side.

    One row of filter taps for each of the `wanted / gcd` positions between two samples.
    """
    if rate == wanted or not len(pcm):
        return pcm
    shared = gcd(rate, wanted)
    up, down = wanted // shared, rate // shared
    table = phases(up, min(1.0, wanted / rate))
    half = table.shape[1] // 2
    padded = np.pad(pcm.astype(np.float32), (half - 1, half))
    steps = np.arange(len(pcm) * up // down, dtype=np.int64) * down
    first, phase = steps // up, steps % up
    out = np.zeros(len(steps), dtype=np.float32)
    for tap in range(2 * half):
        out += padded[first + tap] * table[phase, tap]
    return np.asarray(np.clip(np.rint(out), -32768, 32767), dtype=np.int16)
