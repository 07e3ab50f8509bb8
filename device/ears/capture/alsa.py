"""A sound card's samples through ALSA, from the kernel into our own buffer and nowhere between.

libasound is called directly, since PortAudio can't say whether a card is busy or absent, how long
its buffer is, or that it overran, and keeps buffers of its own. `readi` on a `hw:` device copies
from the kernel into the memory that is named; nothing of libasound's holds a sample.

| buffer | length | who overwrites it |
|---|---|---|
| the card's, in the kernel | `BUFFER_S` | the card, round and round, as long as it is open |
| `Pcm.data` | 80 ms, all channels | `Pcm.wipe`, as soon as the frame was taken from it |
"""

from __future__ import annotations

import ctypes
import errno
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device import portaudio
from device.ears.capture.rates import RATES
from device.errors import (
    CardDenied,
    KeepmumError,
    MicrophoneBusy,
    MicrophoneLost,
    NoMicrophone,
    WrongRate,
)
from device.mind.types import FRAME_SAMPLES, RATE

BUFFER_S = 0.48
"""What sealed ears may be late by without losing sound: a child's birth, priming, a busy machine.
It is in the sum of promise 1: the kernel holds it from the moment the card is open."""
PERIOD_S = 0.02
HANGS_S = 1.0
"""A card that gives nothing for so long is lost; the watchdog would end ears without a word."""
MOST_CHANNELS = 32

_CAPTURE, _NONBLOCK, _INTERLEAVED = 1, 1, 3


@dataclass(frozen=True, slots=True)
class Format:
    """A format of samples, little-endian: ALSA's number, its bytes, where the 16 highest begin."""

    number: int
    width: int
    offset: int = 0


FORMATS = (Format(2, 2), Format(10, 4, 2), Format(32, 3, 1), Format(6, 4, 1))
"""S16_LE, S32_LE, S24_3LE, S24_LE, in the order in which they are asked for."""


