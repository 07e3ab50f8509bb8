"""What Home Assistant's owner exposed to Assist, as settings of this speaker.

Entities with their names, aliases, areas and floors, over its WebSocket API: the registries, the
list of what is exposed, and the states, from which the kind of a lamp or a blind is read. What
isn't exposed there is not learnt here: the owner decides it in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from device.config import Device, Floor, Room
from device.hands.home.calling import sayable
from device.hands.home.features import cannot, useless
from device.hands.home.fields import Unfit
from device.hands.home.services import SCHEME
from device.hands.voice.hostile import printable

MOST = 500
"""Entities; whoever exposes more is heard to say each of them worse."""
_KINDS: Mapping[str, str] = {
    "light": "light", "switch": "switch", "input_boolean": "switch", "siren": "switch",
    "humidifier": "switch", "remote": "switch", "fan": "fan", "media_player": "media_player",
    "lock": "lock", "climate": "climate", "water_heater": "climate", "vacuum": "vacuum",
    "scene": "scene", "script": "script", "button": "script", "input_button": "script",
    "weather": "weather", "cover": "cover", "valve": "cover", "sensor": "sensor",
}  # fmt: skip
_COVERS = {"awning", "blind", "curtain", "door", "garage", "gate", "shade", "shutter", "window"}
_COLORED = {"hs", "rgb", "xy", "rgbw", "rgbww"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Exposed:
    """What was found."""

    floors: tuple[Floor, ...] = ()
    rooms: tuple[Room, ...] = ()
    devices: tuple[Device, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    """(name, why)."""


async def learn(ask: Callable[..., Any]) -> Exposed:
    """Everything exposed to Assist. `ask` awaits the result of a command of the WebSocket API
    (type, and its fields by name). Raises what `ask` raises.
    """
    exposed = _table(await ask("homeassistant/expose_entity/list")).get("exposed_entities")
    wanted = [
        name
        for name, to in sorted(_table(exposed).items())
        if _table(to).get("conversation") is True
    ]
    states = _by("entity_id", await ask("get_states"))
    entries = _table(await ask("config/entity_registry/get_entries", entity_ids=wanted))
    devices = _by("id", await ask("config/device_registry/list"))
    areas = _by("area_id", await ask("config/area_registry/list"))
    floors = _by("floor_id", await ask("config/floor_registry/list"))
    unit = _table(_table(await ask("get_config")).get("unit_system")).get("temperature")
    found: list[Device] = []
    left: list[tuple[str, str]] = []
    for name in wanted:
        state, entry = _table(states.get(name)), _table(entries.get(name))
        area = _table(areas.get(str(entry.get("area_id") or _area(devices, entry))))
        try:
            found.append(_device(name, state, entry, area, "F" if unit == "°F" else "C"))
        except Unfit as why:
            left.append((_name(state, entry) or name, str(why)))
    left += [(device.name, f"there are more than {MOST}") for device in found[MOST:]]
    rooms = _rooms(areas.values(), floors)
    levels = tuple(Floor(_said(row), _aliases(row)) for row in floors.values() if _said(row))
    return Exposed(levels, rooms, tuple(found[:MOST]), tuple(left))


def _device(name: str, state: Row, entry: Row, area: Row, unit: str) -> Device:
    domain = name.partition(".")[0]
    kind = _KINDS.get(domain)
    if kind is None:
        raise Unfit(f"the speaker knows nothing that a {domain.replace('_', ' ')} is told")
    about = _table(state.get("attributes"))
    topic = SCHEME + name
    settings: dict[str, Any] = {"is_on": "on", "is_off": "off"}
    match kind:
        case "light":
            modes = about.get("supported_color_modes")
            told = {m for m in modes if isinstance(m, str)} if isinstance(modes, list) else set()
            settings |= {
                "dimmable": bool(told - {"onoff", "unknown"}),
                "color": "rgb" if told & _COLORED else "none",
                "brightness_state_topic": topic,
            }
        case "cover":
            told_class = about.get("device_class")
            kind = told_class if isinstance(told_class, str) and told_class in _COVERS else "cover"
        case "lock" if about.get("code_format"):
            raise Unfit("it asks for a code")
        case "lock":
            settings |= {"is_locked": "locked", "is_unlocked": "unlocked"}
        case "climate":
            settings |= {"current_topic": topic, "current_key": "current_temperature"}
            settings |= {"target_topic": topic, "temperature_unit": unit}
            settings |= _limits(about)
        case "weather":
            settings |= {"current_topic": topic, "current_key": "temperature"}
            settings |= {"temperature_unit": unit}
        case "sensor":
            settings |= _sensor(about)
        case _:
            pass
    if useless(domain, about):
        raise Unfit("it takes no orders")
    settings["cannot"] = tuple(action.name.lower() for action in cannot(domain, about))
    said = sayable(_name(state, entry))
    return Device(said, _aliases(entry), kind, _said(area), "homeassistant", name, **settings)


def _limits(about: Row) -> dict[str, float]:
    given = {"lowest": about.get("min_temp"), "highest": about.get("max_temp")}
    return {k: float(v) for k, v in given.items() if isinstance(v, (int, float))}


def _sensor(about: Row) -> dict[str, Any]:
    unit = about.get("unit_of_measurement")
    told = printable(unit) if isinstance(unit, str) else ""
    if about.get("device_class") == "temperature":
        return {"measures": "temperature", "temperature_unit": "F" if "F" in told else "C"}
    return {"unit": told}


def _area(devices: Mapping[str, Row], entry: Row) -> object:
    return _table(devices.get(str(entry.get("device_id")))).get("area_id")


def _rooms(areas: Iterable[Row], floors: Mapping[str, Row]) -> tuple[Room, ...]:
    return tuple(
        Room(_said(row), _aliases(row), _said(_table(floors.get(str(row.get("floor_id"))))))
        for row in areas
        if _said(row)
    )


def _name(state: Row, entry: Row) -> str:
    """What the owner calls an entity, else what Home Assistant does."""
    for name in (entry.get("name"), _table(state.get("attributes")).get("friendly_name")):
        if isinstance(name, str) and printable(name):
            return printable(name)
    return ""


def _said(row: Row) -> str:
    """The name of an area or a floor, if it can be said."""
    name = row.get("name")
    try:
        return sayable(printable(name)) if isinstance(name, str) else ""
    except Unfit:
        return ""


def _aliases(row: Row) -> tuple[str, ...]:
    told = row.get("aliases")
    said = (_said({"name": name}) for name in (told if isinstance(told, list) else []))
    return tuple(alias for alias in said if alias)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _by(key: str, value: object) -> dict[str, dict[str, Any]]:
    """The rows of a list by the text that each has at `key`; rows without are left out."""
    rows = value if isinstance(value, list) else []
    named = (row for row in rows if isinstance(row, dict))
    return {row[key]: row for row in named if isinstance(row.get(key), str)}
