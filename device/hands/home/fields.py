"""What is in an announcement: topics, payloads and templates, taken only if they can be kept.

Every order is made here from what the entity announced for it: payloads are written out, templates
of fixed orders are computed once. What can't be kept whole is not learnt: an entity without a way
to be told raises Unfit, one that can be told but not read is learnt without its state.
"""

from __future__ import annotations

import math

from device.hands.home.announcements import Entity
from device.hands.home.templates import compiled, render
from device.hands.home.templatewords import BadTemplate

Settings = dict[str, object]
LONGEST_TOPIC, LONGEST_PAYLOAD = 300, 1_000


class Unfit(Exception):
    """Why an entity can't be a device of this speaker, in words for the owner."""


def topic_of(entity: Entity, key: str) -> str:
    """A topic that is one; no topic is empty. Raises Unfit for what is none."""
    value = entity.told.get(key)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not value.isprintable() or set(value) & set("+#"):
        raise Unfit("it names no proper topic")
    if len(value) > LONGEST_TOPIC:
        raise Unfit("it names no proper topic")
    return value


def orders_topic(entity: Entity, key: str = "command_topic") -> str:
    topic = topic_of(entity, key)
    if not topic:
        raise Unfit("it can't be told anything")
    return topic


def payload_of(entity: Entity, key: str, otherwise: str) -> str:
    """A payload as it is sent; one that is null can't be sent. Raises Unfit."""
    if key in entity.told and entity.told[key] is None:
        raise Unfit("an order that it needs is left out")
    payload = entity.text(key) if key in entity.told else otherwise
    template = entity.text("command_template")
    return fixed(template, payload) if template else short(payload)


def fixed(template: str, value: object) -> str:
    """What a command template makes of one order that is always the same. Raises BadTemplate."""
    return short(render(template, value=value))


def short(payload: str) -> str:
    if not payload or len(payload) > LONGEST_PAYLOAD:
        raise Unfit("an order that it needs is empty or too long")
    return payload


def state_of(entity: Entity, topic: str, template: str, state: str = "state") -> Settings:
    """Topic and template of a state; nothing where they can't be read."""
    try:
        told = topic_of(entity, topic)
        written = entity.text(template)
        if written:
            compiled(written)
    except (Unfit, BadTemplate):
        return {}
    return {f"{state}_topic": told, f"{state}_template": written} if told else {}


def checked(entity: Entity, key: str, **example: object) -> str:
    """A command template that makes something of an example. Raises BadTemplate, Unfit."""
    template = entity.text(key)
    if template:
        short(render(template, **example))
    return template


def number_of(entity: Entity, key: str, otherwise: float) -> float:
    try:
        number = float(entity.text(key) or otherwise)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) and abs(number) < 1e6 else otherwise


def switched(entity: Entity) -> Settings:
    return {
        "command_topic": orders_topic(entity),
        "on": payload_of(entity, "payload_on", "ON"),
        "off": payload_of(entity, "payload_off", "OFF"),
    }


def states_on(entity: Entity) -> Settings:
    """The states for on and off; without words of their own they are those of the orders."""
    return {
        "is_on": entity.text("state_on") or entity.text("payload_on") or "ON",
        "is_off": entity.text("state_off") or entity.text("payload_off") or "OFF",
    }
