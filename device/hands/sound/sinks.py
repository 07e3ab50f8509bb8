"""Where sound goes: a sound device, a WAV file, or nowhere; all three take real time.

A sink is written block by block from the player's thread. It is opened when there is something to
play and may be closed when there is nothing.
"""

from __future__ import annotations

import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from device import portaudio, soundcards
from device.config import Sound
from device.errors import LoudspeakerBusy, NoLoudspeaker

DEFAULT_RATE = 22_050
BLOCK_SECONDS = 0.02


class Sink(Protocol):
    """A place that takes sound: mono, s16."""

    rate: int
    """Samples a second; known once it is open."""

    def open(self) -> None:
        """Be ready to be written; raises NoLoudspeaker."""

    def write(self, block: bytes) -> None:
        """Play; returns when there is room for more. Raises NoLoudspeaker if it is gone."""

    def close(self) -> None:
        """Play what is left and let the device go; may be opened again."""


class Pace:
    """Makes writing take as long as the sound does, with a little lead as a device has."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        lead: float = 0.04,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._lead = lead
        self._end = 0.0

    def gap(self) -> float:
        """Seconds of silence between the end of the last sound and now."""
        now = self._now()
        gap = max(0.0, now - self._end)
        self._end += gap
        return gap

    def written(self, seconds: float) -> None:
        """Wait until at most the lead is unplayed."""
        self._end += seconds
        ahead = self._end - self._now() - self._lead
        if ahead > 0:
            self._sleep(ahead)


class NullSink:
    """Plays to nobody, in real time."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.rate = DEFAULT_RATE
        self._pace = pace or Pace()

    def open(self) -> None:
        """See `Sink.open`."""
        self._pace.gap()

    def write(self, block: bytes) -> None:
        """See `Sink.write`."""
        self._pace.gap()
        self._pace.written(len(block) / 2 / self.rate)

    def close(self) -> None:
        """See `Sink.close`."""


class WavSink:
    """Writes a WAV file that runs with the clock: where nothing was played, it is silent."""

    def __init__(self, path: Path, pace: Pace | None = None) -> None:
        self.rate = DEFAULT_RATE
        self._path = path
        self._pace = pace or Pace()
        self._file: wave.Wave_write | None = None

    def open(self) -> None:
        """See `Sink.open`; the file is made at the first opening and continued at the next."""
        if self._file is not None:
            return
        try:
            self._file = wave.open(self._path.open("wb"), "wb")  # noqa: SIM115 - kept open
        except OSError as error:
            raise NoLoudspeaker(device=self._path, there=error.strerror or "") from error
        self._file.setparams((1, 2, self.rate, 0, "NONE", ""))
        self._pace.gap()

    def write(self, block: bytes) -> None:
        """See `Sink.write`; the header is right after every block, so a kill loses nothing."""
        if self._file is None:
            raise NoLoudspeaker(device=self._path, there="The file is not open.")
        silence = round(self._pace.gap() * self.rate)
        self._file.writeframes(bytes(2 * silence) + block)
        self._pace.written(len(block) / 2 / self.rate)

    def close(self) -> None:
        """See `Sink.close`; the file stays, and goes on at the next opening."""


class PyAudioSink:
    """A sound device through PortAudio: ALSA, or PulseAudio through ALSA's plug-in.

    A card is meant by its name that stays, and no other takes its place. A sound server may take
    two seconds of sound ahead, which "stop" could then not take back; so
    writing is paced here too.
    """

    def __init__(self, device: str | int, pace: Pace | None = None, chosen: str = "") -> None:
        """chosen: the card that `default` stands for, if any was."""
        self.rate = DEFAULT_RATE
        self._chosen = chosen
        self._listed: object = None
        """The card's file, as it was when PortAudio listed its devices."""
        self._pace = pace or Pace(lead=0.08)
        self._device = device
        self._stream: Any = None
        self._audio: Any = None
        self._channels = 1

    def open(self) -> None:
        """See `Sink.open`; takes the first rate and channel count that the device can."""
        with portaudio.quiet():
            self._open()

    def _open(self) -> None:
        import pyaudio

        card = soundcards.meant("Output", self._device, self._chosen)
        index = self._index() if card is None else self._index_of(card)
        for rate, channels in ((22_050, 1), (48_000, 1), (44_100, 1), (48_000, 2), (44_100, 2)):
            try:
                self._stream = self._audio.open(
                    format=pyaudio.paInt16,
                    channels=channels,
                    rate=rate,
                    output=True,
                    output_device_index=index,
                    frames_per_buffer=int(rate * BLOCK_SECONDS),
                )
            except (OSError, ValueError):
                continue
            self.rate, self._channels = rate, channels
            return
        there = self._there()
        self._end()
        raise NoLoudspeaker(device=self._device, there=there) if card is None else _why_not(card)

    def write(self, block: bytes) -> None:
        """See `Sink.write`."""
        if self._stream is None:
            raise NoLoudspeaker(device=self._device, there="It is not open.")
        if self._channels == 2:
            import numpy as np

            block = np.repeat(np.frombuffer(block, np.int16), 2).tobytes()
        self._pace.gap()
        try:
            self._stream.write(block)
        except OSError as error:
            self._end()
            raise NoLoudspeaker(device=self._device, there="It was unplugged.") from error
        self._pace.written(len(block) / 2 / self._channels / self.rate)

    def close(self) -> None:
        """See `Sink.close`."""
        if self._stream is not None:
            with _lost_is_closed():
                self._stream.stop_stream()
                self._stream.close()
            self._stream = None

    def _end(self) -> None:
        """Let PortAudio go too: it lists devices only when it starts."""
        self.close()
        if self._audio is not None:
            self._audio.terminate()
            self._audio = None

    def _index_of(self, card: soundcards.Card) -> int:
        """PortAudio's index of a card; it lists free ones only, and only when it starts."""
        listed = (card, card.node.stat().st_ino) if card.node.exists() else None
        if self._listed != listed:
            self._end()
        if self._audio is None:
            self._audio, self._listed = portaudio.start(), listed
        ending = f"(hw:{card.number},{card.device})"
        for index, name in portaudio.devices(self._audio, "Output"):
            if name.endswith(ending):
                return index
        self._end()
        raise _why_not(card)

    def _index(self) -> int:
        if self._audio is None:
            self._audio = portaudio.start()
        index = portaudio.find(self._audio, "Output", self._device)
        if index is None:
            there = self._there()
            self._end()
            raise NoLoudspeaker(device=self._device, there=there)
        return index

    def _there(self) -> str:
        return portaudio.there_are(portaudio.devices(self._audio, "Output"))


def _why_not(card: soundcards.Card) -> NoLoudspeaker:
    """Why a card that is there doesn't open."""
    if card.state() is soundcards.State.BUSY:
        return LoudspeakerBusy(device=card.name)
    return NoLoudspeaker(device=card.name, there=f"It does not open: {card.state().value}.")


@contextmanager
def _lost_is_closed() -> Iterator[None]:
    """A stream whose device is gone can't be closed, and needn't be."""
    try:
        yield
    except OSError:
        return


def sink(settings: Sound, chosen: str = "") -> Sink:
    """The sink that the settings name; chosen: the card that `default` stands for."""
    if settings.output == "null":
        return NullSink()
    if settings.output.endswith(".wav"):
        return WavSink(Path(settings.output))
    return PyAudioSink(settings.device, chosen=chosen)
