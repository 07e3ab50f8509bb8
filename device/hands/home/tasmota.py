"""Tasmota's own discovery, as entities like those of Home Assistant's.

A device tells its relays, its names and the form of its topics in one retained message
`tasmota/discovery/<MAC>/config`, its sensors in another, `.../sensors`
(https://tasmota.github.io/docs/Home-Assistant and its `discovery` messages). Orders and states go
by `cmnd/<topic>/POWER1` and the like, in the form that the device uses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from device.hands.home.announcements import Entity

PREFIX = "tasmota/discovery"
_RELAY, _LIGHT = 1, 2
MOST_RELAYS = 32


def entities(announced: Mapping[str, bytes]) -> Iterator[Entity]:
    """The entities in Tasmota's discovery messages (topic -> payload)."""
    for topic in sorted(announced):
        if not topic.startswith(f"{PREFIX}/") or not topic.endswith("/config"):
            continue
        told = _table(announced[topic])
        sensors = _table(announced.get(topic.removesuffix("config") + "sensors", b"{}"))
        try:
            yield from _relays(told)
            yield from _thermometer(told, sensors)
        except (KeyError, TypeError, IndexError, ValueError, AttributeError):
            continue


def _table(payload: bytes) -> dict[str, object]:
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _topic(told: Mapping[str, object], which: int, what: str) -> str:
    """A topic of the device: which = 0 for orders, 1 for answers, 2 for what it tells itself."""
    prefixes, full = told["tp"], str(told["ft"])
    assert isinstance(prefixes, list)
    form = full.replace("%prefix%", str(prefixes[which])).replace("%topic%", str(told["t"]))
    return form.replace("%hostname%", str(told.get("hn", ""))).rstrip("/") + f"/{what}"


def _about(told: Mapping[str, object]) -> dict[str, object]:
    return {"identifiers": str(told["mac"]), "name": told.get("dn"), "model": told.get("md")}


def _relays(told: Mapping[str, object]) -> Iterator[Entity]:
    kinds, names, words = told.get("rl"), told.get("fn"), told.get("state")
    if not isinstance(kinds, list) or not isinstance(words, list):
        return
    there = [at for at, kind in enumerate(kinds[:MOST_RELAYS]) if kind in (_RELAY, _LIGHT)]
    options = told.get("so")
    as_lights = isinstance(options, dict) and str(options.get("30")) == "1"
    for at in there:
        light = kinds[at] == _LIGHT or as_lights
        number = "" if len(there) == 1 else str(at + 1)
        name = names[at] if isinstance(names, list) and at < len(names) else None
        entity: dict[str, object] = {
            "name": None if len(there) == 1 else name or f"Relay {at + 1}",
            "command_topic": _topic(told, 0, f"POWER{number}"),
            "state_topic": _topic(told, 1, f"POWER{number}"),
            "payload_off": str(words[0]),
            "payload_on": str(words[1]),
            "unique_id": f"{told['mac']}_{at}",
        }
        if kinds[at] == _LIGHT:
            entity |= _dims(told)
        about = _about(told)
        if len(there) == 1 and name:
            about["name"] = name
        yield Entity("light" if light else "switch", str(entity["unique_id"]), entity, about)


def _dims(told: Mapping[str, object]) -> dict[str, object]:
    """Brightness and colour by the light's subtype: 1 dims, 2 white, 3 and more colours."""
    subtype = told.get("lt_st", 0)
    made: dict[str, object] = {}
    if isinstance(subtype, int) and subtype >= 1:
        made |= {"brightness_command_topic": _topic(told, 0, "Dimmer"), "brightness_scale": 100}
        made |= {"on_command_type": "brightness"}
    if isinstance(subtype, int) and subtype >= 3:
        made |= {"rgb_command_topic": _topic(told, 0, "Color2")}
    return made


def _thermometer(told: Mapping[str, object], sensors: Mapping[str, object]) -> Iterator[Entity]:
    tables = sensors.get("sn")
    if not isinstance(tables, dict):
        return
    unit = "°F" if tables.get("TempUnit") == "F" else "°C"
    for name, values in tables.items():
        if isinstance(values, dict) and "Temperature" in values and name != "ESP32":
            entity: dict[str, object] = {
                "name": None,
                "device_class": "temperature",
                "unit_of_measurement": unit,
                "state_topic": _topic(told, 2, "SENSOR"),
                "value_template": f'{{{{ value_json["{name}"]["Temperature"] }}}}',
                "unique_id": f"{told['mac']}_{name}",
            }
            yield Entity("sensor", str(entity["unique_id"]), entity, _about(told))
