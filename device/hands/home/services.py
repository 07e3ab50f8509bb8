"""What a device of Home Assistant itself is told: actions -> calls of its services.

Pure. A call is an `Order` whose topic is the entity, behind SCHEME, and whose payload is the
service and its data in JSON (https://developers.home-assistant.io/docs/api/websocket).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from device.config import Device
from device.hands.home.actions import Action
from device.hands.home.colors import RGB

SCHEME = "homeassistant:"
"""Before the name of an entity, where MQTT has a topic."""
_ON_OFF = {Action.ON: "turn_on", Action.OFF: "turn_off"}
_MEDIA = {
    Action.PLAY: "media_play",
    Action.PAUSE: "media_pause",
    Action.STOP: "media_stop",
    Action.NEXT: "media_next_track",
    Action.PREVIOUS: "media_previous_track",
}
_SERVICES: Mapping[str, Mapping[Action, str]] = {
    "light": {**_ON_OFF, Action.BRIGHTNESS: "turn_on", Action.COLOR: "turn_on"},
    "climate": {**_ON_OFF, Action.TEMPERATURE: "set_temperature"},
    "water_heater": {**_ON_OFF, Action.TEMPERATURE: "set_temperature"},
    "cover": {Action.OPEN: "open_cover", Action.CLOSE: "close_cover"},
    "valve": {Action.OPEN: "open_valve", Action.CLOSE: "close_valve"},
    "lock": {Action.LOCK: "lock", Action.UNLOCK: "unlock"},
    "vacuum": {
        Action.START: "start",
        Action.OFF: "return_to_base",
        Action.STOP: "stop",
        Action.PAUSE: "pause",
    },
    "media_player": {**_ON_OFF, **_MEDIA},
    "scene": {Action.RUN: "turn_on"},
    "script": {Action.RUN: "turn_on"},
    "button": {Action.RUN: "press"},
    "input_button": {Action.RUN: "press"},
    **dict.fromkeys(("switch", "input_boolean", "fan", "siren", "humidifier", "remote"), _ON_OFF),
}
"""Services by the entity's domain; what isn't here can't be told."""


def known(domain: str) -> frozenset[Action]:
    """What entities of a domain can be told."""
    return frozenset(_SERVICES.get(domain, {}))


def call(device: Device, action: Action, value: int, degrees: float) -> tuple[str, str] | None:
    """(entity behind SCHEME, service and data in JSON) of an action; None if it can't be told.
    `degrees` is a temperature in the unit of the device.
    """
    domain = device.topic.partition(".")[0]
    service = _SERVICES.get(domain, {}).get(action)
    if service is None:
        return None
    data: dict[str, object] = {}
    match action:
        case Action.BRIGHTNESS if value == 0:
            service = "turn_off"
        case Action.BRIGHTNESS:
            data["brightness_pct"] = value
        case Action.COLOR if not any(RGB[value]):
            service = "turn_off"
        case Action.COLOR:
            data["rgb_color"] = list(RGB[value])
        case Action.TEMPERATURE:
            data["temperature"] = degrees
        case _:
            pass
    return SCHEME + device.topic, json.dumps(
        {"domain": domain, "service": service, "service_data": data}
    )
