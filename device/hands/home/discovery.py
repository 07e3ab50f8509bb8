"""How the speaker appears in Home Assistant: what it tells of itself, by MQTT discovery.

Only states: listening or not, how many timers, the kind of the last command. Never sound; words
of a command only if [home] texts is on, and then as the rendering of ids. There is no switch among
the entities: nothing about the microphone can be set from there.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from device.config import Home

STATES = ("waiting", "listening", "speaking", "ringing", "muted", "deaf")
"""muted: by the panel, whose matter it is; deaf: there are no ears, for whatever other reason."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one speaker."""

    prefix: str
    id: str

    def of(self, what: str) -> str:
        """The topic for `what`: available, state, timers, say, timer, hello, woke."""
        return f"{self.prefix}/{self.id}/{what}"

    def everybody(self, what: str) -> str:
        """The topic filter for `what` of every speaker."""
        return f"{self.prefix}/+/{what}"


def slug(name: str) -> str:
    """A speaker's name as part of a topic: small ASCII letters, digits, underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "speaker"


MACHINE_ID = Path("/etc/machine-id")


def machine() -> str:
    """What tells this machine's speaker from any other, whatever they are called; empty if there
    is nothing. A hash, for the machine's own id is nobody's business (man 5 machine-id).
    """
    try:
        own = MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(f"keepmum speaker {own}".encode()).hexdigest()[:12] if own else ""


def entities(home: Home, topics: Topics, about: About) -> Iterator[tuple[str, str]]:
    """(topic, payload) of each retained discovery message."""
    node = f"keepmum_{about.machine or topics.id}"
    place = node if about.machine else topics.id
    device = {
        "identifiers": [node],
        "name": about.name,
        "manufacturer": "keepmum",
        "model": "keepmum",
        "sw_version": about.version,
        **({"suggested_area": about.room} if about.room else {}),
    }
    shared: dict[str, object] = {
        "availability_topic": topics.of("available"),
        "device": device,
        "origin": {"name": "keepmum", "sw_version": about.version},
    }
    for component, what, settings in _entities(home, topics, music=about.music):
        label = {"name": what.replace("_", " ").capitalize(), "unique_id": f"{node}_{what}"}
        payload = json.dumps(shared | settings | label)
        yield f"{home.discovery_prefix}/{component}/{place}/{what}/config", payload


@dataclass(frozen=True, slots=True)
class About:
    """What a speaker tells of itself that doesn't change while it runs."""

    name: str
    version: str
    machine: str = ""
    """Tells it from another speaker of the same name, and stays the same when it is renamed."""
    room: str = ""
    music: bool = False
    """There is a music server."""


def withdrawn(home: Home, topics: Topics) -> Iterator[str]:
    """The topics under which a speaker appeared by its name alone, to be emptied."""
    for component, what, _ in _entities(home, topics, music=False):
        yield f"{home.discovery_prefix}/{component}/{topics.id}/{what}/config"


def _entities(
    home: Home, topics: Topics, *, music: bool
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """(component, what it tells, settings) of each entity."""
    yes_no: dict[str, object] = {"payload_on": True, "payload_off": False}
    enum: dict[str, object] = {
        "device_class": "enum",
        "options": list(STATES),
        "icon": "mdi:account-voice",
    }
    diagnostic: dict[str, object] = {"entity_category": "diagnostic"}
    count: dict[str, object] = {"state_class": "measurement"}
    moment: dict[str, object] = {"device_class": "timestamp"}
    percent: dict[str, object] = {
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "icon": "mdi:volume-high",
    }
    told: list[tuple[str, str, str, dict[str, object]]] = [
        ("sensor", "state", "state", enum),
        ("binary_sensor", "listening", "listening", yes_no | {"device_class": "sound"}),
        ("binary_sensor", "muted", "muted", yes_no | {"icon": "mdi:microphone-off"}),
        ("sensor", "last_command", "last", diagnostic | {"icon": "mdi:message-processing"}),
        ("sensor", "volume", "volume", percent),
        ("binary_sensor", "silent", "silent", yes_no | {"icon": "mdi:volume-off"}),
    ]
    if music:
        told.append(("binary_sensor", "playing", "playing", yes_no | {"icon": "mdi:music"}))
    for component, what, key, settings in told:
        yield component, what, _told(topics, "state", key) | settings
    clocks: list[tuple[str, dict[str, object], str]] = [
        ("timers", count | {"icon": "mdi:timer-outline"}, "running"),
        ("next_timer", moment | {"icon": "mdi:timer-sand"}, ""),
        ("alarms", count | {"icon": "mdi:alarm-multiple"}, "set"),
        ("next_alarm", moment | {"icon": "mdi:alarm"}, ""),
    ]
    for what, settings, more in clocks:
        yield "sensor", what, _told(topics, "timers", what) | settings | _more(topics, more)
    if home.say:
        yield "notify", "say", {"command_topic": topics.of("say"), "icon": "mdi:bullhorn"}


def _told(topics: Topics, topic: str, key: str) -> dict[str, object]:
    return {"state_topic": topics.of(topic), "value_template": f"{{{{ value_json.{key} }}}}"}


def _more(topics: Topics, key: str) -> dict[str, object]:
    """Each timer or alarm by itself, as attributes of their number."""
    if not key:
        return {}
    template = f"{{{{ {{'{key}': value_json.{key}}} | tojson }}}}"
    topic = topics.of("timers")
    return {"json_attributes_topic": topic, "json_attributes_template": template}
