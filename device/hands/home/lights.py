"""An announced light as settings: Home Assistant's three schemas of lights over MQTT.

Source: https://www.home-assistant.io/integrations/light.mqtt
"""

from __future__ import annotations

from device.hands.home.announcements import Entity
from device.hands.home.fields import (
    Settings,
    Unfit,
    checked,
    number_of,
    orders_topic,
    short,
    state_of,
    states_on,
    switched,
    topic_of,
)
from device.hands.home.templates import render
from device.hands.home.templatewords import BadTemplate

_COLORED = {"rgb": "rgb", "rgbw": "rgb", "rgbww": "rgb", "hs": "hs", "xy": "xy"}


def light(entity: Entity) -> Settings:
    """The settings of an announced light. Raises Unfit, BadTemplate."""
    schema = entity.text("schema") or "basic"
    makers = {"json": _light_json, "template": _light_template, "basic": _light_basic}
    if schema not in makers:
        raise Unfit(f"its schema is {schema[:20]}")
    return {"kind": "light", **makers[schema](entity)}


def _scale(entity: Entity) -> int:
    return max(1, min(65535, round(number_of(entity, "brightness_scale", 255))))


def _light_json(entity: Entity) -> Settings:
    modes = entity.told.get("supported_color_modes")
    told = [str(mode) for mode in modes] if isinstance(modes, list) else []
    told += [mode for mode in ("rgb", "hs", "xy") if entity.yes(mode, False)]
    colored = next((_COLORED[mode] for mode in told if mode in _COLORED), "none")
    dims = entity.yes("brightness", False) or any(mode not in ("onoff",) for mode in told)
    topic = topic_of(entity, "state_topic")
    return {
        "style": "json",
        "command_topic": orders_topic(entity),
        "state_topic": topic,
        "dimmable": dims,
        "brightness_scale": _scale(entity),
        "color": colored,
        **({"brightness_state_topic": topic} if dims and topic else {}),
        **({"brightness_state_template": "{{ value_json.brightness }}"} if dims and topic else {}),
    }


def _light_template(entity: Entity) -> Settings:
    topic = orders_topic(entity)
    on, off = entity.text("command_on_template"), entity.text("command_off_template")
    made: Settings = {
        "command_topic": topic,
        "on": short(render(on)),
        "off": short(render(off)),
        "is_on": "on",
        "is_off": "off",
        "dimmable": False,
        "color": "none",
        "on_order": "brightness",  # the template for on is all of an order
        **state_of(entity, "state_topic", "state_template"),
    }
    if "state_template" not in made:
        made.pop("state_topic", None)  # its states have no words of their own
    if _different(on, brightness=128):
        made |= {"dimmable": True, "brightness_topic": topic, "brightness_template": on}
        made |= state_of(entity, "state_topic", "brightness_template", "brightness_state")
    if _different(on, red=255, green=128, blue=0):
        made |= {"color": "rgb", "rgb_topic": topic, "color_template": on}
    return made


def _different(template: str, **values: object) -> bool:
    """Whether a template says something else when it is given `values`."""
    try:
        return render(template, **values) != render(template)
    except BadTemplate:
        return False


def _light_basic(entity: Entity) -> Settings:
    made: Settings = {
        **switched(entity),
        **states_on(entity),
        **state_of(entity, "state_topic", "state_value_template"),
        "dimmable": False,
        "color": "none",
    }
    if topic := topic_of(entity, "brightness_command_topic"):
        template = checked(entity, "brightness_command_template", value=128, brightness=128)
        made |= {"dimmable": True, "brightness_topic": topic, "brightness_template": template}
        made |= {"brightness_scale": _scale(entity)}
        made |= state_of(
            entity, "brightness_state_topic", "brightness_value_template", "brightness_state"
        )
    kind = entity.text("on_command_type")
    if kind in ("first", "brightness") and made["dimmable"]:
        made["on_order"] = kind
    return made | _color(entity)


def _color(entity: Entity) -> Settings:
    for mode in ("rgb", "hs", "xy"):
        if topic := topic_of(entity, f"{mode}_command_topic"):
            example = {"rgb": {"red": 255, "green": 128, "blue": 0}, "hs": {"hue": 30, "sat": 100}}
            values = example.get(mode, {"x": 0.5, "y": 0.4})
            template = checked(entity, f"{mode}_command_template", **values)
            return {"color": mode, "rgb_topic": topic, "color_template": template}
    return {}
