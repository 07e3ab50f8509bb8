"""Frames of sound from a card (ALSA), PyAudio, a WAV file or a pipe: one fixed buffer, overwritten.

| buffer | length | who overwrites it |
|---|---|---|
| `Microphone.frame` | 80 ms | the next `read`; `wipe` |
| all channels of a device with several | 80 ms | the `read` that filled it, with zeros |
| the reference, if there is one | 80 ms | the `read` that filled it, with zeros |
| what the card gave, at its rate | 80 ms | the `read` that filled it, with zeros |
| the end of it, where the rate is another | 1.1 ms | the next `read`; `forget` |
| the bytes of one PyAudio read | 80 ms | freed at once; freed memory is wiped by the allocator |

What the kernel holds for a card is said in alsa.py.
Every microphone gives the same array again and again, so whoever wants to keep sound must copy
it, and there is one place to look for those who do. What a canceller holds is said in echo.py.
"""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import Any

from device import portaudio, soundcards
from device.ears.capture.card import CardMicrophone
from device.ears.capture.framed import ONE, Channels, EndOfSound, Framed, Microphone
from device.errors import (
    MicrophoneBusy,
    MicrophoneLost,
    NoMicrophone,
    TooFewChannels,
    WrongRate,
    WrongSound,
)
from device.mind.types import FRAME_BYTES, FRAME_SAMPLES, RATE
from device.ring import Sound

__all__ = ["ONE", "Channels", "EndOfSound", "Framed", "Microphone", "Sound", "open_microphone"]

_UNAVAILABLE = -9985
"""PortAudio's paDeviceUnavailable: somebody else has the device open."""
_OVERFLOWED = -9981
"""paInputOverflowed."""
_NO_SUCH_RATE = (-9997, -9998)
"""paInvalidSampleRate, paInvalidChannelCount: many USB microphones know 48 kHz stereo only."""


class PyAudioMicrophone(Framed):
    """A capture device, by name or index, read through PortAudio."""

    live = True

    def __init__(self, device: str | int = "default", channels: Channels = ONE) -> None:
        super().__init__(channels)
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
        count = self._channels.count
        has = int(self._audio.get_device_info_by_index(index)["maxInputChannels"])
        if has < count:
            raise TooFewChannels(device=device, has=has, asked=count)
        try:
            return self._audio.open(
                rate=RATE,
                channels=count,
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
        while True:
            try:
                self._view[:] = self._stream.read(FRAME_SAMPLES)
                return self._arrived()
            except (OSError, ValueError) as error:
                if _OVERFLOWED not in error.args:
                    self.wipe()
                    raise MicrophoneLost from error
                self.dropped += 1  # the loop was late

    def close(self) -> None:
        self.wipe()
        with portaudio.quiet():
            self._stream.close()
            self._audio.terminate()


class FileMicrophone(Framed):
    """A WAV file, 16 kHz 16 bit, as fast as it is read; zeros fill its last frame.

    It is mono, or has as many channels as are asked for. Raises WrongSound.
    """

    live = False

    def __init__(self, path: Path, channels: Channels = ONE) -> None:
        try:
            self._file = wave.open(str(path), "rb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise WrongSound(file=path, why=error.strerror or "it can't be read") from error
        except (wave.Error, EOFError) as error:
            raise WrongSound(file=path, why="it is no WAV file") from error
        count, width, rate = self._file.getparams()[:3]
        if (rate, width) != (RATE, 2) or count not in (1, channels.count):
            self._file.close()
            raise WrongSound(file=path, why=f"{rate} Hz, {count} channels, {8 * width} bit")
        super().__init__(ONE if count == 1 else channels)

    def read(self) -> Sound:
        data = self._file.readframes(FRAME_SAMPLES)
        if not data:
            raise EndOfSound
        self._all.fill(0)
        self._view[: len(data)] = data
        return self._arrived()

    def close(self) -> None:
        self.wipe()
        self._file.close()


class PipeMicrophone(Framed):
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


def open_microphone(
    source: str, device: str | int, channels: Channels = ONE, chosen: str = ""
) -> Microphone:
    """`source`: empty = `device`, a .wav file or a FIFO. chosen: the card that is `default`."""
    if source:
        path = Path(source)
        if path.is_fifo():
            return PipeMicrophone(os.open(path, os.O_RDONLY))
        return FileMicrophone(path, channels)
    card = soundcards.meant("Input", device, chosen)
    if card is None:
        return PyAudioMicrophone(device, channels)
    return CardMicrophone(card.name, channels)
