"""What the loudspeaker says is taken out of what the microphone hears.

For microphones whose capture device gives the loudspeaker's own signal as another channel: that
reference goes through an estimate of the room, and what comes out is subtracted. The estimate is
a partitioned-block Kalman filter in the frequency domain (Enzner and Vary, "Frequency-domain
adaptive Kalman filter for acoustic echo control in hands-free telephones", 2006; partitioned as
in Kuech, Mabande and Enzner, "State-space architecture of the partitioned-block-based acoustic
echo controller", 2014), with covariances that are diagonal in bins and partitions. It knows for
every bin how unsure it is of the room and how much else is heard, and learns by the ratio of the
two: while somebody speaks over the loudspeaker it hardly learns, which is why it needs nobody to
tell it that somebody does.

    buffer         | holds, in ms of sound                        | overwritten by
    ---------------|----------------------------------------------|----------------------------------
    `_history`     | 260 of the loudspeaker's own sound, spectra  | every 20 ms; zeros as soon as it
                   | of 12 blocks; none of the microphone         | is silent for 240 ms; `forget`
    `_last`        | 20 of the loudspeaker's own sound, the same  | as above
    `_cleaned`     | 80 of the microphone, none between frames    | zeroed by the step that wrote it
    `_other`       | how loud each bin was without the echo, an   | as above
                   | average over some 100 ms, without phase      |
    `_room`,       | how the room answers the loudspeaker, and    | never: it is a room, and the
    `_doubt`       | how unsure that is: no sound (`SEVERAL`)     | next reply begins with it

What the estimate misses, a loudspeaker's distortion above all, is some 20 dB softer than the echo
and still speech; a gate (gate.py) keeps it back for as long as nobody speaks over it. And no band
of a frame comes out louder than it went in (bound.py).

The reference must not come later than its echo. Samples of both lie on one clock, since they come
from one device.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from device.ears.capture.bound import Plausible, bound
from device.ears.capture.gate import Gate
from device.mind.types import FRAME_SAMPLES, RATE
from device.ring import Sound

BLOCK = 320
"""Samples between two corrections of the estimate: 20 ms."""
PARTITIONS = 12
TAIL = BLOCK * PARTITIONS
"""Samples after which the room is taken to be silent: 240 ms."""
BINS = BLOCK + 1
SILENT = 32
"""A reference that stays within this many steps of 16 bit is the noise of a line, no sound."""
STAY = 0.9995
"""Share of the room that stays as it is from block to block; the rest is new doubt."""
OVERLAP = 0.25
"""Share of doubt that a block takes away. Half of a spectrum is zeros, and half of what it tells
was told by the block before: without that it would be sure long before it is right."""
OTHER = 0.8
"""Share of the average of all else that is heard that stays from block to block."""
DOUBT = 0.003
"""Energy of the room's answer before anything is heard."""
DECAY = 3.0
"""Blocks in which that energy falls by e: a room whose sound dies away in 0.4 s."""
SEVERAL = 3
"""Partitions that must sound for a block to be learnt from: after a single click the room's answer
would be what the microphone heard, whoever spoke."""
RENEWED = 0.5
"""Share of the room's energy that is in doubt once the estimate was of no use."""
CHANGED = 1.5
"""A frame this much louder, twice in a row: something was moved, or the volume turned."""
GUESSES = 6
"""Frames from which the energy of the room's answer is guessed: microphone over reference."""
MOST = 1e4
"""No answer of a room has more energy, however low the reference's level."""
FLOOR = np.float32(BLOCK)
"""Power of one step of 16 bit in a bin: no microphone is more silent."""

Reals = NDArray[np.float32]
Spectra = NDArray[np.complex64]


