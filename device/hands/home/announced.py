"""Devices that announced themselves to Home Assistant over MQTT, as settings of this speaker.

A device is learnt as what it is, or not at all. Its main entities come first: what it is called
means its thermostat, blind, lamp, lock, fan or switch, never a child lock, a restart or a blink to
identify it. Settings and diagnostics (`entity_category`), and what Home Assistant itself hides
(`enabled_by_default`), are passed over; whatever else can't be learnt is listed with the reason.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from device.config import Device, Room
from device.hands.home import tasmota
from device.hands.home.adopted import settings_of
from device.hands.home.announcements import Entity, entities
from device.hands.home.calling import Called, call, sayable
from device.hands.home.fields import Unfit

MOST = 500
"""Devices; a broker that announces more has lost its way."""
_MAIN = ("climate", "cover", "light", "lock", "fan", "switch", "vacuum", "scene", "button")
"""Main entities of a device, in the order in which its name means them."""
_OTHERS = {"siren", "valve", "humidifier", "water_heater", "lawn_mower", "alarm_control_panel"}
"""Things that people would name, and that the speaker knows no orders for."""
_SIDE_BUTTONS = {"identify", "restart", "update"}
_SIDE = re.compile(
    r"child.?lock|button.?lock|identify|restart|reboot|reset|calibrat|firmware|self.?test",
    re.IGNORECASE,
)
"""Names of switches, locks and buttons that are settings of a device, announced as if they were
not."""


@dataclass(frozen=True)
class Learnt:
    """What announcements came to."""

    devices: tuple[Device, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """(name or topic, why) of what a person would name and can't be learnt."""
    passed_over: int = 0
    """Settings, diagnostics and measurements of devices."""


def devices(announced: Mapping[str, bytes]) -> tuple[Device, ...]:
    """The devices in discovery messages (topic -> payload): see `learn`."""
    return learn(announced).devices


def learn(announced: Mapping[str, bytes]) -> Learnt:
    """The devices in discovery messages (topic -> payload) that can be named and told or asked
    something, sorted by name, at most MOST; and what became of the rest.
    """
    found = [*entities(announced), *tasmota.entities(announced)]
    kept = [entity for entity in found if not _is_side(entity)]
    named = [one for group in _devices(kept) for one in call(_main(group))]
    made, left = _made(_told_apart(named))
    made.sort(key=lambda device: (device.name.lower(), device.kind, device.room))
    left += [(device.name, f"there are more than {MOST} devices") for device in made[MOST:]]
    return Learnt(tuple(made[:MOST]), tuple(sorted(set(left))), len(found) - len(kept))


def rooms(found: Iterable[Device]) -> tuple[Room, ...]:
    """The rooms that these devices are in."""
    return tuple(Room(name) for name in sorted({d.room for d in found if d.room}))


def _devices(found: list[Entity]) -> Iterable[list[Entity]]:
    """Entities by device: what it is called counts too, and who tells no name belongs to the
    device whose identifiers they tell.
    """
    names: dict[str, str] = {}
    for entity in found:
        name = entity.about.get("name")
        if isinstance(name, str) and name:
            names.setdefault(entity.device, name)
    groups: dict[tuple[str, str], list[Entity]] = defaultdict(list)
    for entity in found:
        ident = entity.device
        groups[ident, str(entity.about.get("name") or names.get(ident, ""))].append(entity)
    return groups.values()


def _is_side(entity: Entity) -> bool:
    """Whether nobody means this entity by a name."""
    component = entity.component
    if entity.text("entity_category") or not entity.yes("enabled_by_default", True):
        return True
    if component == "sensor":
        return entity.text("device_class") != "temperature"
    if component == "button" and entity.text("device_class") in _SIDE_BUTTONS:
        return True
    if component in ("button", "switch", "lock") and _SIDE.search(entity.text("name")):
        return True
    return component not in _MAIN and component not in _OTHERS


def _main(group: list[Entity]) -> list[Entity]:
    """The entities of one device, the main ones first."""
    order = {component: at for at, component in enumerate(_MAIN)}
    return sorted(group, key=lambda entity: (order.get(entity.component, len(order)), entity.id))


def _told_apart(named: list[Called]) -> Iterator[Called]:
    """Names short enough to be said, as long as nothing else is called so."""
    count = Counter(name.lower() for one in named for name in {one.name, *one.also})
    for one in named:
        short = one.name if count[one.name.lower()] == 1 or not one.full else one.full
        also = {name for name in (*one.also, one.full) if name and count[name.lower()] == 1}
        yield dataclasses.replace(one, name=short, also=tuple(sorted(also - {short})))


def _made(named: Iterable[Called]) -> tuple[list[Device], list[tuple[str, str]]]:
    made: list[Device] = []
    left: list[tuple[str, str]] = []
    for one in named:
        try:
            name = sayable(one.name)
            settings = settings_of(one.entity)
        except Unfit as why:
            left.append((one.name or one.entity.id[:60], str(why)))
            continue
        if settings["kind"] == "sensor" and not one.of_room:
            settings["measures"] = ""
        made.append(
            Device(name=name, spoken=one.also, room=one.room, **settings)  # type: ignore[arg-type]
        )
    return made, left
