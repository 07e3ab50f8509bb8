"""What zigbee2mqtt, Shelly and ESPHome announce, and what of it was learnt rightly.

What is right is read here from each announcement by itself, by the pages of Home Assistant's MQTT
integrations and not by the learner: an entity's name is its device's, or device and entity
together; its orders are its own topics and payloads.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device.config import Device
from device.hands.home import announced
from device.hands.home.actions import Action
from device.hands.home.devices import Order, orders
from tests.benchmarks.harness import Goal, at_least, exactly

KINDS = ("light", "switch", "cover", "climate", "lock", "fan", "thermometer")
GOALS: Mapping[str, Goal] = {
    **{f"z2m_right_{kind}": at_least(0.99 if kind == "light" else 0.97) for kind in KINDS},
    "wrong_entity": exactly(0),
    "shelly_usable": at_least(0.9),
    "esphome_usable": exactly(1),
}
Messages = dict[str, bytes]
_SHORT = {
    **{"cmd_t": "command_topic", "pl_on": "payload_on", "pl_off": "payload_off", "dev": "device"},
    **{"ent_cat": "entity_category", "temp_cmd_t": "temperature_command_topic"},
    **{"mode_cmd_t": "mode_command_topic", "cmd_on_tpl": "command_on_template"},
    **{"cmd_off_tpl": "command_off_template", "dev_cla": "device_class", "pl_prs": "payload_press"},
    **{"bri_cmd_t": "brightness_command_topic", "rgb_cmd_t": "rgb_command_topic"},
    **{"set_pos_t": "set_position_topic", "en": "enabled_by_default"},
}


_NOBODY = re.compile("identify|restart|reset|calibrat|child lock|self.?test", re.IGNORECASE)
"""What nobody would have a speaker do: it may be learnt or not."""


@dataclass(frozen=True)
class Thing:
    """An entity as it was announced."""

    component: str
    told: Mapping[str, Any]
    device: str

    @property
    def own(self) -> str:
        return str(self.told.get("name") or "")

    @property
    def names(self) -> set[str]:
        """What it may be called."""
        own = self.own
        if self.component == "sensor" and "name" not in self.told:
            own = "Temperature"  # its class names it, or its id
            ident = str(self.told.get("object_id", "")).replace("_", " ")
            return {_plain(n) for n in (f"{self.device} {own}", self.device, ident)}
        both = f"{self.device} {own}".strip()
        return {_plain(name) for name in (both, own or self.device, self.device)}

    def topics(self) -> set[str]:
        """Everywhere it can be told something."""
        return {
            str(value).replace("~", str(self.told.get("~", "")))
            for key, value in self.told.items()
            if key.endswith(("command_topic", "set_position_topic"))
        }

    def words(self) -> set[str]:
        """The fixed orders for on, off, open, close, lock, unlock and press that it announced."""
        told = self.told
        said = {
            "switch": [told.get("payload_on", "ON"), told.get("payload_off", "OFF")],
            "fan": [told.get("payload_on", "ON"), told.get("payload_off", "OFF")],
            "cover": [told.get("payload_open", "OPEN"), told.get("payload_close", "CLOSE")],
            "lock": [told.get("payload_lock", "LOCK"), told.get("payload_unlock", "UNLOCK")],
            "climate": list(told.get("modes", [])),
            "button": [told.get("payload_press", "PRESS")],
        }
        if self.component == "light" and told.get("schema") == "json":
            return {json.dumps({"state": "ON"}), json.dumps({"state": "OFF"})}
        lit = [told.get("payload_on", "ON"), told.get("payload_off", "OFF")]
        return {str(word) for word in said.get(self.component, lit)}


def _plain(name: str) -> str:
    # makers put addresses behind names
    name = re.sub(r"\b(?=\w*\d)[0-9A-Fa-f]{6,12}\b|\b[0-9A-F]{12}\b|\[[0-9A-F]{6}\]", " ", name)
    letters = (c if c.isalnum() else " " for c in name.lower())
    return " ".join("".join(letters).split())


def things(messages: Messages) -> Iterator[Thing]:
    """What was announced, by Home Assistant's rules."""
    told_names: dict[str, str] = {}
    read = []
    for topic, payload in messages.items():
        told = {_SHORT.get(key, key): value for key, value in json.loads(payload).items()}
        about = told.get("device") or {}
        ident = json.dumps(about.get("identifiers") or about.get("ids") or topic)
        told_names.setdefault(ident, "")
        told_names[ident] = told_names[ident] or about.get("name") or ""
        read.append((topic.split("/")[1], told, ident))
    for component, told, ident in read:
        named = (told.get("device") or {}).get("name")
        yield Thing(component, told, named or told_names[ident])


