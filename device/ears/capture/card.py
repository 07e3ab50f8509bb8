"""A sound card as a microphone: its channels, brought to 16 kHz."""

from __future__ import annotations

from device.ears.capture import alsa
from device.ears.capture.framed import ONE, Channels, Framed
from device.ears.capture.rates import ToOurRate
from device.errors import MicrophoneLost
from device.mind.types import RATE
from device.ring import Sound


class CardMicrophone(Framed):
    """A sound card's own device, at whatever rate, format and number of channels it has."""

    live = True

    def __init__(self, name: str, channels: Channels = ONE) -> None:
        """`name` in ALSA's words, such as `hw:CARD=Device,DEV=0`. Raises as `alsa.Pcm`."""
        super().__init__(channels)
        self.card = alsa.Pcm(name, channels.count)
        wanted = {channels.microphone - 1, (channels.reference or channels.microphone) - 1}
        self._rates: dict[int, ToOurRate] = {
            c: ToOurRate(self.card.rate) for c in wanted if self.card.rate != RATE
        }
        self._wanted = sorted(wanted)

    def read(self) -> Sound:
        try:
            self.dropped += self.card.read()
        except MicrophoneLost:
            self.wipe()
            raise
        for column in self._wanted:
            samples = self.card.column(column)
            if self._rates:
                self._rates[column].step(samples, self._columns[:, column])
            else:
                self._columns[:, column] = samples
        self.card.wipe()
        return self._arrived()

    def late(self) -> bool:
        """See `Microphone.late`: half of what the card can hold waits."""
        return bool(self.card.waiting_s > self.card.buffer_s / 2)

    def forget(self) -> None:
        super().forget()
        for rate in self._rates.values():
            rate.forget()

    def close(self) -> None:
        self.wipe()
        self.card.close()
