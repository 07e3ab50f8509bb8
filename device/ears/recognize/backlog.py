"""The backlog: what a recognizer child has no time for yet. The only buffer of sound there is.

One fixed block, as long as the longest command; nothing in it while asleep. A slot is overwritten
with zeros as soon as its frame is in the pipe.
"""

from __future__ import annotations

import os
from collections import deque

from device.ears.recognize.pipes import RECORD_BYTES, SOUND, Mark
from device.mind.types import FRAME_BYTES

_NOTHING = bytes(RECORD_BYTES)


class Backlog:
    """Records on their way into one pipe, in order."""

    def __init__(self, slots: int) -> None:
        """Room for `slots` frames; marks need none."""
        self._block = bytearray(slots * RECORD_BYTES)
        self._slots = slots
        self._first = 0
        self._frames = 0
        self._order: deque[Mark] = deque()

    def __len__(self) -> int:
        """Records that wait."""
        return len(self._order)

    def frame(self, frame: memoryview, kind: Mark = Mark.FRAME) -> bool:
        """Queue a frame, 2,560 bytes, of a `kind` in SOUND; False, and not taken, if full."""
        if self._frames == self._slots:
            return False
        at = (self._first + self._frames) % self._slots * RECORD_BYTES
        self._block[at] = kind
        self._block[at + 1 : at + 1 + FRAME_BYTES] = frame
        self._frames += 1
        self._order.append(kind)
        return True

    def mark(self, mark: Mark, *, ahead: bool = False) -> None:
        """Queue a mark, behind everything or ahead of it."""
        if ahead:
            self._order.appendleft(mark)
        else:
            self._order.append(mark)

    def write(self, pipe: int) -> Mark | None:
        """Write the first record to `pipe`; its kind, or None if nothing waits or it is full."""
        if not self._order:
            return None
        kind = self._order[0]
        at = self._first * RECORD_BYTES
        record = memoryview(self._block)[at : at + RECORD_BYTES] if kind in SOUND else None
        try:
            os.write(pipe, bytes([kind]) if record is None else record)
        except BlockingIOError:
            return None
        self._drop()
        return kind

    def _drop(self) -> None:
        if self._order.popleft() not in SOUND:
            return
        at = self._first * RECORD_BYTES
        self._block[at : at + RECORD_BYTES] = _NOTHING
        self._first = (self._first + 1) % self._slots
        self._frames -= 1

    def clear(self, last: tuple[Mark, ...] = ()) -> None:
        """Drop and overwrite what waits, or as far as the first mark of `last` if one is there."""
        while self._order:
            kind = self._order[0]
            self._drop()
            if kind in last:
                return

    def clear_frames(self) -> None:
        """Drop and overwrite the frames that wait; marks stay."""
        marks = [kind for kind in self._order if kind not in SOUND]
        self.clear()
        self._order.extend(marks)
