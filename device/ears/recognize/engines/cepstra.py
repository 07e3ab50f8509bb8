"""The acoustic model's own features, in numpy: mel bands and cepstra every 10 ms.

Parameters are those of feat.params of pocketsphinx's en-us model (25 bands between 130 and
6,800 Hz, windows of 25.6 ms, pre-emphasis 0.97, 13 cepstra, liftered); the library's own numbers
come out (`tests/ears/recognize/engines/test_cepstra.py`). Having them here is what lets noise be
taken out between the bands and the cepstra.
"""

from __future__ import annotations

import numpy as np
import numpy.fft  # numpy loads it at its first use, which is in a sealed child
from numpy.typing import NDArray

from device.mind.types import RATE

Array = NDArray[np.float64]

STEP, WINDOW, FFT = 160, 410, 512
BANDS, CEPSTRA = 25, 13
_LOW, _HIGH = 130.0, 6800.0
_EMPHASIS = 0.97
_LIFTER = 22
_LEAST = 1e-4


def _bank() -> Array:
    """Triangular filters of unit area, edges rounded to bins: (BANDS, FFT // 2 + 1)."""
    bin_hz = RATE / FFT
    low, high = 2595 * np.log10(1 + np.array([_LOW, _HIGH]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    edges = np.floor(edges / bin_hz + 0.5) * bin_hz
    left, top, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hz = np.arange(FFT // 2 + 1) * bin_hz
    rising, falling = (hz - left) / (top - left), (right - hz) / (right - top)
    return np.asarray(np.maximum(np.minimum(rising, falling), 0) * 2 / (right - left))


_FILTERS = _bank()
_HAMMING = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
_TURN = np.cos(np.pi * np.outer(np.arange(CEPSTRA), np.arange(BANDS) + 0.5) / BANDS)
_NORM = np.where(np.arange(CEPSTRA) == 0, 0.5**0.5, 1.0) * np.sqrt(2 / BANDS)
TO_CEPSTRA: Array = _TURN * _NORM[:, None]
"""(CEPSTRA, BANDS), orthonormal rows: its transpose leads back to smooth bands."""
LIFT: Array = 1 + _LIFTER / 2 * np.sin(np.arange(CEPSTRA) * np.pi / _LIFTER)


def log_bands(samples: NDArray[np.int16]) -> Array:
    """Logarithm of the power in each band: int16 (n,) to (1 + (n - 410) // 160, 25)."""
    sound = samples.astype(np.float64)
    sound[1:] -= _EMPHASIS * samples[:-1]
    count = max(0, 1 + (len(sound) - WINDOW) // STEP)
    windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::STEP][:count]
    power = np.abs(np.fft.rfft(windows * _HAMMING, FFT)) ** 2
    return np.asarray(np.log(power @ _FILTERS.T + _LEAST))


def lifted(cepstra: Array) -> bytes:
    """Cepstra (frames, 13) as the decoder takes them: liftered, float32, in one row."""
    return (cepstra * LIFT).astype(np.float32).tobytes()
