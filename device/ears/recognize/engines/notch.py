"""Takes the ring's own notes out of what the microphone hears while it rings.

The ring is a few sines whose frequencies are known; a linear filter with a zero at each of them
removes it wherever the loudspeaker stands, and leaves speech nearly whole. What is left is masked
by faint noise, or the recognizer's normalization would lift it up.
"""

from __future__ import annotations

import numpy as np
import numpy.fft  # numpy loads it at its first use, which is in a sealed child
from numpy.typing import NDArray

from device.mind.ringing import OVERTONES, RING_NOTES
from device.mind.types import FRAME_SAMPLES, RATE

WIDTH = 60.0
"""Hz taken out around each note, which is short and so is spread."""
TAPS = 1601
"""Long enough to tell 20 Hz apart; half of it, 50 ms, is the delay."""
FLOOR = 20.0
"""Standard deviation of the masking noise, in steps of 16 bit."""
_FFT = 4096


class Notch:
    """The filter with its memory: the last 100 ms of raw sound, in a child that dies."""

    def __init__(self) -> None:
        hz = np.fft.rfftfreq(_FFT, 1 / RATE)
        wanted = np.ones(len(hz))
        for notes in RING_NOTES.values():
            for note in notes:
                for overtone in OVERTONES:
                    wanted[np.abs(hz - overtone * note) <= WIDTH / 2] = 0.0
        taps = np.roll(np.fft.irfft(wanted, _FFT), TAPS // 2)[:TAPS]
        self._filter = np.fft.rfft(taps * np.hanning(TAPS + 2)[1:-1], _FFT)
        self._sound = np.zeros(TAPS - 1 + FRAME_SAMPLES)
        self._noise = np.random.default_rng(0)

    def take(self, frame: bytes) -> bytes:
        """80 ms of s16le sound without the ring, 50 ms later (overlap and save)."""
        self._sound[: TAPS - 1] = self._sound[FRAME_SAMPLES:]
        self._sound[TAPS - 1 :] = np.frombuffer(frame, np.int16)
        whole = np.fft.irfft(np.fft.rfft(self._sound, _FFT) * self._filter, _FFT)
        clean = whole[TAPS - 1 : len(self._sound)] + self._noise.normal(0.0, FLOOR, FRAME_SAMPLES)
        out: NDArray[np.int16] = np.clip(np.round(clean), -32768, 32767).astype(np.int16)
        return out.tobytes()
