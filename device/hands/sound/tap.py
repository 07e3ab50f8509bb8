"""What is played is written into the ring that ears read, just before the loudspeaker gets it.

Ears take the echo of it out of what they hear; they can't answer. The tap turns the sink's rate
into the ring's, without a seam between blocks, and lets the ring run with the clock while the
device is closed, so that the way from the ring to the microphone stays about as long as it was.

    buffer    | holds, in ms of sound                  | overwritten by
    ----------|----------------------------------------|-------------------------
    the ring  | 500 of what was played                 | what is played next; `rest`
    `_before` | 4 of the same, before the block        | the next block; `rest`
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import gcd

import numpy as np
from numpy.typing import NDArray

from device.ring import RATE, Writer
from device.sinc import phases

Pcm = NDArray[np.int16]
"""Sound: (n,) int16 samples, at the rate that is said beside it."""


class Tap:
    """Writes blocks of any rate into a ring."""

    def __init__(self, ring: Writer, now: Callable[[], float] = time.monotonic) -> None:
        self.ring = ring
        self._now = now
        self._rate = 0
        self._opened: tuple[float, int] | None = None
        self._before: NDArray[np.float32] = np.zeros(0, np.float32)
        self._phase = 0
        """Input samples, in steps of the output, from the block's beginning to the next output."""

    def open(self, rate: int) -> None:
        """The device was opened at a rate; the ring goes on where the clock is by now."""
        if rate != self._rate:
            self._rate = rate
            shared = gcd(rate, RATE)
            self._up, self._down = RATE // shared, rate // shared
            self._table = phases(self._up, min(1.0, RATE / rate))
        self.rest()
        now = self._now()
        if self._opened is not None:
            then, count = self._opened
            self.ring.silence(max(0, round((now - then) * RATE) + count - self.ring.written))
        self._opened = now, self.ring.written

    def write(self, block: Pcm) -> None:
        """Add what is about to be played, int16 (n,) at the device's rate."""
        if self._rate == RATE:
            self.ring.write(block)
            return
        # a filter as long as `_before` and one: a block gives outputs for as long as itself
        places = np.arange(self._phase, len(block) * self._up, self._down)
        self._phase += len(places) * self._down - len(block) * self._up
        if not block.any() and not self._before.any():
            self.ring.silence(len(places))
            return
        sound = np.concatenate([self._before, block], dtype=np.float32)
        first, phase = places // self._up, places % self._up
        out = np.zeros(len(places), np.float32)
        for tap in range(self._table.shape[1]):
            out += sound[first + tap] * self._table[phase, tap]
        self._before = sound[len(block) :]
        self.ring.write(np.clip(np.rint(out), -32768, 32767).astype(np.int16))

    def rest(self) -> None:
        """Nothing more is played for now: leave no sound."""
        taps = self._table.shape[1] if self._rate else 1
        self._before = np.zeros(taps - 1, np.float32)
        self._phase = 0
        self.ring.wipe()
