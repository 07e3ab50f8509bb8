"""From a sound card's own rate to 16 kHz, frame by frame, with the last two milliseconds in mind.

Most USB microphones know 44.1 and 48 kHz only. ALSA's own converter draws straight lines between
samples, which folds what is above 8 kHz down into speech; here a windowed sinc takes it out first
(`sinc.phases`). 80 ms are a whole number of samples at every rate below, so each frame of the card
makes one frame of ours.
"""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from device.mind.types import FRAME_SAMPLES, RATE
from device.sinc import phases

RATES = (16_000, 48_000, 32_000, 44_100, 96_000)
"""What is asked of a card, in this order."""
CROSSINGS = 8
"""Zero crossings a side: an edge of about 1 kHz below 8 kHz, and half a millisecond of delay."""
EDGE = 0.94
"""Where the filter ends, as a share of 8 kHz: what folds back lies above 7.5 kHz."""


class ToOurRate:
    """80 ms of a card's samples in, 80 ms at 16 kHz out.

    It holds the filter's length of what came in last (1.1 ms), and a copy of the present frame
    that is zeroed before `step` returns.
    """

    def __init__(self, rate: int) -> None:
        """Raises ValueError for a rate that 80 ms don't fill."""
        shared = gcd(RATE, rate)
        up, down = RATE // shared, rate // shared
        if rate not in RATES or rate * FRAME_SAMPLES % RATE:
            raise ValueError(f"{rate} Hz")
        self.samples = rate * FRAME_SAMPLES // RATE
        """What a frame takes of the card's."""
        table = phases(up, EDGE * RATE / rate, CROSSINGS)
        self._tail = table.shape[1] - 1
        turns = max(1, 16 // up)
        self._matrix = _laid_out(table, up, down, turns)
        self._held = np.zeros(self._tail + self.samples, np.float32)
        groups = FRAME_SAMPLES // (up * turns)
        step = self._held.strides[0]
        self._windows = np.lib.stride_tricks.as_strided(
            self._held, (groups, len(self._matrix)), (down * turns * step, step), writeable=False
        )
        self._out = np.zeros((groups, up * turns), np.float32)

    def step(self, samples: NDArray[np.int16], out: NDArray[np.int16]) -> None:
        """`samples` (self.samples,) into `out` (1280,), both int16."""
        self._held[self._tail :] = samples
        np.matmul(self._windows, self._matrix, out=self._out)
        np.rint(self._out, out=self._out)
        np.clip(self._out, -32768, 32767, out=self._out)
        out[:] = self._out.reshape(-1)
        self._held[: self._tail] = self._held[self.samples :]
        self._held[self._tail :] = 0
        self._out.fill(0)

    def forget(self) -> None:
        """Nothing of what came in is held."""
        self._held.fill(0)
        self._out.fill(0)


def _laid_out(table: NDArray[np.float32], up: int, down: int, turns: int) -> NDArray[np.float32]:
    """(taps and advance, up * turns): one column for each output of a group, its taps in place."""
    outputs = up * turns
    advance = down * turns
    matrix = np.zeros((advance + table.shape[1] - 1, outputs), np.float32)
    for n in range(outputs):
        first, phase = divmod(n * down, up)
        matrix[first : first + table.shape[1], n] = table[phase]
    return matrix
