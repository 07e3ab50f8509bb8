"""Before anything is loaded: is there a microphone, and if not, why; and waiting until there is.

Ears without a microphone tell hands what is the matter and wait at next to no cost. They end as
soon as something has changed, so that the service manager starts them anew: only then may a
device that has just been plugged in be opened by their unit.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from dataclasses import dataclass

from device import portaudio, soundcards
from device.config import Config
from device.errors import CardDenied, CardUnclear, KeepmumError, MicrophoneBusy, NoMicrophone
from device.letter import FaultCode

LOOK_S = 0.5
"""How often it is looked whether the microphone has come."""
AGAIN_S = 60.0
"""What can't be seen to change (a permission) is tried again after so long, by a new start."""

FAULTS: dict[type[KeepmumError], FaultCode] = {
    NoMicrophone: FaultCode.MICROPHONE_ABSENT,
    MicrophoneBusy: FaultCode.MICROPHONE_BUSY,
    CardDenied: FaultCode.MICROPHONE_DENIED,
    CardUnclear: FaultCode.MICROPHONE_UNCLEAR,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The microphone of the settings."""

    device: str | int
    chosen: str

    @classmethod
    def of(cls, config: Config) -> Wanted:
        chosen = soundcards.chosen(config.service.cards).get("microphone", "")
        return cls(config.microphone.device, chosen)

    def trouble(self) -> KeepmumError | None:
        """Why it can't be opened now; None if it can. Costs a look at a folder and an open."""
        try:
            card = soundcards.meant("Input", self.device, self.chosen)
        except KeepmumError as error:
            return error
        if card is None:
            return self._unknown()
        match card.state():
            case soundcards.State.BUSY:
                return MicrophoneBusy(device=card.name)
            case soundcards.State.DENIED:
                return CardDenied(what="microphone", device=card.name)
            case soundcards.State.ABSENT:
                return soundcards.absent("Input", card.name, soundcards.cards("Input"))
        return None

    def _unknown(self) -> KeepmumError | None:
        """The same for what is no card: a sound server's device, or a name out of asound.conf."""
        audio = portaudio.start()
        try:
            there = portaudio.devices(audio, "Input")
            if portaudio.find(audio, "Input", self.device) is not None:
                return None
            return NoMicrophone(device=self.device, there=portaudio.there_are(there))
        finally:
            audio.terminate()


def until_changed(
    wanted: Wanted, trouble: KeepmumError, hands: int, alive: Callable[[], None]
) -> None:
    """Wait until it is worth another try, at most `AGAIN_S`, or until hands are gone.

    hands: the connection to them; alive: called twice a second.
    """
    seen = _nodes()
    watch = select.poll()
    watch.register(hands, select.POLLHUP | select.POLLRDHUP)
    for _ in range(round(AGAIN_S / LOOK_S)):
        alive()
        if watch.poll(1000 * LOOK_S):
            return
        if _nodes() != seen or (isinstance(trouble, MicrophoneBusy) and not wanted.trouble()):
            return


def _nodes() -> list[tuple[str, int]]:
    """Every capture device's file, and which one it is: one that was pulled comes back anew."""
    found = []
    for card in soundcards.cards("Input"):
        try:
            found.append((card.name, card.node.stat().st_ino))
        except OSError:
            found.append((card.name, 0))
    return found
