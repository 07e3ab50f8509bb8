"""What the hands' journal says, as a story a person understands at a glance.

The journal is one JSON line for each event; it holds ids and times, no sound and no transcript.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from device.letter import FaultCode
from device.mind.types import (
    BUTTON,
    FIRST_USER_INTENT,
    FOLLOW_UP,
    STOP_WORD,
    Color,
    Intent,
    Kind,
    Outcome,
    Slot,
)
from device.names import NameTable

Event = Mapping[str, Any]
_NAMED = {
    Slot.DEVICE,
    Slot.AREA,
    Slot.FLOOR,
    Slot.TIMER_NAME,
    Slot.LIST,
    Slot.ITEM,
    Slot.PLAYLIST,
    Slot.ARTIST,
    Slot.STATION,
    Slot.SPEAKER,
    Slot.ANNOUNCEMENT,
}


class JournalPipe:
    """The reading end of a journal: waits for events, never polls."""

    def __init__(self) -> None:
        self._end, self.given = os.pipe()
        self._rest = b""

    def events(self, seconds: float) -> Iterator[Event]:
        """Events as they come, for at most `seconds`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self._end], [], [], left)
            if not ready:
                return
            data = os.read(self._end, 65_536)
            if not data:
                return
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                yield json.loads(line)

    def until(
        self, wanted: Callable[[Event], bool], seconds: float, show: Callable[[Event], None]
    ) -> Event | None:
        """Show events until one is wanted; None if it didn't come in time."""
        for event in self.events(seconds):
            show(event)
            if wanted(event):
                return event
        return None

    def close(self) -> None:
        """Close both ends."""
        os.close(self._end)
        os.close(self.given)


@dataclass
class Timeline:
    """Prints events, each with its time since the first."""

    console: Console
    words: tuple[str, ...]
    names: NameTable
    began: float | None = None

    def heard(self, text: str, at: float) -> None:
        """What was played into the microphone (the demo knows; the speaker doesn't)."""
        self._line(at, "", Text(f"“{text}”", style="bold"), "🗣 ")

    def show(self, event: Event) -> None:
        """One event as a line; events that tell a person nothing are left out."""
        told = self._tell(event)
        if told is not None:
            self._line(event["at"], *told)

    def _line(self, at: float, label: str, text: Text | str, mark: str = "  ") -> None:
        self.began = at if self.began is None else self.began
        line = Text(f"{at - self.began:7.2f} s  ", style="dim")
        line.append(mark)
        line.append(f"{label:<11}" if label else "", style="cyan")
        line.append(text if isinstance(text, Text) else Text(text))
        self.console.print(line)

    def _tell(self, event: Event) -> tuple[str, str | Text] | None:
        match event["event"]:
            case "hello":
                return "ears", "are listening"
            case "woke":
                return "woke", self._cause(event)
            case "command":
                return "understood", self.request(event["request"])
            case "did":
                return "did", str(event["reply"]).replace("_", " ")
            case "refused":
                return "refused", Text(str(event["why"]), style="yellow")
            case "said":
                return "said", Text(f"“{event['text']}”", style="green")
            case "rang":
                return "rings", Text(f"{event['kind']} {event['id']}", style="magenta")
            case "quieted":
                return "quiet", f"{event['kind']} {event['id']}, by {event['by']}"
            case "ended":
                return "forgot", self._ended(event)
            case "fault":
                return "fault", Text(FaultCode.in_words(event["code"]), style="red")
            case "gap" | "parted":
                facts = {k: v for k, v in event.items() if k not in ("event", "at")}
                return event["event"], Text(str(facts), style="red")
        return None

    def _cause(self, event: Event) -> str:
        special = {BUTTON: "the button", FOLLOW_UP: "an answer", STOP_WORD: "the stop word"}
        cause = event["cause"]
        if cause in special:
            return special[cause]
        word = self.words[cause] if cause < len(self.words) else f"word {cause}"
        return f"{word.replace('_', ' ')}, score {event['score'] + 1}/16"

    def request(self, request: Event) -> str:
        """An intent and its slots in words."""
        intent = request["intent"]
        name = Intent(intent).name.lower() if intent < FIRST_USER_INTENT else f"own {intent}"
        slots = [f"{Slot(s).name.lower()}={self._value(Slot(s), v)}" for s, v in request["slots"]]
        return "  ".join([name.replace("_", " "), *slots])

    def _value(self, slot: Slot, value: int) -> str:
        if slot in _NAMED:
            found = self.names.get(value)
            return found.text if found else str(value)
        if slot in (Slot.TIME, Slot.TIME12):
            return f"{value // 60}:{value % 60:02}"
        if slot is Slot.COLOR:
            return Color(value).name.lower()
        if slot is Slot.KIND:
            return Kind(value).name.lower()
        units = {Slot.DURATION: " s", Slot.PERCENT: " %"}
        return f"{value / 10:g}°" if slot is Slot.DEGREES else f"{value}{units.get(slot, '')}"

    @staticmethod
    def _ended(event: Event) -> str:
        outcome = Outcome(event["outcome"]).name.lower().replace("_", " ")
        taken = event["tenths"] / 10
        return f"{taken:.1f} s of sound taken in ({outcome})" if taken else outcome