class Echo:
    """Takes the echo of a reference out of a microphone's frames, in place.

    After construction nothing is loaded or opened. A frame costs the same whatever is heard, and
    nothing while the reference is silent.
    """

    def __init__(self) -> None:
        self._shape = np.exp(-np.arange(PARTITIONS, dtype=np.float32) / DECAY)[:, None]
        self._history: Spectra = np.zeros((PARTITIONS, BINS), np.complex64)
        self._last: Reals = np.zeros(BLOCK, np.float32)
        self._cleaned: Reals = np.zeros(FRAME_SAMPLES, np.float32)
        self._other: Reals = np.zeros(BINS, np.float32)
        self._room: Spectra = np.zeros((PARTITIONS, BINS), np.complex64)
        self._doubt: Reals = np.zeros((PARTITIONS, BINS), np.float32)
        self._start()
        # whatever is loaded at its first use is loaded now
        self.cancel(np.ones(FRAME_SAMPLES, np.int16), np.full(FRAME_SAMPLES, 100, np.int16))
        self.forget()
        self._start()

    def _start(self) -> None:
        """Know nothing of the room."""
        self._room[...] = 0.0
        self._doubt[...] = DOUBT * self._shape
        self._guesses, self._guess = GUESSES, DOUBT
        self._heard = self._played = 0.0
        self._silent = TAIL
        """Samples for which the reference has been silent, not counted above the tail."""
        self._unknown = 0
        """Blocks for which the history is not what was played, because it was forgotten."""
        self._gate = Gate()
        self._plausible = Plausible()
        self._worse = 0
        """Frames in a row that would have become much louder."""
        self.taken_db = 0.0
        """How much softer the last frame became."""
        self.copied = False
        """Whether the last frame's two channels were one."""

    def cancel(self, frame: Sound, reference: Sound) -> None:
        """Take the reference's echo out of `frame`; both int16 (1280,), of the same 80 ms.

        The frame is left as it is, bit by bit, if the reference has been silent for the tail, if
        it is a copy of the frame (a device that has one channel and gives it twice), if it would
        become louder, or if what would be taken away had not been there.
        """
        self.taken_db = 0.0
        heard = int(reference.max()) > SILENT or int(reference.min()) < -SILENT
        self._silent = 0 if heard else min(TAIL, self._silent + FRAME_SAMPLES)
        if self._silent == TAIL:
            if self._last.any() or self._other.any():
                self.forget()
            self._unknown = 0
            return
        self.copied = np.array_equal(frame, reference)
        if self.copied:
            self.forget()
            return
        if self._guesses:
            self._guess_energy(frame, reference)
        passes = False
        for start in range(0, FRAME_SAMPLES, BLOCK):
            part = slice(start, start + BLOCK)
            self._cleaned[part], voice = self._step(frame[part], reference[part])
            passes = passes or voice  # a word's beginning passes with what tells that it is one
        if not self._plausible.step(self._cleaned, frame):
            self._cleaned[:] = 0.0
            return
        self._gate.close(self._cleaned, passes=passes)
        self._deliver(frame)

    @property
    def sounding(self) -> bool:
        """Whether the last frame's reference was more than the noise of a line."""
        return self._silent == 0

    def _deliver(self, frame: Sound) -> None:
        """The cleaned frame in place of the other, unless that would help nobody."""
        before = float(np.square(frame, dtype=np.float32).sum())
        after = float(np.square(self._cleaned).sum())
        if not math.isfinite(after):
            self._start()
            self.forget()
        elif after > before:
            self._worse = self._worse + 1 if after > CHANGED * before else 0
            if self._worse > 1:
                self._gate = Gate()
                energy = np.square(np.abs(self._room)).sum(axis=0).mean()
                np.maximum(self._doubt, RENEWED * energy * self._shape, out=self._doubt)
        else:
            self._worse = 0
            bound(self._cleaned, frame)
            np.rint(self._cleaned, out=self._cleaned)
            after = float(np.square(self._cleaned).sum())
            if after > before:  # by rounding
                self._cleaned[:] = frame
            frame[:] = np.clip(self._cleaned, -32768, 32767)
            self.taken_db = 10 * math.log10((before + 1.0) / (after + 1.0))
        self._cleaned[:] = 0.0

    def _guess_energy(self, frame: Sound, reference: Sound) -> None:
        """At the start, doubt as large as the levels of the two channels suggest."""
        self._guesses -= 1
        self._heard += float(np.square(frame, dtype=np.float32).sum())
        self._played += float(np.square(reference, dtype=np.float32).sum())
        energy = min(MOST, self._heard / (self._played + 1.0) / DECAY)
        if energy > 4 * self._guess:
            self._guess = energy
            np.maximum(self._doubt, energy * self._shape, out=self._doubt)

    def _step(self, heard: Sound, played: Sound) -> tuple[Reals, bool]:
        """One block without its echo, float32 (320,), and whether it may pass; the estimate
        learns from it."""
        window = np.concatenate([self._last, played], dtype=np.float32)
        self._history[1:] = self._history[:-1]
        self._history[0] = np.fft.rfft(window)
        self._last[:] = played
        echo = np.fft.irfft((self._history * self._room).sum(axis=0))[BLOCK:].astype(np.float32)
        cleaned: Reals = heard - echo
        if self._unknown:
            self._unknown -= 1
        else:
            self._learn(cleaned)
        return cleaned, self._gate.listen(cleaned, echo)

    def _learn(self, cleaned: Reals) -> None:
        """What is left of a block corrects the estimate, by how unsure that is."""
        error = np.fft.rfft(np.concatenate([np.zeros(BLOCK, np.float32), cleaned]))
        loud = error.real**2 + error.imag**2
        if self._other.any():
            loud = OTHER * self._other + (1 - OTHER) * loud
        self._other[:] = loud + FLOOR
        played = self._history.real**2 + self._history.imag**2
        loudness = played.sum(axis=1)
        if (loudness > loudness.max() / 100).sum() < SEVERAL:
            return
        gain = self._doubt / (0.5 * (played * self._doubt).sum(axis=0) + self._other)
        change = np.fft.irfft(gain * self._history.conj() * error, axis=1)
        change[:, BLOCK:] = 0.0  # a partition is as long as a block: the rest went round the circle
        self._room += np.fft.rfft(change, axis=1)
        self._room *= STAY
        self._doubt *= STAY**2 * (1.0 - OVERLAP * gain * played)
        self._doubt += (1 - STAY**2) * (self._room.real**2 + self._room.imag**2)

    def recall(self, past: Sound) -> None:
        """Take in what was played just before the next frame, int16 (TAIL + BLOCK,).

        For a reference that was found in the middle of a sound: its echo is known from the first
        block on.
        """
        blocks = past.reshape(PARTITIONS + 1, BLOCK).astype(np.float32)
        self._history[:] = np.fft.rfft(np.hstack([blocks[:-1], blocks[1:]]))[::-1]
        self._last[:] = blocks[-1]
        self._unknown = self._silent = 0

    def forget(self) -> None:
        """Overwrite all sound. The room is still known; with what was just played unknown, nothing
        is learnt for as long as its echo lasts."""
        self._unknown = PARTITIONS if self._last.any() else self._unknown
        for array in (self._history, self._last, self._cleaned, self._other):
            array[...] = 0.0

    def kept_ms(self) -> dict[str, float]:
        """Milliseconds of sound that the live buffers hold, by whose it is."""
        blocks = int(self._history.any(axis=1).sum())
        reference = blocks * BLOCK + (BLOCK if blocks else 0)
        return {
            "reference": reference * 1000 / RATE,
            "microphone": np.count_nonzero(self._cleaned) * 1000 / RATE,
        }
