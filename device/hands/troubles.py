"""What is the matter with hearing and with being heard, for as long as it is.

A fault is told once (alerts.py); that it goes on is shown here: by the lamp, to whoever watches.
"""

from __future__ import annotations

from collections.abc import Callable

from device.errors import LoudspeakerBusy
from device.events import Broken, Changed, Event, EventBus, Kept, Part, Parted, Parting
from device.hands.sound.player import Player
from device.letter import DEAF, IMPAIRED, Fault, FaultCode, Hello

WORDS: dict[FaultCode, str] = {
    FaultCode.MICROPHONE_LOST: "deaf: the microphone is gone",
    FaultCode.MICROPHONE_ABSENT: "deaf: the microphone is not there",
    FaultCode.MICROPHONE_BUSY: "deaf: another program is using the microphone",
    FaultCode.MICROPHONE_DENIED: "deaf: the microphone may not be opened",
    FaultCode.MICROPHONE_UNCLEAR: "deaf: there are several microphones, and none was chosen",
    FaultCode.MICROPHONE_SILENT: "deaf: the microphone gives no sound",
    FaultCode.SOUND_DROPPED: "hearing badly: some of the sound is lost",
    FaultCode.SOUND_CLIPPED: "hearing badly: the microphone is turned up too far",
    FaultCode.TOO_SLOW: "hearing badly: this machine can't keep up",
    FaultCode.LOUDSPEAKER_ABSENT: "the loudspeaker is not there",
    FaultCode.LOUDSPEAKER_BUSY: "another program is using the loudspeaker",
}

BROKEN: dict[Kept, str] = {
    Kept.SETTINGS: "the settings have faults: what they say wrongly is left out",
    Kept.NAMES: "the table of names is broken: only what the settings name is known",
    Kept.SENTENCES: "a sentence file of yours is broken: its sentences are left out",
    Kept.STATE: "the file of timers and alarms was broken, and is set aside",
    Kept.LISTS: "the file of lists was broken, and is set aside",
    Kept.SECRETS: "the file of passwords can't be used: nothing is entered with one",
}


class Troubles:
    """The present trouble of microphone and loudspeaker, if any. `changed` is told whether any."""

    def __init__(self, events: EventBus, player: Player, changed: Callable[[bool], None]) -> None:
        self.hearing: FaultCode | None = None
        self.speaking: FaultCode | None = None
        self._broken: list[Kept] = []
        self._events = events
        self._player = player
        self._changed = changed
        events.subscribe(self._take)
        player.changed = self._loudspeaker

    @property
    def deaf(self) -> bool:
        """Whether nothing is heard."""
        return self.hearing in DEAF

    @property
    def words(self) -> list[str]:
        """What is the matter, for whoever watches."""
        now = [WORDS[code] for code in (self.hearing, self.speaking) if code is not None]
        return now + [BROKEN[what] for what in self._broken]

    def _take(self, event: Event) -> None:
        before = self.hearing
        match event:
            case Broken(what) if what not in self._broken:
                self._broken.append(what)
                self._events.publish(Changed(Part.SOUND))
            case Hello() | Fault(FaultCode.SOUND_WELL):
                self.hearing = None
            case Fault(code) if code in DEAF | IMPAIRED:
                self.hearing = code
            case Parted(Parting.NAMES_DIFFER):
                # what ears can't know: noted as their own faults are
                self._events.publish(Fault(FaultCode.NAMES_DIFFER))
            case Parted() if self.hearing in IMPAIRED:
                self.hearing = None  # ears that begin anew judge anew
        if self.hearing is not before:
            self._tell()

    def _loudspeaker(self) -> None:
        """The player's loudspeaker failed, or is well again: noted as the ears' faults are."""
        failed = self._player.failed
        busy = isinstance(failed, LoudspeakerBusy)
        self.speaking = FaultCode.LOUDSPEAKER_BUSY if busy else FaultCode.LOUDSPEAKER_ABSENT
        if failed is None:
            self.speaking = None
        self._events.publish(Fault(self.speaking or FaultCode.LOUDSPEAKER_WELL))
        self._tell()

    def _tell(self) -> None:
        self._changed(self.hearing is not None or self.speaking is not None)
        self._events.publish(Changed(Part.SOUND))
