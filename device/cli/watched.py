"""What the events of a running speaker add up to, for `keepmum watch`."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WAKINGS = 10
FAULTS = 5


def clock(at: float) -> str:
    """A time of day."""
    return f"{datetime.fromtimestamp(at):%H:%M:%S}"


@dataclass
class Waking:
    """One activation, as far as it was told."""

    number: int
    at: float
    word: str
    what: str = ""
    did: str = ""
    outcome: str = ""
    seconds: float | None = None


@dataclass
class Scene:
    """What the events so far add up to. `muted` is looked up, since ears that don't exist tell
    nothing."""

    house: dict[str, Any] = field(default_factory=dict)
    house_at: float = 0.0
    """By this terminal's clock, so that timers count down here as they do there."""
    wakings: deque[Waking] = field(default_factory=lambda: deque(maxlen=WAKINGS))
    faults: deque[str] = field(default_factory=lambda: deque(maxlen=FAULTS))
    ears: bool = False
    listening: bool = False
    thinking: bool = False
    loud: str = "quiet"
    muted: bool = False

    def take(self, record: dict[str, Any]) -> None:
        """An event."""
        handle = getattr(self, f"_on_{record.get('event')}", None)
        if handle is not None:
            handle(record)

    def state(self) -> str:
        """The key of the state that the speaker is in."""
        if self.muted:
            return "muted"
        if not self.ears:
            return "away"
        if self.listening:
            return "listening"
        if self.thinking:
            return "thinking"
        if self.house.get("deaf"):
            return "deaf"
        return {"ringing": "ringing", "speaking": "speaking"}.get(self.loud, "asleep")

    def _on_house(self, record: dict[str, Any]) -> None:
        self.house, self.house_at = record, time.monotonic()
        self.ears, self.loud = record["ears"], record["loud"]
        self.listening = record["listening"]

    def _on_away(self, record: dict[str, Any]) -> None:
        self.ears = self.listening = self.thinking = False
        self._fault(record, "the hands are away: starting anew, or stopped")

    def _on_hello(self, _: dict[str, Any]) -> None:
        self.ears = True

    def _on_parted(self, record: dict[str, Any]) -> None:
        self.ears = self.listening = self.thinking = False
        if record["why"] != "closed":
            self._fault(record, f"the door was shut: {record['why'].replace('_', ' ')}")

    def _on_woke(self, record: dict[str, Any]) -> None:
        self.listening = True
        self.wakings.append(Waking(record["number"], record["at"], record["word"]))

    def _on_command(self, record: dict[str, Any]) -> None:
        self.thinking = True
        self._of(record).what = record["what"]

    def _on_did(self, record: dict[str, Any]) -> None:
        self.thinking = False
        self._of(record).did = f"{record['reply']}, {record['ms']} ms"

    def _on_refused(self, record: dict[str, Any]) -> None:
        self._of(record).did = "refused"

    def _on_ended(self, record: dict[str, Any]) -> None:
        self.listening = False
        waking = self._of(record)
        waking.outcome, waking.seconds = record["outcome"], record["seconds"]

    def _on_said(self, _: dict[str, Any]) -> None:
        self.loud = "speaking"

    def _on_hushed(self, _: dict[str, Any]) -> None:
        self.loud = "quiet"

    def _on_rang(self, _: dict[str, Any]) -> None:
        self.loud = "ringing"

    def _on_quieted(self, _: dict[str, Any]) -> None:
        self.loud = "quiet"

    def _on_gap(self, record: dict[str, Any]) -> None:
        self._fault(record, f"{record['missing']} activations were not seen")

    def _on_fault(self, record: dict[str, Any]) -> None:
        self._fault(record, record["fault"])

    def _fault(self, record: dict[str, Any], text: str) -> None:
        self.faults.append(f"{clock(record['at'])}  {text}")

    def _of(self, record: dict[str, Any]) -> Waking:
        for waking in reversed(self.wakings):
            if waking.number == record["number"]:
                return waking
        self.wakings.append(Waking(record["number"], record["at"], "?"))
        return self.wakings[-1]
