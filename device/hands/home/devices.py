"""What a device of the home is told and what it tells: settings -> topics and payloads.

Pure: nothing here talks to a broker. The topics and payloads are those of Home Assistant's MQTT
integrations (https://www.home-assistant.io/integrations/mqtt), of zigbee2mqtt and of Tasmota.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto, unique

from device.config import Device
from device.mind.types import Color, Kind

MAX_WORD = 60
"""Characters of a state; a longer one is not a state."""

RGB: Mapping[int, tuple[int, int, int]] = {
    Color.WHITE: (255, 255, 255),
    Color.BLACK: (0, 0, 0),
    Color.RED: (255, 0, 0),
    Color.ORANGE: (255, 128, 0),
    Color.YELLOW: (255, 220, 0),
    Color.GREEN: (0, 255, 0),
    Color.BLUE: (0, 0, 255),
    Color.PURPLE: (160, 32, 240),
    Color.BROWN: (139, 69, 19),
    Color.PINK: (255, 105, 180),
    Color.TURQUOISE: (64, 224, 208),
}


@unique
class Action(Enum):
    """What a device can be told."""

    ON = auto()
    OFF = auto()
    OPEN = auto()
    CLOSE = auto()
    LOCK = auto()
    UNLOCK = auto()
    START = auto()
    RUN = auto()
    """A scene or a script."""
    BRIGHTNESS = auto()
    """Value: percent."""
    COLOR = auto()
    """Value: a `Color`."""
    TEMPERATURE = auto()
    """Value: tenths of a degree."""
    PLAY = auto()
    PAUSE = auto()
    STOP = auto()
    NEXT = auto()
    PREVIOUS = auto()


@dataclass(frozen=True, slots=True)
class Order:
    """One message to the broker."""

    topic: str
    payload: str


COVERS = frozenset(kind for kind in Kind if kind >= Kind.COVER)
SWITCHED = frozenset({Kind.LIGHT, Kind.SWITCH, Kind.FAN, Kind.MEDIA_PLAYER})
_CAN: Mapping[Action, frozenset[Kind]] = {
    Action.ON: SWITCHED,
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
    made = {"zigbee2mqtt": device.topic, "tasmota": f"stat/{device.topic}/POWER"}
    return made.get(device.style, "") if device.topic else ""


def topics(device: Device) -> frozenset[str]:
    """All topics that tell of the device."""
    told = (state_topic(device), device.target_topic, device.current_topic)
    return frozenset(t for t in told if t)


def orders(device: Device, action: Action, value: int = 0) -> tuple[Order, ...]:
    """The messages that make the device do `action`; none if it cannot be told to."""
    if kind_of(device) not in _CAN[action]:
        return ()
    match action:
        case Action.BRIGHTNESS:
            found = _brightness(device, value)
        case Action.COLOR:
            found = _color(device, value)
        case Action.TEMPERATURE:
            found = _temperature(device, value)
        case _:
            found = Order(command_topic(device), _word(device, action))
    return (found,) if found.topic else ()


def _in_json(device: Device) -> bool:
    return device.style in ("json", "zigbee2mqtt")


def _word(device: Device, action: Action) -> str:
    """The order in the device's own word, in JSON if that is its way."""
    off = "return_to_base" if kind_of(device) is Kind.VACUUM and device.off == "OFF" else device.off
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
    return json.dumps({"state": word}) if _in_json(device) else word


def _brightness(device: Device, percent: int) -> Order:
    if device.style == "tasmota" and not device.brightness_topic:
        return Order(f"cmnd/{device.topic}/Dimmer" if device.topic else "", str(percent))
    scale = min(device.brightness_scale, 254 if device.style == "zigbee2mqtt" else 65535)
    level = round(percent * scale / 100)
    if _in_json(device) and not device.brightness_topic:
        state = device.on if level else device.off
        return Order(command_topic(device), json.dumps({"state": state, "brightness": level}))
    return Order(device.brightness_topic, str(level))


def _color(device: Device, color: int) -> Order:
    red, green, blue = RGB[color]
    if not any(RGB[color]):
        return Order(command_topic(device), _word(device, Action.OFF))
    if device.style == "tasmota" and not device.rgb_topic:
        topic = f"cmnd/{device.topic}/Color2" if device.topic else ""
        return Order(topic, f"{red},{green},{blue}")
    if _in_json(device) and not device.rgb_topic:
        payload = {"state": device.on, "color": {"r": red, "g": green, "b": blue}}
        return Order(command_topic(device), json.dumps(payload))
    return Order(device.rgb_topic, f"{red},{green},{blue}")


def _temperature(device: Device, tenths: int) -> Order:
    degrees = f"{tenths / 10:g}"
    if device.style == "zigbee2mqtt" and not device.temperature_topic:
        payload = json.dumps({"occupied_heating_setpoint": tenths / 10})
        return Order(command_topic(device), payload)
    return Order(device.temperature_topic, degrees)


def word_in(payload: bytes, key: str = "") -> str | None:
    """The state in a payload, at `key` if it is JSON; None for what is not a state.

    Payloads come from the network: any bytes may be in them.
    """
    try:
        text = payload.decode("utf-8")
        if key:
            value: object = json.loads(text)
            for part in key.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            text = value if isinstance(value, str) else json.dumps(value)
    except (ValueError, RecursionError):
        return None
    text = text.strip()
    return text if text and len(text) <= MAX_WORD and text != "null" else None


def number_in(payload: bytes, key: str = "") -> float | None:
    """The finite number in a payload, at `key` if it is JSON; None if there is none."""
    word = word_in(payload, key)
    try:
        number = float(word) if word is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e9 else None


def state_key(device: Device) -> str:
    """The JSON key of the state; empty for plain payloads."""
    if device.state_key:
        return device.state_key
    return "state" if _in_json(device) and kind_of(device) is not Kind.SENSOR else ""


def is_open(device: Device, payload: bytes) -> bool | None:
    """Whether a cover is open; None if its state says neither. Ajar is open."""
    word = word_in(payload, state_key(device))
    if word is None:
        return None
    known = {device.is_open: True, device.is_closed: False, "opening": True, "closing": True}
    return {name.lower(): value for name, value in known.items()}.get(word.lower())


def is_locked(device: Device, payload: bytes) -> bool | None:
    """Whether a lock is locked; None if its state says neither (between the two, jammed)."""
    word = word_in(payload, state_key(device))
    if word is None:
        return None
    known = {device.is_locked.lower(): True, device.is_unlocked.lower(): False}
    return known.get(word.lower())
