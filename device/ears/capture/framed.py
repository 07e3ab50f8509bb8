"""What every microphone is: one buffer of 80 ms, overwritten by each read; see microphone.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from device.config import Microphone as Settings
from device.ears.capture.echo import Echo
from device.mind.types import FRAME_BYTES, FRAME_SAMPLES
from device.ring import Sound


@dataclass(frozen=True)
class Channels:
    """Which channels of a device are what, counted from 1."""

    microphone: int = 1
    reference: int | None = None
    """The channel that carries what the loudspeaker is given, if there is one."""

    @classmethod
    def of(cls, settings: Settings) -> Channels:
        return cls(settings.channel, settings.reference_channel)

    @property
    def count(self) -> int:
        """How many must be opened."""
        return max(self.microphone, self.reference or 1)


ONE = Channels()


class EndOfSound(Exception):
    """The file or pipe that stood in for a microphone is over."""


class Microphone(Protocol):
    """Where frames come from."""

    frame: Sound
    """The one buffer, int16 (1280,)."""
    live: bool
    """Whether sound comes at the pace of time; a file gives it as fast as it is asked."""
    echo: Echo | None
    """Takes the loudspeaker's sound out of each frame; None without a reference."""

    dropped: int
    """How often sound was lost because it was read too late."""

    def read(self) -> Sound:
        """The next 80 ms, int16 (1280,), always in the same array.

        Raises MicrophoneLost if the device is gone, EndOfSound if a file is over.
        """

    def late(self) -> bool:
        """Whether so much waits to be read that its reader can't keep up."""

    def wipe(self) -> None:
        """Overwrite the frame, and whatever else is held of sound, with zeros."""

    def forget(self) -> None:
        """Overwrite whatever is held of sound beside the frame."""

    def close(self) -> None:
        """Give the device back."""


class Framed:
    """The one buffer; with several channels the one they arrive in, and the reference."""

    def __init__(self, channels: Channels = ONE) -> None:
        self.dropped = 0
        self._bytes = bytearray(FRAME_BYTES * channels.count)
        self._view = memoryview(self._bytes)
        self._all: Sound = np.frombuffer(self._bytes, np.int16)
        self._columns = self._all.reshape(FRAME_SAMPLES, channels.count)
        self._channels = channels
        several = channels.count > 1
        self.frame: Sound = np.zeros(FRAME_SAMPLES, np.int16) if several else self._all
        self._reference: Sound = np.zeros(FRAME_SAMPLES if channels.reference else 0, np.int16)
        self.echo = Echo() if channels.reference else None

    def _arrived(self) -> Sound:
        """The frame of what has just been read: the microphone's channel, without the echo."""
        if self.frame is not self._all:
            self.frame[:] = self._columns[:, self._channels.microphone - 1]
            if self.echo and self._channels.reference:
                self._reference[:] = self._columns[:, self._channels.reference - 1]
                self._all.fill(0)
                self.echo.cancel(self.frame, self._reference)
                self._reference.fill(0)
            self._all.fill(0)
        return self.frame

    def late(self) -> bool:
        return False

    def wipe(self) -> None:
        self._all.fill(0)
        self.frame.fill(0)
        self.forget()

    def forget(self) -> None:
        if self.echo:
            self.echo.forget()
