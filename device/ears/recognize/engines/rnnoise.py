"""RNNoise before a recognizer: most of what isn't speech is taken out while it is heard.

A recurrent network (J.-M. Valin, 2018 and RNNoise 0.2) that follows noise as it changes: the
clatter of a kitchen, which no average over the pauses knows. The library works at 48 kHz; the
ears' sound is made so by a filter, and every third sample of what comes out is taken.

A part of the sound is left as it was (`KEPT`): what the network has cut holes into, a recognizer
no longer understands. The rest of the noise is stationary, and denoise.py's. In a quiet room the
sound is better left alone.

What is kept of the sound: the network's own memory and `DELAY` samples, in the one-command child,
wiped by its end; `start` forgets both.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.errors import WrongLibrary
from device.mind.types import FRAME_SAMPLES

LIBRARY = "rnnoise/librnnoise.so"
"""The manifest's name of the library."""
KEPT = 0.2
"""Share of the sound's amplitude that is left in noise: the noise ends 14 dB lower."""
STEP = 480
"""Samples that the library takes at once: 10 ms at 48 kHz."""
UP = 3
TAPS = 16
"""Of the filter between the rates, for each of its three phases."""
DELAY = TAPS // 2 + 320
"""Samples at 16 kHz by which what comes out is late: half the filter, and 20 ms of the network."""

Floats = NDArray[np.float64]


def _filter() -> Floats:
    """(TAPS, UP): the windowed sinc that stands between the samples."""
    at = (np.arange(TAPS * UP) - TAPS * UP // 2) / UP
    window = np.kaiser(TAPS * UP + 1, 6.0)[:-1]
    return (np.sinc(at) * window).reshape(TAPS, UP)[::-1].copy()


_FILTER = _filter()


class RNNoise:
    """One stream of sound; begun anew by `start`."""

    def __init__(self, library: Path) -> None:
        """Load the library: before the seal, which lets nothing be loaded. Raises WrongLibrary."""
        try:
            # it takes its sines from wherever they are, and does not say where
            ctypes.CDLL("libm.so.6", mode=ctypes.RTLD_GLOBAL)
            found = ctypes.CDLL(str(library))
            self._process, self._begin = found.rnnoise_process_frame, found.rnnoise_init
            create = found.rnnoise_create
        except (OSError, AttributeError) as error:
            raise WrongLibrary(name=LIBRARY, why=_why(error)) from error
        pointer = ctypes.c_void_p
        self._process.argtypes, self._process.restype = (pointer, pointer, pointer), ctypes.c_float
        self._begin.argtypes = (pointer, pointer)
        create.argtypes, create.restype = (pointer,), pointer
        self._state = create(None)
        self.start()

    def start(self) -> None:
        """Forget the sound so far."""
        self._begin(self._state, None)
        self._past = np.zeros(DELAY)

    def take(self, frame: bytes) -> bytes:
        """80 ms of int16 samples to the same, `DELAY` late, as heard and then less its noise."""
        count = len(frame) // 2
        sound = np.concatenate([self._past, np.frombuffer(frame, np.int16)])
        windows = np.lib.stride_tricks.sliding_window_view(sound[-count - TAPS + 1 :], TAPS)
        fast = (windows @ _FILTER).astype(np.float32).reshape(-1)
        for at in range(0, len(fast), STEP):
            place = fast[at:].ctypes.data
            self._process(self._state, place, place)
        self._past = sound[-DELAY:]
        return _int16(np.stack([sound[-count - DELAY : -DELAY], fast[::UP]])).tobytes()


def _why(error: Exception) -> str:
    """The loader's words without the place of the file."""
    return str(error).rpartition(": ")[2]


def mixed(taken: Iterable[bytes], kept: float = KEPT) -> NDArray[np.int16]:
    """What `take` gave, joined, with `kept` of the sound as it was heard: int16 (samples,)."""
    both = np.frombuffer(b"".join(taken), np.int16).reshape(-1, 2, FRAME_SAMPLES)
    return _int16(kept * both[:, 0] + (1 - kept) * both[:, 1]).reshape(-1)


def _int16(sound: Floats) -> NDArray[np.int16]:
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
