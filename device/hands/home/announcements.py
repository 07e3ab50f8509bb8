"""What was announced over MQTT discovery, message by message: entities with their keys in full.

Both forms of https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: one message an
entity, and one message a device with all its components. Anything else is no entity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from device.hands.home.abbreviations import in_full

MOST_COMPONENTS = 100
"""Entities of one message."""
_YES = {"1", "true", "yes", "on", "enable"}
_NO = {"0", "false", "no", "off", "disable"}

Told = Mapping[str, object]


@dataclass(frozen=True)
class Entity:
    """One thing that a device announced."""

    component: str
    """Home Assistant's word for what it is: light, switch, climate, ..."""
    id: str
    """What tells it from others: its unique_id, else its topic."""
    told: Told
    about: Told = field(default_factory=dict)
    """Of the device it is part of."""
    origin: str = ""
    """The program that announced it."""

    @property
    def device(self) -> str:
        """What tells its device from others; its own id if none was told."""
        for key in ("identifiers", "connections"):
            known = self.about.get(key)
            if known:
                return json.dumps(known if isinstance(known, list) else [known])
        return self.id

    def text(self, key: str) -> str:
        """The text at `key`, numbers and booleans as Home Assistant writes them; empty if none."""
        value = self.told.get(key)
        return str(value) if isinstance(value, (str, int, float)) else ""

    def yes(self, key: str, otherwise: bool) -> bool:
        """The boolean at `key` in any of the ways that devices write one."""
        word = str(self.told.get(key, "")).strip().lower()
        return True if word in _YES else False if word in _NO else otherwise


def entities(announced: Mapping[str, bytes]) -> Iterator[Entity]:
    """The entities in discovery messages (topic -> payload), in the order of their topics, each
    once. What isn't a discovery message is passed over.
    """
    seen: set[tuple[str, str]] = set()
    for topic in sorted(announced):
        for entity in _of_message(topic, announced[topic]):
            if (entity.component, entity.id) not in seen:
                seen.add((entity.component, entity.id))
                yield entity


def _of_message(topic: str, payload: bytes) -> Iterator[Entity]:
    parts = topic.split("/")
    if len(parts) < 3 or parts[-1] != "config":
        return
    # <prefix>/<component>/[<node>/]<object>/config; a prefix may have slashes of its own
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return
    if not isinstance(told, dict):
        return
    told = _full(told)
    components = told.get("components")
    if isinstance(components, dict):
        yield from _of_device(topic, told, components)
        return
    component = next((p for p in parts[-4:-2] if p in COMPONENTS), "")
    if component:
        yield _entity(component, topic, told)


def _of_device(topic: str, told: dict[str, object], components: Told) -> Iterator[Entity]:
    """The components of a device message; what the message says once holds for each of them."""
    shared = {key: value for key, value in told.items() if key != "components"}
    for key in sorted(components)[:MOST_COMPONENTS]:
        part = components[key]
        if not isinstance(part, dict):
            continue
        full = _full({"~": told.get("~"), **part})
        platform = full.get("platform")
        if isinstance(platform, str) and platform in COMPONENTS and len(full) > 2:
            yield _entity(platform, f"{topic}#{key}", {**shared, **full})


def _entity(component: str, topic: str, told: dict[str, object]) -> Entity:
    about, origin = told.get("device"), told.get("origin")
    known = _full(about) if isinstance(about, dict) else {}
    program = _full(origin).get("name") if isinstance(origin, dict) else ""
    unique = told.get("unique_id")
    ident = unique if isinstance(unique, str) and unique else topic
    return Entity(component, ident, told, known, program if isinstance(program, str) else "")


def _full(told: Mapping[str, object]) -> dict[str, object]:
    """Keys in full, and `~` at the ends of topics replaced by the base topic."""
    base = told.get("~")
    full = {in_full(str(key)): value for key, value in told.items()}
    if not isinstance(base, str):
        return full
    return {
        key: re.sub(r"^~|~$", lambda _: base, value)
        if isinstance(value, str) and key.endswith("topic")
        else value
        for key, value in full.items()
    }


COMPONENTS = frozenset(
    {
        *("climate", "cover", "light", "lock", "fan", "switch", "vacuum", "scene", "button"),
        *("sensor", "binary_sensor", "siren", "valve", "humidifier", "water_heater", "lawn_mower"),
        *("alarm_control_panel", "select", "number", "text", "camera", "image", "notify", "event"),
        *("update", "device_tracker", "tag", "device_automation"),
    }
)
"""The kinds of things that can be announced."""
