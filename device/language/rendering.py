"""A request as a line of plain text, for people who check what was understood."""

from __future__ import annotations

from typing import Protocol

from device.mind.types import Color, Intent, Kind, Request, Slot

_ENUMS: dict[Slot, type[Color] | type[Kind]] = {Slot.COLOR: Color, Slot.KIND: Kind}
NAMED = frozenset({
    Slot.DEVICE, Slot.AREA, Slot.FLOOR, Slot.TIMER_NAME, Slot.LIST, Slot.ITEM, Slot.PLAYLIST,
    Slot.ARTIST, Slot.STATION, Slot.SPEAKER, Slot.ANNOUNCEMENT,
})  # fmt: skip
"""Slots that hold an id of the table of names."""


class Named(Protocol):
    """A name of the table."""

    @property
    def text(self) -> str: ...
    @property
    def key(self) -> str: ...


class Names(Protocol):
    """The table of names, as far as it is needed here."""

    def get(self, number: int) -> Named | None: ...


def rendered(request: Request | None, names: Names) -> str:
    """`TURN_ON area="Kitchen" kind=light`, slots by their names; `-` for no request.

    A number that is not in the table of names stands as #number.
    """
    if request is None:
        return "-"
    known = request.intent in Intent.__members__.values()
    command = None if known else names.get(request.intent)
    if known:
        words = [Intent(request.intent).name]
    else:
        words = [command.key if command else f"#{request.intent}"]
    for slot, value in sorted(request.slots, key=lambda pair: pair[0].name):
        words.append(f"{slot.name.lower()}={_value(slot, value, names)}")
    return " ".join(words)


def _value(slot: Slot, value: int, names: Names) -> str:
    if slot in _ENUMS:
        return _ENUMS[slot](value).name.lower()
    if slot in NAMED:
        name = names.get(value)
        return f'"{name.text}"' if name else f"#{value}"
    return str(value)
