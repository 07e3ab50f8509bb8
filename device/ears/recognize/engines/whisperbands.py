"""What Whisper sees of a sound: 80 bands of its logarithmic mel spectrum, a step every 10 ms."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from device.mind.types import RATE

Array = NDArray[np.float32]

BANDS = 80
WINDOW = 400
HOP = 160
_LOWEST = 1e-10
_DEPTH = 8.0
"""Decades below the loudest that are still seen."""


def log_mel(sound: Array) -> Array:
    """(80, steps) of `sound` (-1..1), scaled as the model was trained."""
    padded = np.pad(np.pad(sound, (0, HOP)), WINDOW // 2, mode="reflect")
    count = 1 + (len(padded) - WINDOW) // HOP
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: count - 1]
    spectrum = np.fft.rfft(windows * np.hanning(WINDOW + 1)[:-1].astype(np.float32), axis=1)
    power = (np.abs(spectrum) ** 2).astype(np.float32)
    bands = np.log10(np.maximum(power @ _filters().T, _LOWEST)).T
    return np.asarray((np.maximum(bands, bands.max() - _DEPTH) + 4.0) / 4.0, np.float32)


@functools.cache
def _filters() -> Array:
    """Triangles of equal area on Slaney's mel scale: linear up to 1 kHz, then logarithmic."""
    per_mel, knee, step = 200.0 / 3, 1000.0, np.log(6.4) / 27.0
    top = knee / per_mel + np.log(RATE / 2 / knee) / step
    mels = np.linspace(0.0, top, BANDS + 2)
    hertz = np.where(
        mels < knee / per_mel, mels * per_mel, knee * np.exp(step * (mels - knee / per_mel))
    )
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    rising = (bins - hertz[:-2, None]) / np.diff(hertz)[:-1, None]
    falling = (hertz[2:, None] - bins) / np.diff(hertz)[1:, None]
    area = 2.0 / (hertz[2:] - hertz[:-2])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * area[:, None], np.float32)
