"""What the words on a path add up to."""

from __future__ import annotations

from dataclasses import dataclass

from device.language.automaton import Meaning, Tag
from device.mind.types import Request, Slot

_HALF_DAY, _DAY = 720, 1440


@dataclass(frozen=True)
class Match:
    """A request and what it cost to find it in what was heard."""

    request: Request
    cost: float
    rank: int
    words: tuple[str, ...]
    """The sentence it was taken for."""


def add(held: Tag, tag: Tag) -> Tag:
    """The slots `held` with what `tag` adds to them."""
    if not tag:
        return held
    sums = dict(held)
    for slot, value in tag:
        sums[slot] = sums.get(slot, 0) + value
    return tuple(sorted(sums.items()))


def request(meaning: Meaning, held: Tag) -> Request:
    """The request of a finished sentence.

    A time on the twelve-hour clock with "in the evening" (which adds 720 to TIME) is a time of
    day; "a quarter to twelve" comes as -15 and is brought back into the day.
    """
    slots = dict(add(meaning.slots, held))
    if Slot.TIME in slots:
        slots[Slot.TIME] = (slots[Slot.TIME] + slots.pop(Slot.TIME12, 0) % _HALF_DAY) % _DAY
    elif Slot.TIME12 in slots:
        slots[Slot.TIME12] %= _HALF_DAY
    return Request(meaning.intent, tuple(sorted(slots.items())))
