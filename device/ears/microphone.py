"""Frames of sound from PyAudio (ALSA), a WAV file or a pipe: one fixed buffer, overwritten.

| buffer | length | who overwrites it |
|---|---|---|
| `Microphone.frame` | 80 ms | the next `read`; `wipe` |
| the bytes of one PyAudio read | 80 ms | freed at once; freed memory is wiped by the allocator |

Every microphone gives the same array again and again, so whoever wants to keep sound must copy
it, and there is one place to look for those who do.
"""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from device import portaudio
from device.errors import (
    MicrophoneBusy,
    MicrophoneLost,
    NoMicrophone,
    WrongRate,
    WrongSound,
)
from device.mind.types import FRAME_BYTES, FRAME_SAMPLES, RATE

Sound = NDArray[np.int16]

_UNAVAILABLE = -9985
"""PortAudio's paDeviceUnavailable: somebody else has the device open."""
_NO_SUCH_RATE = (-9997, -9998)
"""paInvalidSampleRate, paInvalidChannelCount: many USB microphones know 48 kHz stereo only."""


class EndOfSound(Exception):
    """The file or pipe that stood in for a microphone is over."""


class Microphone(Protocol):
    """Where frames come from."""

    frame: Sound
    """The one buffer, int16 (1280,)."""
    live: bool
    """Whether sound comes at the pace of time; a file gives it as fast as it is asked."""

    def read(self) -> Sound:
        """The next 80 ms, int16 (1280,), always in the same array.

        Raises MicrophoneLost if the device is gone, EndOfSound if a file is over.
        """

    def wipe(self) -> None:
        """Overwrite the frame with zeros."""

    def close(self) -> None:
        """Give the device back."""


class _Framed:
    """The one buffer."""

    def __init__(self) -> None:
        self._bytes = bytearray(FRAME_BYTES)
        self._view = memoryview(self._bytes)
        self.frame: Sound = np.frombuffer(self._bytes, np.int16)

    def wipe(self) -> None:
        self.frame.fill(0)


class PyAudioMicrophone(_Framed):
    """A capture device, by name or index, read through PortAudio."""

    live = True

    def __init__(self, device: str | int = "default") -> None:
        super().__init__()
        import pyaudio

        self._audio = portaudio.start()
        try:
            with portaudio.quiet():
                self._stream = self._open(pyaudio.paInt16, device)
        except BaseException:
            self._audio.terminate()
            raise

    def _open(self, sample_format: int, device: str | int) -> Any:
        there = portaudio.there_are(portaudio.devices(self._audio, "Input"))
        index = portaudio.find(self._audio, "Input", device)
        if index is None:
            raise NoMicrophone(device=device, there=there)
        try:
            return self._audio.open(
                rate=RATE,
                channels=1,
                format=sample_format,
                input=True,
                input_device_index=index,
                frames_per_buffer=FRAME_SAMPLES,
            )
        except (OSError, ValueError) as error:
            if _UNAVAILABLE in error.args:
                raise MicrophoneBusy(device=device) from error
            if not set(_NO_SUCH_RATE).isdisjoint(error.args):
                raise WrongRate(device=device, rate=RATE) from error
            raise NoMicrophone(device=f"{device} that opens", there=there) from error

    def read(self) -> Sound:
        try:
            # an overflow means that the loop was late: what is lost is lost, the next frame counts
            self._view[:] = self._stream.read(FRAME_SAMPLES, exception_on_overflow=False)
        except (OSError, ValueError) as error:
            self.wipe()
            raise MicrophoneLost from error
        return self.frame

    def close(self) -> None:
        self.wipe()
        with portaudio.quiet():
            self._stream.close()
            self._audio.terminate()


class FileMicrophone(_Framed):
    """A WAV file, 16 kHz mono 16 bit, as fast as it is read; zeros fill its last frame."""

    live = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            self._file = wave.open(str(path), "rb")  # noqa: SIM115 - closed by close()
        except (OSError, wave.Error, EOFError) as error:
            raise WrongSound(file=path, why="it is no WAV file") from error
        found = (self._file.getframerate(), self._file.getnchannels(), self._file.getsampwidth())
        if found != (RATE, 1, 2):
            rate, channels, width = found
            self._file.close()
            raise WrongSound(file=path, why=f"{rate} Hz, {channels} channels, {8 * width} bit")

    def read(self) -> Sound:
        data = self._file.readframes(FRAME_SAMPLES)
        if not data:
            raise EndOfSound
        self.wipe()
        self._view[: len(data)] = data
        return self.frame

    def close(self) -> None:
        self.wipe()
        self._file.close()


class PipeMicrophone(_Framed):
    """Raw samples (16 kHz mono s16le) from a descriptor, at the pace of whoever writes them."""

    live = True

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def read(self) -> Sound:
        got = 0
        while got < FRAME_BYTES:
            count = os.readv(self._fd, [self._view[got:]])
            if count == 0:
                self.wipe()
                raise EndOfSound
            got += count
        return self.frame

    def close(self) -> None:
        self.wipe()
        os.close(self._fd)


def open_microphone(source: str, device: str | int) -> Microphone:
    """The microphone that `source` names: empty = `device`, a .wav file, or a FIFO's path."""
    if not source:
        return PyAudioMicrophone(device)
    path = Path(source)
    if path.is_fifo():
        return PipeMicrophone(os.open(path, os.O_RDONLY))
    return FileMicrophone(path)
