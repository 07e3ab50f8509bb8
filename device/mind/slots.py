"""What may be in a slot: the range of a number, or the kind of name that an id must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from device.mind.types import Slot

DAY: Final = 24 * 3600
RANGES: Final[Mapping[Slot, tuple[int, int]]] = {
    Slot.DURATION: (1, 7 * DAY),
    Slot.TIME: (0, 1439),
    Slot.TIME12: (0, 719),
    Slot.DAYS: (1, 255),
    Slot.PERCENT: (0, 100),
    Slot.NUMBER: (0, 1_000_000),
    Slot.DEGREES: (-500, 1000),
    Slot.HERE: (1, 1),
    Slot.ALL: (1, 1),
}
NAMES: Final[Mapping[Slot, str]] = {
    Slot.DEVICE: "device",
    Slot.AREA: "area",
    Slot.FLOOR: "floor",
    Slot.TIMER_NAME: "timer",
    Slot.LIST: "list",
    Slot.ITEM: "item",
    Slot.PLAYLIST: "playlist",
    Slot.ARTIST: "artist",
    Slot.STATION: "station",
    Slot.SPEAKER: "speaker",
    Slot.ANNOUNCEMENT: "announcement",
}
