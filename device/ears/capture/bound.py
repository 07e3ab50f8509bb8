"""No band of a cleaned frame is louder than it was in the microphone.

Subtraction alone can add: what is taken away at the wrong moment is put in with its sign turned,
and whoever decides what is taken away could write words into silence. So every frame's cleaned
sound is compared with the microphone's, band by band, and brought down to it where it is louder:
a gain of at most one. In silence nothing can be heard but silence, whatever is played or claimed
to be.

And where the microphone does hear something loud, a lie could still shape it, as long as it is
not noticed (`Plausible`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.mind.types import FRAME_SAMPLES

WIDTH = 16
"""Bins of 12.5 Hz in a band: 200 Hz. In narrower ones two sounds that cancel each other by chance
would let neither pass."""
BANDS = FRAME_SAMPLES // 2 // WIDTH
STARTS = np.arange(0, BANDS * WIDTH, WIDTH)


LIE = -0.25
"""Correlation of what is left with what was taken away, below which that was not there."""
LITTLE = 0.03
"""With less than this share of it left, nothing is: a quiet room after a reply that was guessed
too loud."""
KEEP = 0.7
"""Share of the averages that stays from frame to frame."""


class Plausible:
    """Whether what was taken away had been there.

    What is left when an echo is taken away has nothing to do with the echo. What is left when
    something is taken away that never sounded is that very thing with its sign turned: the two are
    opposed. It keeps two averages, no sound.
    """

    def __init__(self) -> None:
        self._cross = self._sizes = 0.0

    def step(self, cleaned: NDArray[np.float32], frame: NDArray[np.int16]) -> bool:
        """Judge one frame, both (1280,), by itself and those before it."""
        left, taken = _spectrum(cleaned), _spectrum(frame - cleaned)
        has, took = _energies(left), _energies(taken)
        self._cross = KEEP * self._cross + float((left * taken.conj()).real.sum())
        self._sizes = KEEP * self._sizes + float(np.sqrt(has * took).sum())
        little = float(has.sum()) <= LITTLE * float(took.sum())
        return little or self._cross >= LIE * self._sizes


def bound(cleaned: NDArray[np.float32], frame: NDArray[np.int16]) -> None:
    """Bring `cleaned` down to `frame`, in place, in each band where it is louder; both (1280,)."""
    spectrum = _spectrum(cleaned)
    has, may = _energies(spectrum), _energies(_spectrum(frame))
    if (has <= may).all():
        return
    gains = np.sqrt(np.minimum(1.0, may / np.maximum(has, 1e-9))).astype(np.float32)
    spectrum[:-1] *= np.repeat(gains, WIDTH)
    spectrum[-1] *= gains[-1]
    cleaned[:] = np.fft.irfft(spectrum, FRAME_SAMPLES)


def _spectrum(sound: NDArray[Any]) -> NDArray[np.complex64]:
    return np.fft.rfft(sound.astype(np.float32)).astype(np.complex64, copy=False)


def _energies(spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
    """The energy of each band, (BANDS,); the highest bin belongs to the last."""
    power = spectrum.real**2 + spectrum.imag**2
    power[-2] += power[-1]
    return np.asarray(np.add.reduceat(power[:-1], STARTS))
