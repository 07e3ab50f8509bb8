"""Whether what the microphone gives is sound: silent, dropped, clipped, or more than can be heard.

Counted frame by frame, in frames; what is found goes to hands as a fault's code, since ears have
no log. Nothing is kept of a frame but whether it was one of the three.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.letter import FaultCode
from device.mind.types import frames

STILL = 2
"""A frame whose samples differ by no more has no sound in it: even a quiet room's noise is more."""
FULL = 32_700
CLIPPED_SAMPLES = 8
"""So many samples at the end of the scale are a frame that is clipped, not one loud moment."""

SILENT_FOR = frames(5.0)
CLIPPED_OF, CLIPPED_IN = frames(1.2), frames(6.0)
LATE_FOR = frames(3.0)
WELL_FOR = frames(8.0)
AGAIN_AFTER = frames(300.0)
AT_ONCE = 4
"""So many changes are told as they come; later ones at most one in `AGAIN_AFTER` (hands shut the
door on ears that tell too much)."""


class Condition:
    """Judges frames; `step` gives what there is to tell, most often nothing."""

    def __init__(self) -> None:
        self.told: FaultCode | None = None
        """What hands believe: the last fault that was told, None if all is well."""
        self._still = self._late = self._well = 0
        self._clipped = 0.0
        self._dropped = 0
        self._allowed = float(AT_ONCE)

    def step(self, frame: NDArray[np.int16], *, dropped: int, late: bool) -> FaultCode | None:
        """frame (1280,) int16; dropped: how often sound was lost until now; late: see `late()`."""
        self._allowed = min(AT_ONCE, self._allowed + 1 / AGAIN_AFTER)
        now = self._found(frame, dropped, late)
        self._well = 0 if now else self._well + 1
        if now is None and (self.told is None or self._well < WELL_FOR):
            return None
        code = now or FaultCode.SOUND_WELL
        if now is self.told or self._allowed < 1:
            return None
        self._allowed -= 1
        self.told = now
        return code

    def _found(self, frame: NDArray[np.int16], dropped: int, late: bool) -> FaultCode | None:
        low, high = int(frame.min()), int(frame.max())
        self._still = self._still + 1 if high - low <= STILL else 0
        self._late = self._late + 1 if late else 0
        full = max(high, -low) >= FULL and _at_the_end(frame) >= CLIPPED_SAMPLES
        self._clipped += full - self._clipped / CLIPPED_IN
        lost, self._dropped = dropped > self._dropped, dropped
        if self._still >= SILENT_FOR:
            return FaultCode.MICROPHONE_SILENT
        if self._late >= LATE_FOR:
            return FaultCode.TOO_SLOW
        if lost:
            return FaultCode.SOUND_DROPPED
        return FaultCode.SOUND_CLIPPED if self._clipped >= CLIPPED_OF else None


def _at_the_end(frame: NDArray[np.int16]) -> int:
    return int(np.count_nonzero((frame >= FULL) | (frame <= -FULL)))
