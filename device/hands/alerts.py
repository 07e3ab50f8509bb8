"""What the owner is told without having asked; each thing once in a while, not every second."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from device.data.ledgerwriter import Health
from device.events import Broken, Event, Gap, Kept, Parted, Parting, Restarted
from device.hands.clock import Clock
from device.hands.voice.replies import Reply, Value
from device.letter import Fault, FaultCode

AGAIN_SECONDS = 600.0
"""The same thing isn't told again before."""

FAULTS = {
    FaultCode.MICROPHONE_LOST: "microphone_lost",
    FaultCode.MICROPHONE_SILENT: "microphone_silent",
    FaultCode.RECOGNIZER_CRASHED: "recognizer",
    FaultCode.RECOGNIZER_HUNG: "recognizer",
    FaultCode.RECOGNIZER_SLOW: "recognizer_slow",
    FaultCode.MICROPHONE_ABSENT: "microphone_absent",
    FaultCode.MICROPHONE_BUSY: "microphone_busy",
    FaultCode.MICROPHONE_DENIED: "microphone_denied",
    FaultCode.MICROPHONE_UNCLEAR: "microphone_unclear",
    FaultCode.SOUND_DROPPED: "sound_dropped",
    FaultCode.SOUND_CLIPPED: "sound_clipped",
    FaultCode.TOO_SLOW: "too_slow",
    FaultCode.VAD_MISSING: "vad_missing",
    FaultCode.SEAL_WEAKER: "seal_weaker",
    FaultCode.WAKE_WORD_BROKEN: "wake_word_broken",
    FaultCode.NAME_TAKEN: "name_taken",
}
"""What is said of a fault; the others are for the ledger and the doctor."""
PARTINGS = {
    Parting.MALFORMED: "malformed",
    Parting.TOO_MANY: "too_many",
    Parting.NAMES_DIFFER: "names_differ",
}

LEDGER = {
    Health.WELL: "ledger_well",
    Health.FULL: "ledger_full",
    Health.READ_ONLY: "ledger_read_only",
    Health.DAMAGED: "ledger_damaged",
    Health.FAILING: "ledger_failing",
}

BROKEN = {
    Kept.SETTINGS: "broken_settings",
    Kept.NAMES: "broken_names",
    Kept.SENTENCES: "broken_sentences",
    Kept.STATE: "broken_state",
    Kept.LISTS: "broken_lists",
    Kept.SECRETS: "broken_secrets",
}


class Alerts:
    """Says what is wrong, with `tell`. Subscribed to the events, it finds most of it there."""

    def __init__(self, clock: Clock, tell: Callable[[Reply], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._told: dict[str, float] = {}
        """When each was last told, by the machine's clock."""

    def watch(self, event: Event) -> None:
        """Tell of an event that the owner should know of."""
        match event:
            case Fault(code) if code in FAULTS:
                self.warn(FAULTS[code])
            case Parted(why) if why in PARTINGS:
                self.warn(PARTINGS[why])
            case Gap(missing):
                self.warn("gap", {"count": missing})
            case Broken(what):
                self.warn(BROKEN[what])
            case Restarted():
                self.warn("restarted")

    def health(self, health: Health) -> None:
        """Tell how the ledger is."""
        self.warn(LEDGER[health])

    def warn(self, what: str, values: Mapping[str, Value] | None = None) -> None:
        """Say `alert.what`, unless it was said a short while ago."""
        now = self._clock.running()
        if now - self._told.get(what, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return
        self._told[what] = now
        self._tell(Reply(f"alert.{what}", values or {}))
