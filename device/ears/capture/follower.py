"""Where in what the loudspeaker was given lies what the microphone hears: delay and drift.

Hands' count of samples and ears' count have nothing in common: another clock on each side (some
100 parts in a million apart), buffers of unknown length between, and a delay that is another one
whenever a device is opened. The two are laid over each other by the phase of their cross spectrum
(generalized cross correlation with phase transform, Knapp and Carter 1976), averaged over some
frames, each bin counting by how well its phase stays the same.

Only a delay that was found twice, within `AGREE` samples, is one: until then there is none, and
nobody learns anything or takes anything away. A delay that holds is followed slowly, so that the
drift of the clocks moves it by fractions of a sample; the drift itself is learnt from reply to
reply. Kept are averages of spectra of what both have in common, without time (`_cross`, `_power`,
`_full`; half a second, zeros after `rest`), and the numbers found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from device.mind.types import FRAME_SAMPLES, RATE

LONGEST = 4800
"""Samples that an echo may come after its reference: 300 ms, of which the bursts take some 50 in
which hands write."""
WINDOW = LONGEST + FRAME_SAMPLES
SIZE = 8192
BAND = slice(300 * SIZE // RATE, 6000 * SIZE // RATE)
"""Bins in which small loudspeakers sound and microphones hear."""
KEEP = 0.85
"""Share of the averages that stays from frame to frame."""
FIRST = 3
"""Frames before a delay is looked for."""
CLEAR = 9.0
"""A peak of the correlation this many times its root mean square is a delay."""
AGREE = 3.0
"""Samples within which two delays are the same."""
FOLLOW = 0.1
"""Share of an error that is mended at once."""
SLIPPED = 40
"""Frames with sound in which the delay was not seen, after which there is none: 3 s. Whoever speaks
over a reply hides it for shorter than that."""
FASTEST = 200e-6
"""No two clocks are further apart."""
POINTS = 8
"""Delays from which on a reply tells of the drift."""

Reals = NDArray[np.float32]
Spectrum = NDArray[np.complex64]


class Follower:
    """The delay from what is played to its echo, in samples, frame by frame."""

    def __init__(self) -> None:
        self._cross: Spectrum = np.zeros(BAND.stop - BAND.start, np.complex64)
        self._power: Reals = np.zeros(BAND.stop - BAND.start, np.float32)
        self._full: Spectrum = np.zeros(SIZE // 2 + 1, np.complex64)
        self._padded: Reals = np.zeros(SIZE, np.float32)
        self._drift = Drift()
        self._lag = 0.0
        self._since = 0
        self._missed = 0
        self.locked = False
        """Whether there is a delay that can be relied on."""
        self._last: tuple[int, float] | None = None
        self._frames = 0

    def rest(self) -> None:
        """Nothing is played: forget the sound. The next reply begins with the delay of this one."""
        if self._frames:
            self._drift.learn()
        self._cross[:] = 0.0
        self._power[:] = 0.0
        self._full[:] = 0.0
        self._last = None
        self._frames = self._missed = 0

    def lose(self) -> None:
        """There is no delay until one is found anew."""
        self.locked = False

    def follow(self, at: int, played: Reals, frame: NDArray[np.int16], base: float) -> None:
        """Look for the delay once more.

        at: the frame's first sample, as the microphone counts; played: float32 (WINDOW,), what was
        given to the loudspeaker until the frame's end, were there no delay; base: added to delays,
        so that they are comparable when that window is laid elsewhere.
        """
        self._frames += 1
        if self.locked and not self._missed and self._frames % 2:
            return  # clocks drift slower than that
        self._average(played, frame)
        found = self._delay() if self._frames >= FIRST else None
        if found is None:
            self._miss()
        else:
            self._take(at, found + base)

    def lag(self, at: int) -> float | None:
        """The delay at that sample of the microphone, base included; None if there is none."""
        if not self.locked:
            return None
        return self._lag + self._drift.rate * (at - self._since)

    def _average(self, played: Reals, frame: NDArray[np.int16]) -> None:
        padded = self._padded
        padded[:WINDOW] = played
        x = np.fft.rfft(padded)[BAND]
        padded[:LONGEST] = 0.0
        padded[LONGEST:WINDOW] = frame
        y = np.fft.rfft(padded)[BAND]
        padded[:] = 0.0
        cross = y * x.conj()
        self._cross *= KEEP
        self._cross += cross
        self._power *= KEEP
        self._power += np.abs(cross)

    def _delay(self) -> float | None:
        """The delay that the averages speak for, to fractions of a sample."""
        size = np.abs(self._cross)
        self._full[BAND] = self._cross / (size + 1e-9) * np.minimum(1, size / (self._power + 1e-9))
        correlation = np.fft.irfft(self._full)[: LONGEST + 2]
        peak = int(np.argmax(correlation))
        rms = float(np.sqrt(np.mean(np.square(correlation)))) + 1e-12
        if not 0 < peak <= LONGEST or correlation[peak] < CLEAR * rms:
            return None
        left, top, right = (float(c) for c in correlation[peak - 1 : peak + 2])
        return peak + 0.5 * (left - right) / (left - 2 * top + right)

    def _take(self, at: int, found: float) -> None:
        """A delay was found: follow it, or go over to it if it was found twice."""
        before, self._last = self._last, (at, found)
        expected = self.lag(at)
        if expected is not None and abs(found - expected) < AGREE:
            self._lag, self._since = expected + FOLLOW * (found - expected), at
            self._missed = 0
            self._drift.add(at, found)
            return
        if before is not None and abs(found - before[1]) < AGREE:
            self._drift.begin()
            self.locked, self._lag, self._since, self._missed = True, found, at, 0
            return
        self._miss()

    def _miss(self) -> None:
        """The delay was not seen: nothing, or an echo too soft; in the end there is none."""
        self._missed += 1
        if self._missed >= SLIPPED:
            self.locked = False


class Drift:
    """By how much one clock is faster than the other, from the delays of whole replies."""

    def __init__(self) -> None:
        self.rate = 0.0
        """Samples of delay that each sample adds."""
        self._points: list[tuple[int, float]] = []
        self._cross = self._square = 0.0

    def begin(self) -> None:
        """Delays before this one belong to another way through the buffers."""
        self._points.clear()

    def add(self, at: int, delay: float) -> None:
        """A delay at a sample."""
        self._points.append((at, delay))
        del self._points[: -20 * POINTS]

    def learn(self) -> None:
        """A reply is over: take its slope into the average."""
        points, self._points = self._points, []
        if len(points) < POINTS:
            return
        times, delays = np.array(points).T
        times, delays = times - times.mean(), delays - delays.mean()
        self._cross = 0.8 * self._cross + float(times @ delays)
        self._square = 0.8 * self._square + float(times @ times)
        self.rate = float(np.clip(self._cross / self._square, -FASTEST, FASTEST))