def zigbee(folder: Path) -> Iterator[tuple[str | None, Messages]]:
    """(kind, messages) of each device of zigbee2mqtt."""
    with gzip.open(folder / "discovery" / "zigbee2mqtt.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            device = json.loads(line)
            yield device["kind"], _messages(device["messages"])


def _messages(pairs: list[list[Any]]) -> Messages:
    return {t: (p if isinstance(p, str) else json.dumps(p)).encode() for t, p in pairs}


def _told(device: Device) -> dict[Action, tuple[Order, ...]]:
    warm = round(5 * (max(device.lowest, 0) + min(device.highest, 100)))
    values = {Action.TEMPERATURE: warm, Action.BRIGHTNESS: 50, Action.COLOR: 3}
    told = {action: orders(device, action, values.get(action, 0)) for action in Action}
    return {action: those for action, those in told.items() if those}


def _is_right(device: Device, thing: Thing) -> bool:
    """Whether all that this device is told is this entity's own."""
    told = _told(device)
    words = {Action.ON, Action.OFF, Action.OPEN, Action.CLOSE, Action.LOCK, Action.UNLOCK}
    template = any(key.endswith(("_template", "_tpl")) for key in thing.told)
    for action, those in told.items():
        for order in those:
            fixed = action in words and not template
            if order.topic not in thing.topics() or (fixed and order.payload not in thing.words()):
                return False
    return bool(told) or thing.component == "sensor"


def wrong_orders(messages: Messages, found: tuple[Device, ...]) -> int:
    """Devices of which something that they are called means another entity than they tell."""
    there = list(things(messages))
    wrong = 0
    for device in found:
        component = {"script": "button"}.get(device.kind, device.kind)
        covers = [t for t in there if t.component == "cover"]
        those = [t for t in there if t.component == component] or covers
        for name in (device.name, *device.spoken):
            meant = [t for t in those if _plain(name) in t.names]
            if not any(_is_right(device, thing) for thing in meant):
                wrong += 1
                break
    return wrong


def _device_right(kind: str, messages: Messages) -> bool:
    """Whether each main entity of a device was learnt by its name, with its own orders."""
    component = "sensor" if kind == "thermometer" else kind
    there = [
        thing
        for thing in things(messages)
        if thing.component == component
        and not thing.told.get("entity_category")
        and (component != "sensor" or thing.told.get("device_class") == "temperature")
    ]
    main = [t for t in there if not t.own] or [t for t in there if not _NOBODY.search(t.own)]
    found = announced.devices(messages)
    return all(any(_same(device, thing, kind) for device in found) for thing in main) and bool(main)


def _same(device: Device, thing: Thing, kind: str) -> bool:
    if kind == "thermometer":
        read = device.state_topic == thing.told["state_topic"] and device.measures == "temperature"
        return device.kind == "sensor" and read and _plain(device.name) in thing.names
    called = {_plain(name) for name in (device.name, *device.spoken)} & thing.names
    covers = ("cover", "blind", "curtain", "shutter", "awning", "shade", "door", "garage", "gate")
    same = device.kind == kind or (kind == "cover" and device.kind in (*covers, "window"))
    if not (called and same and _is_right(device, thing)):
        return False
    wanted = {
        "cover": {Action.OPEN, Action.CLOSE},
        "lock": {Action.LOCK, Action.UNLOCK},
        "climate": {Action.TEMPERATURE},
    }.get(kind, {Action.ON, Action.OFF})
    return wanted <= _told(device).keys()


def _only_chips(messages: Messages) -> bool:
    """Whether all that a device measures is how warm its own chip is: the list of kinds calls a
    contact or a button with such a diagnostic a thermometer, and it is none.
    """
    warm = [t for t in things(messages) if t.told.get("device_class") == "temperature"]
    return all(thing.told.get("entity_category") for thing in warm)


def usable(messages: Messages) -> tuple[int, int]:
    """(learnt rightly, controllable) of entities: no category, something to be told, no button."""
    found = announced.devices(messages)
    there = [
        thing
        for thing in things(messages)
        if thing.component in ("switch", "light", "cover", "climate", "lock", "fan")
        and not (thing.told.get("entity_category") or _NOBODY.search(thing.own))
    ]
    return sum(any(_same(d, t, t.component) for d in found) for t in there), len(there)


def figures(folder: Path | None) -> dict[str, tuple[float, str]]:
    """The figures of all announcers, each with a note; none without their messages."""
    if folder is None:
        return {}
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    wrong = 0
    chips = 0
    for kind, messages in zigbee(folder):
        chip = kind == "thermometer" and _only_chips(messages)
        chips += chip
        wrong += wrong_orders(messages, announced.devices(messages))
        if kind is not None and not chip:
            count[kind] += 1
            right[kind] += _device_right(kind, messages)
    made = {
        f"z2m_right_{kind}": (right[kind] / count[kind], f"{right[kind]} of {count[kind]}")
        for kind in KINDS
    }
    note = made["z2m_right_thermometer"][1]
    made["z2m_right_thermometer"] = (
        made["z2m_right_thermometer"][0],
        f"{note}; {chips} that only know how warm their chip is aren't thermometers",
    )
    with gzip.open(folder / "discovery" / "shelly.json.gz", "rt", encoding="utf-8") as file:
        shelly = _messages([pair for pair in json.load(file) if pair[1]])
    esphome = _messages(json.loads((folder / "discovery" / "esphome.json").read_text()))
    for name, messages in (("shelly", shelly), ("esphome", esphome)):
        wrong += wrong_orders(messages, announced.devices(messages))
        good, all_ = usable(messages)
        made[f"{name}_usable"] = (good / all_, f"{good} of {all_}")
    return made | {"wrong_entity": (wrong, "all announcers")}
