"""A request in words, made of its ids: for watchers, and for the ledger if its owner keeps texts.

It is what was understood, never what was heard.
"""

from __future__ import annotations

from collections.abc import Callable

from device.data.ledgerreader import intent_name
from device.mind.types import FIRST_USER_INTENT, Color, Kind, Request, Slot
from device.names import NameTable

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TOMORROW = 128


def describe(request: Request, names: NameTable) -> str:
    """ "timer set: 5:00, pasta" """
    what = intent_name(request.intent)
    if request.intent >= FIRST_USER_INTENT and (own := names.get(request.intent)) is not None:
        what = own.text
    values = [_value(slot, value, names) for slot, value in request.slots]
    return f"{what}: {', '.join(values)}" if values else what


def _value(slot: Slot, value: int, names: NameTable) -> str:
    if slot in PLAIN:
        return PLAIN[slot](value)
    known = names.get(value)
    return f"name {value}" if known is None else known.text


def _member(kind: type[Color] | type[Kind], value: int) -> str:
    known = {int(m): m.name for m in kind}
    return known.get(value, str(value)).replace("_", " ").lower()


def _days(bits: int) -> str:
    if bits & TOMORROW:
        return "tomorrow"
    if bits & 127 == 127:
        return "every day"
    return " ".join(day for i, day in enumerate(DAYS) if bits >> i & 1)


def duration(seconds: float) -> str:
    """A length of time as people write it: 0:05, 5:00, 1:30:00."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


PLAIN: dict[Slot, Callable[[int], str]] = {
    Slot.DURATION: duration,
    Slot.TIME: _clock,
    Slot.TIME12: _clock,
    Slot.DAYS: _days,
    Slot.PERCENT: "{} %".format,
    Slot.NUMBER: str,
    Slot.DEGREES: lambda tenths: f"{tenths / 10:g}°",
    Slot.COLOR: lambda value: _member(Color, value),
    Slot.KIND: lambda value: _member(Kind, value),
    Slot.HERE: lambda _: "here",
    Slot.ALL: lambda _: "all",
}
"""Slots that hold a number; the others hold the id of a name."""
