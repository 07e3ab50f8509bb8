"""What an announced entity is called, so that it can be said and means only that entity.

Home Assistant puts the names of device and entity together; people don't. The main entity of a
thing bears the thing's name. A node that bears several things (ESPHome, relays of Shelly) gives
each a name of its own, and that is what people say. A gang is called by both names.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from device.hands.home.announcements import Entity
from device.hands.home.fields import Unfit
from device.hands.voice.hostile import printable

LONGEST = 60
"""Characters of a name."""
_ADDRESS = re.compile(
    r"\b(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)[0-9a-f]{6,}|[0-9a-f]{12,})\b", re.IGNORECASE
)
_MAC = re.compile(r"\[[0-9a-f]{6,12}\]|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", re.IGNORECASE)
_THINGS = frozenset(
    {
        *("light", "lamp", "switch", "relay", "outlet", "output", "socket", "plug", "channel"),
        *("gang", "button", "fan", "cover", "blind", "curtain", "lock", "thermostat", "climate"),
        *("temperature", "sensor", "power", "state", "name", "endpoint"),
    }
)
_PLACES = frozenset(
    {
        *("left", "right", "top", "bottom", "center", "centre", "middle", "upper", "lower", "up"),
        *("down", "first", "second", "third", "one", "two", "three", "four", "main"),
    }
)
"""Words that name nothing by themselves: "Left" is the left one of something."""
_NO_ROOM = re.compile(
    r"device|chip|cpu|internal|water|soil|external|probe|outside|outdoor|floor|target|board|"
    r"processor|fridge|freezer|oven|dew|feels|chill|humidex|apparent|index|boiler|flow|return",
    re.IGNORECASE,
)
"""Names of thermometers that don't tell how warm a room is."""


@dataclass(frozen=True)
class Called:
    """An entity and its names, before it is known whether something else is called so."""

    entity: Entity
    name: str
    full: str
    """Device and entity together, as Home Assistant calls it."""
    also: tuple[str, ...] = ()
    room: str = ""
    of_room: bool = False
    """A thermometer that tells how warm its room is."""


def call(group: list[Entity]) -> Iterator[Called]:
    """The names of the entities of one device, main entities first."""
    device = next((_plain(e.about.get("name")) for e in group if _plain(e.about.get("name"))), "")
    area = next((_plain(e.about.get("suggested_area")) for e in group), "")
    node = all(_own(e, device) for e in group if e.component != "sensor")
    node = node and all(e.origin != "Zigbee2MQTT" for e in group)
    top = group[0].component if group else ""
    count = Counter((e.component, bool(_own(e, device))) for e in group)
    for entity in group:
        own = _own(entity, device)
        alone = count[entity.component, True] + count[entity.component, False] == 1
        only = entity.component == top and (alone or (not own and count[top, False] == 1))
        say_own = node and (top != "climate" or entity is group[0])
        room = _sayable_room(area)
        yield dataclasses.replace(_one(entity, device, own, say_own, only), room=room)


def _one(entity: Entity, device: str, own: str, say_own: bool, only: bool) -> Called:
    sensor = entity.component == "sensor"
    of_room = sensor and not _NO_ROOM.search(own)
    if sensor and not own and not only:
        own = "Temperature"
    full = f"{device} {own}".strip() if own else device
    if not own or (only and device and _generic(own)):
        also = (full,) if full != device else ()
        return Called(entity, device or own, full, also, of_room=of_room)
    if say_own and not _generic(own) and not sensor:
        return Called(entity, own, full, (full,), of_room=of_room)
    return Called(entity, full, full, (), of_room=of_room)


def _own(entity: Entity, device: str) -> str:
    """The entity's own name, without its device's; empty if it bears its device's."""
    own = _plain(entity.told.get("name"))
    if "name" not in entity.told and entity.component == "sensor":
        # its id names it, after its device: sensor.<device>_external_temperature
        own = _plain(entity.told.get("object_id")).capitalize()
    if device and own.lower().startswith(device.lower()):
        rest = own[len(device) :]
        own = rest.strip(" -:/,.") if not rest[:1].isalnum() else own
    return "" if entity.component == "sensor" and own.lower() == "temperature" else own


def _generic(name: str) -> bool:
    """Whether a name says nothing without its device's."""
    words = [word for word in re.findall(r"[^\W\d_]+", name.lower()) if len(word) > 2]
    things = sum(word in _THINGS for word in words)
    return things <= 1 and all(word in _THINGS or word in _PLACES for word in words)


def _plain(name: object) -> str:
    """A name as it can be shown, without addresses."""
    if not isinstance(name, str):
        return ""
    text = printable(_MAC.sub(" ", name.replace("_", " ")))
    short = " ".join(_ADDRESS.sub(" ", text).split())
    return short if any(c.isalpha() for c in short) else text


def sayable(name: str) -> str:
    """`name` if it can be said. Raises Unfit."""
    if not name:
        raise Unfit("it has no name")
    if len(name) > LONGEST:
        raise Unfit("its name is too long to be said")
    letters = [c for c in name if c.isalpha()]
    if not letters or _ADDRESS.fullmatch(name):
        raise Unfit("its name is an address: give it one that can be said")
    if any("LATIN" not in unicodedata.name(c, "") for c in letters):
        raise Unfit("its name has letters that this language doesn't have")
    return name


def _sayable_room(area: str) -> str:
    try:
        return sayable(area)
    except Unfit:
        return ""
