"""What is left of an echo is kept back for as long as nobody speaks over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VOICE = 20.0
"""A block with this many times more than what is usually left of the echo is a voice."""
UNSURE = 0.3
"""With more than this share of the echo taken for echo, a voice might be taken for it too."""
HOLD = 15
"""Blocks that the gate stays open after a voice."""
FADE, RISE, FALL = 0.7, 1.01, 0.05
"""From block to block: how the echo fades in the room; how what is left is followed up, down."""
RAMP = 80
"""Samples in which it opens and closes."""
COMFORT = 3.0
"""Steps of 16 bit of the noise in place of what is kept back: detectors start at true silence."""

Reals = NDArray[np.float32]


class Gate:
    """Lets pass what a person says, and closes over what is left of an echo alone.

    A tenth of an echo is still speech to a detector that listens for speech at any level. How
    much is left is followed slowly, with what is said over it counting little; a block that holds
    many times that is a voice and opens the gate, which stays open over the soft parts of words.
    As long as much is left, it is open. It keeps a few numbers, no sound.
    """

    def __init__(self) -> None:
        self._left = 1.0
        self._echo = 0.0
        self._open = HOLD
        self._gain = 1.0
        self._chance = np.random.default_rng(0)

    def listen(self, cleaned: Reals, echo: Reals) -> bool:
        """Whether a block, float32 (320,), may pass: somebody speaks, or it can't be told."""
        # by differences from sample to sample, for the sake of an s, which is soft but high
        loud, left = (float(np.square(np.diff(a)).mean()) for a in (echo, cleaned))
        self._echo = max(loud, FADE * self._echo)
        share = left / (self._echo + 1.0)
        grown = min(1.0, RISE * self._left)
        self._left = grown if share > self._left else self._left + FALL * (share - self._left)
        limit = VOICE * self._left
        self._open = HOLD if share > limit or limit > UNSURE else max(0, self._open - 1)
        return self._open > 0

    def close(self, frame: Reals, *, passes: bool) -> None:
        """Put faint noise in place of a whole cleaned frame that may not pass, in 5 ms.

        frame: (n,) float32 samples in steps of 16 bit, changed in place.
        """
        if passes and self._gain == 1.0:
            return
        gain = np.full(len(frame), float(passes), np.float32)
        gain[:RAMP] = np.linspace(self._gain, float(passes), RAMP)
        self._gain = float(passes)
        noise = self._chance.normal(0.0, COMFORT, len(frame)).astype(np.float32)
        frame[:] = gain * frame + (1.0 - gain) * noise
