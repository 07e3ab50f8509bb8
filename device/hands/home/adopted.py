"""One announced entity as settings of a device, or the reason why it can't be one.

Source of the keys and defaults: https://www.home-assistant.io/integrations/mqtt and the page of
each component there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from device.hands.home.announcements import Entity
from device.hands.home.fields import (
    Settings,
    Unfit,
    checked,
    fixed,
    number_of,
    orders_topic,
    payload_of,
    short,
    state_of,
    states_on,
    switched,
    topic_of,
)
from device.hands.home.lights import light
from device.hands.home.templates import render
from device.hands.home.templatewords import BadTemplate

_COVERS = {"awning", "blind", "curtain", "door", "garage", "gate", "shade", "shutter", "window"}
_MODES = ("off", "auto", "heat", "cool", "heat_cool", "dry", "fan_only")
_RUNNING = ("heat_cool", "heat", "auto", "cool")
"""Ways in which a thermostat can run, the first that it knows is "on"."""
_UNKNOWN = "the speaker knows nothing that a {} is told"


def settings_of(entity: Entity) -> Settings:
    """The settings of the device that this entity is, without its name. Raises Unfit."""
    make = _MAKERS.get(entity.component)
    if make is None:
        raise Unfit(_UNKNOWN.format(entity.component.replace("_", " ")))
    try:
        made = make(entity)
    except BadTemplate as error:
        raise Unfit(str(error)) from None
    return {key: value for key, value in made.items() if value not in (None, "")}


# --- kinds


def _switch(entity: Entity) -> Settings:
    state = state_of(entity, "state_topic", "value_template")
    return {"kind": "switch", **switched(entity), **state, **states_on(entity)}


def _fan(entity: Entity) -> Settings:
    state = state_of(entity, "state_topic", "state_value_template")
    return {"kind": "fan", **switched(entity), **state, **states_on(entity)}


def _cover(entity: Entity) -> Settings:
    device_class = entity.text("device_class")
    made: Settings = {"kind": device_class if device_class in _COVERS else "cover"}
    moves = topic_of(entity, "set_position_topic")
    opened = round(number_of(entity, "position_open", 100))
    closed = round(number_of(entity, "position_closed", 0))
    if topic_of(entity, "command_topic"):
        made["command_topic"] = orders_topic(entity)
        made["open"] = payload_of(entity, "payload_open", "OPEN")
        made["close"] = payload_of(entity, "payload_close", "CLOSE")
    elif moves:
        template = entity.text("set_position_template")
        words = [
            short(render(template, value=at, position=at) if template else str(at))
            for at in (opened, closed)
        ]
        made |= {"command_topic": moves, "open": words[0], "close": words[1]}
    else:
        raise Unfit("it can't be told anything")
    state = state_of(entity, "state_topic", "value_template")
    if state:
        made |= {"is_open": entity.text("state_open") or "open"}
        made |= {"is_closed": entity.text("state_closed") or "closed"}
    elif state := state_of(entity, "position_topic", "position_template", "state"):
        made |= {"is_open": str(opened), "is_closed": str(closed)}
    return made | state


def _lock(entity: Entity) -> Settings:
    if entity.text("code_format"):
        raise Unfit("it asks for a code")
    return {
        "kind": "lock",
        "command_topic": orders_topic(entity),
        "lock": payload_of(entity, "payload_lock", "LOCK"),
        "unlock": payload_of(entity, "payload_unlock", "UNLOCK"),
        "is_locked": entity.text("state_locked") or "LOCKED",
        "is_unlocked": entity.text("state_unlocked") or "UNLOCKED",
        **state_of(entity, "state_topic", "value_template"),
    }


def _climate(entity: Entity) -> Settings:
    made: Settings = {"kind": "climate", **_power(entity)}
    for which in ("temperature", "temperature_low", "temperature_high"):
        # one that keeps to a range is told how warm it is to be at least
        if topic := topic_of(entity, f"{which}_command_topic"):
            made["temperature_topic"] = topic
            made["temperature_template"] = checked(entity, f"{which}_command_template", value=20.5)
            made |= state_of(entity, f"{which}_state_topic", f"{which}_state_template", "target")
            break
    if not made.get("command_topic") and not made.get("temperature_topic"):
        raise Unfit("it can't be told anything")
    unit = entity.text("temperature_unit").upper()
    made["temperature_unit"] = unit if unit in ("C", "F") else ""
    made["lowest"] = number_of(entity, "min_temp", -100.0)
    made["highest"] = number_of(entity, "max_temp", 1000.0)
    return made | state_of(
        entity, "current_temperature_topic", "current_temperature_template", "current"
    )


def _power(entity: Entity) -> Settings:
    """How a thermostat is turned on and off: by its power, or by its mode."""
    modes = entity.told.get("modes")
    known = [str(mode) for mode in modes] if isinstance(modes, list) else list(_MODES)
    running = next((mode for mode in (*_RUNNING, *known) if mode in known and mode != "off"), "")
    made = state_of(entity, "mode_state_topic", "mode_state_template")
    made |= {"is_on": running, "is_off": "off"} if made else {}
    if topic := topic_of(entity, "power_command_topic"):
        template = entity.text("power_command_template")
        on, off = entity.text("payload_on") or "ON", entity.text("payload_off") or "OFF"
        made |= {"command_topic": topic}
    elif (topic := topic_of(entity, "mode_command_topic")) and running and "off" in known:
        template, on, off = entity.text("mode_command_template"), running, "off"
        made |= {"command_topic": topic}
    else:
        return made
    made["on"] = fixed(template, on) if template else on
    made["off"] = fixed(template, off) if template else off
    return made


def _vacuum(entity: Entity) -> Settings:
    features = entity.told.get("supported_features")
    if isinstance(features, list) and not {"start", "return_home"} <= {str(f) for f in features}:
        raise Unfit("it can't be started and sent home")
    return {
        "kind": "vacuum",
        "command_topic": orders_topic(entity),
        "start": payload_of(entity, "payload_start", "start"),
        "off": payload_of(entity, "payload_return_to_base", "return_to_base"),
    }


def _pressed(entity: Entity) -> Settings:
    scene = entity.component == "scene"
    on = payload_of(entity, *(("payload_on", "ON") if scene else ("payload_press", "PRESS")))
    kind = "scene" if scene else "script"
    return {"kind": kind, "command_topic": orders_topic(entity), "on": on}


def _sensor(entity: Entity) -> Settings:
    if entity.text("device_class") != "temperature":
        raise Unfit("it doesn't measure a temperature")
    state = state_of(entity, "state_topic", "value_template")
    if not state:
        raise Unfit("what it measures can't be read")
    unit = "F" if entity.text("unit_of_measurement").strip().upper().endswith("F") else "C"
    return {"kind": "sensor", **state, "measures": "temperature", "temperature_unit": unit}


_MAKERS: Mapping[str, Callable[[Entity], Settings]] = {
    "switch": _switch,
    "fan": _fan,
    "light": light,
    "cover": _cover,
    "lock": _lock,
    "climate": _climate,
    "vacuum": _vacuum,
    "scene": _pressed,
    "button": _pressed,
    "sensor": _sensor,
}