class Pcm:
    """An open capture device; sound comes once it is first read.

    `rate`, `channels` and `format` are what the card gives; `data` is a frame of it.
    """

    def __init__(self, name: str, channels: int = 1) -> None:
        """`name` in ALSA's words; at least `channels`.

        Raises NoMicrophone, MicrophoneBusy, CardDenied, WrongRate.
        """
        self._name = name
        self._lib = _library()
        self._pcm = ctypes.c_void_p()
        # a device in use makes a blocking open wait for ever
        code = self._lib.snd_pcm_open(ctypes.byref(self._pcm), name.encode(), _CAPTURE, _NONBLOCK)
        if code < 0:
            raise _refused(name, -code)
        try:
            self.rate, self.channels, self.format = self._configure(channels)
        except BaseException:
            self._lib.snd_pcm_close(self._pcm)
            raise
        self.frames = self.rate * FRAME_SAMPLES // RATE
        self.data = bytearray(self.frames * self.channels * self.format.width)
        self._at = (ctypes.c_char * len(self.data)).from_buffer(self.data)
        self._columns = high_bits(self.data, self.frames, self.channels, self.format)

    def _configure(self, least: int) -> tuple[int, int, Format]:
        """Ask for the first rate, format and number of channels that the card has."""
        params = ctypes.c_void_p()
        self._lib.snd_pcm_hw_params_malloc(ctypes.byref(params))
        try:
            self._ask("any", params)
            self._ask("set_rate_resample", params, 0)  # a `plug` must not convert: we do, better
            self._ask("set_access", params, _INTERLEAVED)
            form = self._first("format", params, FORMATS, lambda f: (f.number,))
            rate = self._first("rate", params, RATES, lambda r: (r, 0))
            wide = range(least, MOST_CHANNELS + 1)
            channels = self._first("channels", params, wide, lambda n: (n,))
            for what, seconds in (("period", PERIOD_S), ("buffer", BUFFER_S)):
                near = ctypes.c_ulong(round(rate * seconds))
                extra = (None,) if what == "period" else ()
                self._ask(f"set_{what}_size_near", params, ctypes.byref(near), *extra)
            self._ask("", params)
            size = ctypes.c_ulong()
            self._ask("get_buffer_size", params, ctypes.byref(size), pcm=False)
            self.buffer_s = size.value / rate
        finally:
            self._lib.snd_pcm_hw_params_free(params)
        return rate, channels, form

    def _first(self, what: str, params: Any, choices: Any, words: Any) -> Any:
        test = getattr(self._lib, f"snd_pcm_hw_params_test_{what}")
        for choice in choices:
            if test(self._pcm, params, *words(choice)) == 0:
                self._ask(f"set_{what}", params, *words(choice))
                return choice
        raise WrongRate(device=self._name, rate=RATE)

    def _ask(self, call: str, *words: Any, pcm: bool = True) -> None:
        name = f"snd_pcm_hw_params_{call}" if call else "snd_pcm_hw_params"
        code = getattr(self._lib, name)(*((self._pcm,) if pcm else ()), *words)
        if code < 0:
            raise _refused(self._name, -code)

    def read(self) -> int:
        """Fill `data` with the next 80 ms; how often sound was lost before it.

        Raises MicrophoneLost if the card is gone, or has given nothing for `HANGS_S`.
        """
        got, lost = 0, 0
        width = self.channels * self.format.width
        until = time.monotonic() + HANGS_S
        while got < self.frames:
            at = ctypes.byref(self._at, got * width)
            count = self._lib.snd_pcm_readi(self._pcm, at, self.frames - got)
            if count == -errno.EPIPE:
                lost += 1
                self._lib.snd_pcm_prepare(self._pcm)
            elif count == -errno.EAGAIN:
                self._lib.snd_pcm_wait(self._pcm, round(1000 * HANGS_S / 4))
            elif count == 0 or (count < 0 and count != -errno.EINTR):
                raise MicrophoneLost
            if count > 0:
                got += count
                until = time.monotonic() + HANGS_S
            elif time.monotonic() > until:
                raise MicrophoneLost
        return lost

    def column(self, number: int) -> NDArray[np.int16]:
        """A channel of `data`, counted from 0, (frames,): the 16 highest bits of each sample."""
        return samples(self._columns, number)

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that wait in the card's buffer: how late its reader is."""
        return float(max(0, self._lib.snd_pcm_avail_update(self._pcm))) / self.rate

    def wipe(self) -> None:
        """Overwrite `data` with zeros."""
        ctypes.memset(self._at, 0, len(self.data))

    def close(self) -> None:
        """Give the card back."""
        self.wipe()
        self._lib.snd_pcm_close(self._pcm)


def high_bits(data: bytearray, frames: int, channels: int, form: Format) -> NDArray[np.uint8]:
    """(frames, channels, 2): a view of the two highest bytes of each sample in `data`."""
    wide = np.frombuffer(data, np.uint8).reshape(frames, channels, form.width)
    return wide[:, :, form.offset : form.offset + 2]


def samples(columns: NDArray[np.uint8], number: int) -> NDArray[np.int16]:
    """(frames,) int16: one channel of what `high_bits` gives."""
    return np.ascontiguousarray(columns[:, number]).view("<i2")[:, 0]


def _refused(name: str, number: int) -> KeepmumError:
    if number in (errno.EBUSY, errno.EAGAIN):
        return MicrophoneBusy(device=name)
    if number in (errno.EACCES, errno.EPERM):
        return CardDenied(what="microphone", device=name)
    if number == errno.EINVAL:
        return WrongRate(device=name, rate=RATE)
    return NoMicrophone(device=name, there="")


def _library() -> Any:
    """libasound, silent, with its calls' longer types declared. Raises NoMicrophone."""
    try:
        lib = ctypes.CDLL("libasound.so.2")
    except OSError as error:
        raise NoMicrophone(device="of ALSA's", there="libasound.so.2 is missing.") from error
    portaudio.silence(lib)
    for call in ("snd_pcm_readi", "snd_pcm_avail_update"):
        getattr(lib, call).restype = ctypes.c_long
    lib.snd_pcm_readi.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)
    return lib
