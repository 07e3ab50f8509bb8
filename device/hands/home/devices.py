"""What a device of the home is told and what it tells: settings -> topics and payloads.

Pure: nothing here talks to a broker. The topics and payloads are those of Home Assistant's MQTT
integrations (https://www.home-assistant.io/integrations/mqtt), of zigbee2mqtt and of Tasmota.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from device.config import Device
from device.hands.home import services
from device.hands.home.actions import Action
from device.hands.home.colors import RGB, hs, xy
from device.hands.home.templatewords import BadTemplate
from device.mind.types import Kind


@dataclass(frozen=True, slots=True)
class Order:
    """One message to the broker."""

    topic: str
    payload: str


class Unwilling(Exception):
    """What was ordered is refused by what was to do it."""


COVERS = frozenset(kind for kind in Kind if kind >= Kind.COVER)
SWITCHED = frozenset({Kind.LIGHT, Kind.SWITCH, Kind.FAN, Kind.MEDIA_PLAYER})
_CAN: Mapping[Action, frozenset[Kind]] = {
    Action.ON: SWITCHED | {Kind.CLIMATE},
    Action.OFF: SWITCHED | {Kind.VACUUM, Kind.CLIMATE},
    Action.OPEN: COVERS,
    Action.CLOSE: COVERS,
    Action.LOCK: frozenset({Kind.LOCK}),
    Action.UNLOCK: frozenset({Kind.LOCK}),
    Action.START: frozenset({Kind.VACUUM}),
    Action.RUN: frozenset({Kind.SCENE, Kind.SCRIPT}),
    Action.BRIGHTNESS: frozenset({Kind.LIGHT}),
    Action.COLOR: frozenset({Kind.LIGHT}),
    Action.TEMPERATURE: frozenset({Kind.CLIMATE}),
    **dict.fromkeys(
        (Action.PLAY, Action.PAUSE, Action.STOP, Action.NEXT, Action.PREVIOUS),
        frozenset({Kind.MEDIA_PLAYER, Kind.VACUUM}),
    ),
}


def kind_of(device: Device) -> Kind:
    """The device's kind as a member of `Kind`."""
    return Kind[device.kind.upper()]


def command_topic(device: Device) -> str:
    """Where plain orders go; empty if nowhere."""
    if device.command_topic:
        return device.command_topic
    made = {"zigbee2mqtt": f"{device.topic}/set", "tasmota": f"cmnd/{device.topic}/POWER"}
    return made.get(device.style, "") if device.topic else ""


def state_topic(device: Device) -> str:
    """Where the state comes from; empty if nowhere."""
    if device.state_topic:
        return device.state_topic
    made = {
        "homeassistant": services.SCHEME + device.topic,
        "zigbee2mqtt": device.topic,
        "tasmota": f"stat/{device.topic}/POWER",
    }
    return made.get(device.style, "") if device.topic else ""


def topics(device: Device) -> frozenset[str]:
    """All topics that tell of the device."""
    told = (state_topic(device), device.target_topic, device.current_topic)
    return frozenset(t for t in (*told, device.brightness_state_topic) if t)


def orders(device: Device, action: Action, value: int = 0, unit: str = "C") -> tuple[Order, ...]:
    """The messages that make the device do `action`; none if it cannot be told to. `unit` (C or
    F) is that of a temperature.
    """
    if kind_of(device) not in _CAN[action] or action.name.lower() in device.cannot:
        return ()
    if device.style == "homeassistant":
        return _service(device, action, value, unit)
    try:
        match action:
            case Action.BRIGHTNESS:
                found = _brightness(device, value)
            case Action.COLOR:
                found = _color(device, value)
            case Action.TEMPERATURE:
                found = _temperature(device, value / 10, unit)
            case _:
                found = _plain(device, action)
    except BadTemplate:
        return ()
    return tuple(found) if all(order.topic for order in found) else ()


def _service(device: Device, action: Action, value: int, unit: str) -> tuple[Order, ...]:
    cannot = {
        Action.BRIGHTNESS: not device.dimmable,
        Action.COLOR: device.color == "none",
        Action.TEMPERATURE: False,
    }
    degrees = in_unit(value / 10, unit, device.temperature_unit or unit)
    if action is Action.TEMPERATURE and not device.lowest <= degrees <= device.highest:
        return ()
    told = None if cannot.get(action) else services.call(device, action, value, degrees)
    return () if told is None else (Order(*told),)


def _plain(device: Device, action: Action) -> list[Order]:
    return [Order(command_topic(device), _word(device, action))]


