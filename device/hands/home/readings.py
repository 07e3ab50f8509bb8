"""What a device tells: its state, as a word or a number, in a message of one of its topics.

Pure, and afraid of nothing: payloads come from the network, any bytes may be in them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from device.config import Device
from device.hands.home.devices import in_json, kind_of
from device.mind.types import Kind

MAX_WORD = 60
"""Characters of a state; a longer one is not a state."""
_NO_STATE = frozenset({"null", "none", "unknown", "unavailable"})


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
    return text if text and len(text) <= MAX_WORD and text.lower() not in _NO_STATE else None


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
    kind = kind_of(device)
    if kind is Kind.CLIMATE and device.style == "zigbee2mqtt":
        return "system_mode"
    told = device.style == "homeassistant" or kind is not Kind.SENSOR
    return "state" if in_json(device) and told else ""


def state_word(device: Device, payload: bytes) -> str | None:
    """The state of a device in a message, by its template or key; None if there is none."""
    return told_word(payload, device.state_template, state_key(device))


def told_word(payload: bytes, template: str, key: str = "") -> str | None:
    """What a template makes of a message, else what is at `key`; None for what is not a state."""
    if not template:
        return word_in(payload, key)
    from device.hands.home.templates import of_payload  # its library is an extra

    word = of_payload(template, payload)
    return word_in(word.encode()) if word else None


def told_number(payload: bytes, template: str, key: str = "") -> float | None:
    """The finite number that a template makes of a message, else that at `key`."""
    word = told_word(payload, template, key)
    return None if word is None else number_in(word.encode())


def _which(device: Device, payload: bytes, yes: Iterable[str], no: Iterable[str]) -> bool | None:
    """True and false by the words for them, whatever their case; None for any other."""
    word = state_word(device, payload)
    known = dict.fromkeys((w.lower() for w in no), False)
    known |= dict.fromkeys((w.lower() for w in yes), True)
    return None if word is None else known.get(word.lower())


def is_on(device: Device, payload: bytes) -> bool | None:
    """Whether a lamp, switch, fan or thermostat is on; None if its state says neither. A
    thermostat that runs in any way is on, and so is a player of Home Assistant that isn't off.
    """
    player = kind_of(device) is Kind.MEDIA_PLAYER and device.style == "homeassistant"
    if kind_of(device) is Kind.CLIMATE or player:
        word = (state_word(device, payload) or "").lower()
        off = device.is_off or "off"
        return word != off.lower() if word else None
    return _which(device, payload, [device.is_on or device.on], [device.is_off or device.off])


def is_open(device: Device, payload: bytes) -> bool | None:
    """Whether a cover is open; None if its state says neither. Ajar is open."""
    word = state_word(device, payload)
    position = None if word is None else number_in(word.encode())
    if position is not None:
        return position != number_in(device.is_closed.encode())
    return _which(device, payload, [device.is_open, "opening", "closing"], [device.is_closed])


def is_locked(device: Device, payload: bytes) -> bool | None:
    """Whether a lock is locked; None if its state says neither (between the two, jammed)."""
    return _which(device, payload, [device.is_locked], [device.is_unlocked])


def brightness(device: Device, payload: bytes) -> int | None:
    """A light's brightness in percent, from a message of its brightness_state_topic."""
    key = "brightness" if in_json(device) else ""
    level = told_number(payload, device.brightness_state_template, key)
    return None if level is None else max(0, min(100, round(level * 100 / device.brightness_scale)))
