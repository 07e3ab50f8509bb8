"""Devices that announced themselves to Home Assistant over MQTT, as settings of this speaker.

zigbee2mqtt, ESPHome and their like say there what they are called and which topics they have
(https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery). Only what fits is taken: names
that can be said, plain topics, values that are read without a template language.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping

from device.config import Device, Room
from device.hands.voice.hostile import printable

MOST = 200
"""Devices; a broker that announces more has lost its way."""
_KINDS = {"switch": "switch", "light": "light", "fan": "fan", "lock": "lock", "scene": "scene",
          "climate": "climate", "vacuum": "vacuum", "button": "script", "cover": "cover",
          "sensor": "sensor"}  # fmt: skip
_COVERS = {"awning", "blind", "curtain", "door", "garage", "gate", "shade", "shutter", "window"}
_LONG = {"cmd_t": "command_topic", "stat_t": "state_topic", "bri_cmd_t": "brightness_command_topic",
         "bri_scl": "brightness_scale", "rgb_cmd_t": "rgb_command_topic", "pl_on": "payload_on",
         "pl_off": "payload_off", "pl_open": "payload_open", "pl_cls": "payload_close",
         "pl_lock": "payload_lock", "pl_unlk": "payload_unlock", "val_tpl": "value_template",
         "dev": "device", "dev_cla": "device_class", "unit_of_meas": "unit_of_measurement",
         "temp_cmd_t": "temperature_command_topic", "temp_stat_t": "temperature_state_topic",
         "curr_temp_t": "current_temperature_topic", "sa": "suggested_area",
         "pl_prs": "payload_press"}  # fmt: skip
"""Home Assistant's abbreviations of the keys that are looked at."""
_FIELDS = {"command_topic": "command_topic", "state_topic": "state_topic",
           "brightness_command_topic": "brightness_topic", "rgb_command_topic": "rgb_topic",
           "temperature_command_topic": "temperature_topic",
           "temperature_state_topic": "target_topic", "current_temperature_topic": "current_topic",
           "payload_on": "on", "payload_off": "off", "payload_press": "on", "payload_open": "open",
           "payload_close": "close", "payload_lock": "lock", "payload_unlock": "unlock",
           "state_open": "is_open", "state_closed": "is_closed", "state_locked": "is_locked",
           "state_unlocked": "is_unlocked", "payload_start": "start"}  # fmt: skip
_PLAIN_TEMPLATE = re.compile(r"\{\{\s*value_json\.([A-Za-z0-9_.]+)\s*\}\}")
_NAME = re.compile(r"[^\W\d_][\w' -]{1,40}")


def devices(announced: Mapping[str, bytes]) -> tuple[Device, ...]:
    """The devices in discovery messages (topic -> payload) that can be named and told something,
    sorted by name, each name once, at most MOST.
    """
    found: dict[str, Device] = {}
    for topic in sorted(announced):
        device = _device(topic, announced[topic])
        if device is not None and len(found) < MOST:
            found.setdefault(device.name.lower(), device)
    return tuple(found[name] for name in sorted(found))


def rooms(found: Iterable[Device]) -> tuple[Room, ...]:
    """The rooms that these devices are in."""
    return tuple(Room(name) for name in sorted({d.room for d in found if d.room}))


def _device(topic: str, payload: bytes) -> Device | None:
    parts = topic.split("/")
    kind = _KINDS.get(parts[1]) if len(parts) in (4, 5) and parts[-1] == "config" else None
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if kind is None or not isinstance(told, dict):
        return None
    told = _plain(told)
    kind = _cover(told) if kind == "cover" else kind
    about = told.get("device")
    about = _plain(about) if isinstance(about, dict) else {}
    name = _name(about.get("name"), told.get("name"))
    if name is None or (kind == "sensor" and told.get("device_class") != "temperature"):
        return None
    settings: dict[str, object] = {
        ours: told[theirs]
        for theirs, ours in _FIELDS.items()
        if isinstance(told.get(theirs), str) and _fits(theirs, str(told[theirs]))
    }
    if told.get("schema") == "json":
        settings["style"] = "json"
    scale = told.get("brightness_scale")
    if type(scale) is int and 1 <= scale <= 65535:
        settings["brightness_scale"] = scale
    room = _name(about.get("suggested_area"), None)
    made = Device(name=name, kind=kind, room=room or "", **settings)  # type: ignore[arg-type]
    return _with_value(made, told)


def _plain(told: Mapping[str, object]) -> dict[str, object]:
    """Keys in full, and `~` in topics replaced by the base topic."""
    base = told.get("~")
    full = {_LONG.get(key, key): value for key, value in told.items()}
    if not isinstance(base, str):
        return full
    return {
        key: re.sub(r"^~|~$", lambda _: base, value) if isinstance(value, str) else value
        for key, value in full.items()
    }


def _with_value(device: Device, told: Mapping[str, object]) -> Device | None:
    """The device with the JSON key of its state; without its state if that needs a template."""
    template = told.get("value_template")
    if isinstance(template, str):
        plain = _PLAIN_TEMPLATE.fullmatch(template.strip())
        if plain:
            device = dataclasses.replace(device, state_key=plain[1])
        else:
            device = dataclasses.replace(device, state_topic="")
    if device.kind == "sensor":
        device = dataclasses.replace(device, measures="temperature")
    return device if device.command_topic or device.state_topic else None


def _cover(told: Mapping[str, object]) -> str:
    kind = told.get("device_class")
    return kind if isinstance(kind, str) and kind in _COVERS else "cover"


def _name(first: object, then: object) -> str | None:
    """The first of two names that can be said."""
    for name in (first, then):
        if isinstance(name, str) and _NAME.fullmatch(printable(name)):
            return printable(name)
    return None


def _fits(key: str, value: str) -> bool:
    """Topics that are topics, words that are words."""
    if key.endswith("_topic"):
        return 0 < len(value) <= 200 and not set(value) & set("+#\0\n") and value.isprintable()
    return 0 < len(value) <= 60 and value.isprintable()
