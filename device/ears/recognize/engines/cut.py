"""Cutting the speech out: what an engine sees of the frames that it is given.

Ears say of every frame whether somebody speaks in it. An engine sees the frames from a little
before the first of speech to a little after the last; of a longer pause in the middle only its
beginning and its end. What isn't speech shows what the noise is like. All of it stays in the child.
"""

from __future__ import annotations

from collections import deque

from device.mind.states import WAKE_TAIL

LEAD = 3
"""Frames before speech that an engine sees."""
TRAIL = 3
"""Frames after speech that an engine sees."""
QUIET = 20
"""Frames without speech that are kept to know the noise by."""


class Cut:
    """Decides, frame by frame, what is passed on."""

    def __init__(self) -> None:
        self._before: deque[bytes] = deque(maxlen=LEAD)
        self._silent = TRAIL
        self._quiet: deque[bytes] = deque(maxlen=QUIET)
        self._voiced = 0
        self.spoken = False
        """Whether there was any speech yet."""
        self.anew = False
        """What was taken before this frame was the end of the wake word: forget it."""

    def take(self, frame: bytes, speech: bool) -> list[bytes]:
        """The frames to look at now: this one, none, or this one and those before it."""
        self.anew = speech and len(self._before) == LEAD and 0 < self._voiced <= WAKE_TAIL
        if speech:
            self._voiced += 1
            self.spoken = True
            self._silent = 0
            out = [*self._before, frame]
            self._before.clear()
            return out
        self._silent += 1
        if self._silent <= TRAIL:
            return [frame]
        if len(self._before) == LEAD:
            self._quiet.append(self._before[0])
        self._before.append(frame)
        return []

    @property
    def silent(self) -> int:
        """Frames since the last speech."""
        return self._silent

    @property
    def quiet(self) -> list[bytes]:
        """The latest frames without speech, none of them next to it."""
        return [*self._quiet, *(self._before if self._silent > TRAIL else ())]
