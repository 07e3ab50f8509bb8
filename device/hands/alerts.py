"""What the owner is told without having asked; each thing once in a while, not every second."""

from __future__ import annotations

from collections.abc import Mapping

from device.hands.house import House
from device.hands.voice.replies import Reply, Value
from device.letter import FaultCode

AGAIN_SECONDS = 600.0
"""The same thing isn't told again before."""

FAULTS = {
    FaultCode.MICROPHONE_LOST: "microphone_lost",
    FaultCode.MICROPHONE_SILENT: "microphone_silent",
    FaultCode.RECOGNIZER_CRASHED: "recognizer",
    FaultCode.RECOGNIZER_HUNG: "recognizer",
    FaultCode.VAD_MISSING: "vad_missing",
    FaultCode.SEAL_WEAKER: "seal_weaker",
    FaultCode.NAMES_DIFFER: "names_differ",
}
"""What is said of a fault of the ears; the others are for the ledger and the doctor."""


def warn(house: House, what: str, values: Mapping[str, Value] | None = None) -> None:
    """Say `alert.what`, unless it was said a short while ago."""
    now = house.clock.running()
    if now - house.warned.get(what, -AGAIN_SECONDS) < AGAIN_SECONDS:
        return
    house.warned[what] = now
    house.tell(Reply(f"alert.{what}", values or {}))
