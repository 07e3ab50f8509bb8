"""What hands play, laid under what the microphone hears, for the canceller to take away.

For microphones without a channel of the loudspeaker's own sound: hands write what they play into a
ring (device/ring.py), the follower finds where in it the microphone is, and echo.py gets a
reference that comes `LEAD` before its echo. As long as the delay is not confirmed, frames pass as
they are, nothing is learnt and nothing taken away.

    buffer       | holds, in ms of sound                           | overwritten by
    -------------|-------------------------------------------------|------------------------------
    `_window`    | 700 of the loudspeaker's own sound, none of the | zeros at the end of the frame
                 | microphone, within one frame                    |

What the follower and the canceller hold is said there. The ring itself is hands' memory.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from device.ears.capture.echo import BLOCK, SILENT, TAIL, Echo
from device.ears.capture.follower import LONGEST, WINDOW, Follower
from device.mind.types import FRAME_SAMPLES
from device.ring import Reader, Sound

LEAD = 96
"""Samples by which the reference comes before the direct sound: 6 ms, for a delay that is a little
shorter than the one that was found."""
TAPS, PHASES = 32, 64
"""Of the interpolation between two samples."""
PAST = TAIL + BLOCK
"""Samples of the past that the canceller needs to go on as if it had been there."""
BEFORE = PAST + LONGEST
"""Samples of `_window` before the frame, were there no delay."""
STRAY = 1600
"""Samples by which the writer may be ahead or late before the ring is laid anew: 100 ms."""
JUMP = 3.0
"""A delay that moves by more samples at once is another way through the buffers."""

Reals = NDArray[np.float32]


class Reference:
    """Finds the echo of what hands play in a microphone's frames, and takes it out of them."""

    def __init__(self, ring: Reader) -> None:
        self.echo = Echo()
        self.follower = Follower()
        self.cleans = False
        """Whether the last frame's echo was taken out."""
        self._ring = ring
        self._window: Sound = np.zeros(BEFORE + FRAME_SAMPLES + TAPS, np.int16)
        self._at = 0
        """Samples that the microphone has given before this frame."""
        self._base: int | None = None
        """Samples by which the microphone's count is ahead of the ring's; None while at rest."""
        self._lag: float | None = None
        """The delay at the end of the last frame, if its echo was taken out."""
        _table()

    def cancel(self, frame: Sound) -> None:
        """Take what is played out of a frame, int16 (1280,), in place, if it is known where."""
        self.cleans = False
        if self._listen(frame):
            self._clean(frame)
        else:
            self._lag = None
        self._at += FRAME_SAMPLES
        self._window[:] = 0

    def _listen(self, frame: Sound) -> bool:
        """Lay the ring under the frame and look for the delay; False if nothing is played."""
        expected = self._at + FRAME_SAMPLES - self._ring.written
        if self._base is None or abs(expected - self._base) > STRAY:
            self.follower.rest()
            self._base = expected
        self._ring.copy(self._at - self._base - BEFORE, self._window)
        played = self._window[PAST : PAST + WINDOW]
        if int(played.max()) <= SILENT and int(played.min()) >= -SILENT:
            self.follower.rest()
            self.echo.cancel(frame, np.zeros(FRAME_SAMPLES, np.int16))
            self._base = None
            return False
        self.follower.follow(self._at, played.astype(np.float32), frame, float(self._base))
        return True

    def _clean(self, frame: Sound) -> None:
        """Take the echo out, if the delay is confirmed."""
        lag, base = self.follower.lag(self._at), self._base
        if lag is None or base is None or not LEAD - LONGEST <= lag - base <= LONGEST:
            self.follower.lose()
            self.echo.forget()
            self._lag = None
            return
        if self._lag is None or abs(lag - self._lag) > JUMP:
            self.echo.recall(self._played(-PAST, PAST, lag - base, lag - base))
            self._lag = lag
        reference = self._played(0, FRAME_SAMPLES, self._lag - base, lag - base)
        self._lag = lag
        self.echo.cancel(frame, reference)
        self.cleans = self.echo.sounding

    def _played(self, first: int, length: int, begin: float, end: float) -> Sound:
        """What was played `begin` to `end` samples before, from the frame's sample `first` on."""
        out = np.empty(length, np.int16)
        for start in range(0, length, BLOCK):
            delay = begin + (end - begin) * (start + BLOCK / 2) / length
            place = BEFORE + first + start + LEAD - delay
            whole = int(np.floor(place))
            taps = _table()[round((place - whole) * PHASES)]
            begin_at = max(0, whole - TAPS // 2 + 1)
            part = self._window[begin_at : begin_at + BLOCK + TAPS - 1].astype(np.float32)
            padded = np.zeros(BLOCK + TAPS - 1, np.float32)
            padded[: len(part)] = part
            sound = np.convolve(padded, taps[::-1], "valid")
            out[start : start + BLOCK] = np.clip(np.rint(sound), -32768, 32767)
        return out

    def forget(self) -> None:
        """Overwrite all sound; the room and the delay stay known."""
        self.echo.forget()
        self.follower.rest()
        self._window[:] = 0
        self._base = self._lag = None


@cache
def _table() -> Reals:
    """(PHASES + 1, TAPS): the windowed sinc at each place between two samples."""
    places = np.arange(TAPS) - TAPS // 2 + 1 - np.arange(PHASES + 1)[:, None] / PHASES
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(places / (TAPS / 2), -1, 1))
    table = np.sinc(places) * window
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float32)
