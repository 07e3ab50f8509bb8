"""Filters that turn sound of one rate into another: windowed sinc, one row for each position.

After J. O. Smith, "Digital Audio Resampling"; a Hann window over so many crossings a side.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=4)
def phases(up: int, cut: float, crossings: int = 16) -> NDArray[np.float32]:
    """(up, 2 * half) taps: the filter at each of `up` positions between two samples.

    cut: where the filter ends, as a share of the band of what comes in; half: `crossings / cut`.
    """
    half = int(np.ceil(crossings / cut))
    distance = np.arange(-half + 1, half + 1)[None, :] - (np.arange(up) / up)[:, None]
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / half, -1, 1))
    return np.asarray(np.sinc(distance * cut) * cut * window, dtype=np.float32)