def in_json(device: Device) -> bool:
    """Whether plain orders and states of the device are JSON."""
    return device.style in ("json", "zigbee2mqtt", "homeassistant")


def _word(device: Device, action: Action) -> str:
    """The order in the device's own word, in JSON if that is its way."""
    kind = kind_of(device)
    off = "return_to_base" if kind is Kind.VACUUM and device.off == "OFF" else device.off
    word = {
        Action.ON: device.on,
        Action.RUN: device.on,
        Action.OFF: off,
        Action.OPEN: device.open,
        Action.CLOSE: device.close,
        Action.LOCK: device.lock,
        Action.UNLOCK: device.unlock,
        Action.START: device.start,
    }.get(action, action.name.lower())
    if kind is Kind.CLIMATE and device.style == "zigbee2mqtt":
        return json.dumps({"system_mode": {"ON": "heat", "OFF": "off"}.get(word, word)})
    return json.dumps({"state": word}) if in_json(device) else word


def _brightness(device: Device, percent: int) -> list[Order]:
    if not device.dimmable:
        return []
    if percent == 0:
        return _plain(device, Action.OFF)
    if device.style == "tasmota" and not device.brightness_topic:
        return [Order(f"cmnd/{device.topic}/Dimmer" if device.topic else "", str(percent))]
    scale = min(device.brightness_scale, 254 if device.style == "zigbee2mqtt" else 65535)
    level = max(1, round(percent * scale / 100))
    if in_json(device) and not device.brightness_topic:
        told = {"state": device.on, "brightness": level}
        return [Order(command_topic(device), json.dumps(told))]
    payload = str(level)
    if device.brightness_template:
        payload = _rendered(device.brightness_template, value=level, brightness=level)
    told_level = Order(device.brightness_topic, payload)
    return _with_on(device, told_level)


def _with_on(device: Device, order: Order) -> list[Order]:
    """An order of its own for a light that may be off, and the order for on beside it."""
    if device.on_order == "brightness" or not command_topic(device):
        return [order]
    turned_on = _plain(device, Action.ON)
    return [*turned_on, order] if device.on_order == "first" else [order, *turned_on]


def _color(device: Device, color: int) -> list[Order]:
    if device.color == "none":
        return []
    if not any(RGB[color]):
        return _plain(device, Action.OFF)
    values = _color_values(device, color)
    if device.style == "tasmota" and not device.rgb_topic:
        topic = f"cmnd/{device.topic}/Color2" if device.topic else ""
        return [Order(topic, ",".join(str(part) for part in RGB[color]))]
    if in_json(device) and not device.rgb_topic:
        told = {"state": device.on, "color": {_JSON.get(k, k): v for k, v in values.items()}}
        return [Order(command_topic(device), json.dumps(told))]
    payload = ",".join(f"{part:g}" for part in values.values())
    if device.color_template:
        payload = _rendered(device.color_template, **values)
    return _with_on(device, Order(device.rgb_topic, payload))


_JSON: Mapping[str, str] = {"red": "r", "green": "g", "blue": "b", "hue": "h", "sat": "s"}


def _color_values(device: Device, color: int) -> dict[str, float]:
    if device.color == "hs":
        return dict(zip(("hue", "sat"), hs(color), strict=True))
    if device.color == "xy":
        return dict(zip(("x", "y"), xy(color), strict=True))
    return dict(zip(("red", "green", "blue"), RGB[color], strict=True))


def _temperature(device: Device, degrees: float, unit: str) -> list[Order]:
    degrees = in_unit(degrees, unit, device.temperature_unit or unit)
    if not device.lowest <= degrees <= device.highest:
        return []
    if device.style == "zigbee2mqtt" and not device.temperature_topic:
        told = {"occupied_heating_setpoint": degrees}
        return [Order(command_topic(device), json.dumps(told))]
    payload = f"{degrees:g}"
    if device.temperature_template:
        whole = int(degrees) if degrees == int(degrees) else degrees
        payload = _rendered(device.temperature_template, value=whole)
    return [Order(device.temperature_topic, payload)]


def _rendered(template: str, **values: object) -> str:
    from device.hands.home.templates import render  # its library is an extra

    return render(template, **values)


def in_unit(degrees: float, given: str, wanted: str) -> float:
    """A temperature in the other unit (C or F), to a tenth of a degree."""
    if given == wanted:
        return degrees
    return round(degrees * 1.8 + 32 if wanted == "F" else (degrees - 32) / 1.8, 1)
