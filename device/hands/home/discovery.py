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

STATES = ("waiting", "listening", "speaking", "ringing", "muted")
"""muted: there are no ears, so nobody could hear; hands cannot know why."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one speaker."""

    prefix: str
    id: str

    def of(self, what: str) -> str:
        """The topic for `what`: available, state, say, timer, woke."""
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


def entities(
    home: Home, topics: Topics, name: str, version: str, *, machine: str = "", room: str = ""
) -> Iterator[tuple[str, str]]:
    """(topic, payload) of each retained discovery message. With `machine` they are told from those
    of another speaker of the same name, and stay the same when the speaker is renamed.
    """
    node = f"keepmum_{machine or topics.id}"
    place = node if machine else topics.id
    device = {
        "identifiers": [node],
        "name": name,
        "manufacturer": "keepmum",
        "model": "keepmum",
        "sw_version": version,
        **({"suggested_area": room} if room else {}),
    }
    shared: dict[str, object] = {
        "availability_topic": topics.of("available"),
        "device": device,
        "origin": {"name": "keepmum", "sw_version": version},
    }
    for component, what, settings in _entities(home, topics):
        label = {"name": what.replace("_", " ").capitalize(), "unique_id": f"{node}_{what}"}
        payload = json.dumps(shared | settings | label)
        yield f"{home.discovery_prefix}/{component}/{place}/{what}/config", payload


def withdrawn(home: Home, topics: Topics) -> Iterator[str]:
    """The topics under which a speaker appeared by its name alone, to be emptied."""
    for component, what, _ in _entities(home, topics):
        yield f"{home.discovery_prefix}/{component}/{topics.id}/{what}/config"


def _entities(home: Home, topics: Topics) -> Iterator[tuple[str, str, dict[str, object]]]:
    """(component, what it tells, settings) of each entity."""
    state: dict[str, object] = {"state_topic": topics.of("state")}
    yes_no = {"payload_on": True, "payload_off": False}
    enum = {"device_class": "enum", "options": list(STATES), "icon": "mdi:account-voice"}
    muted = {"icon": "mdi:microphone-off"}
    sound = {"device_class": "sound"}
    diagnostic = {"entity_category": "diagnostic", "icon": "mdi:message-processing"}
    counted = {"state_class": "measurement", "icon": "mdi:timer-outline"}
    yield "sensor", "state", state | _value("state") | enum
    yield "binary_sensor", "listening", state | _value("listening") | yes_no | sound
    yield (
        "binary_sensor",
        "muted",
        state | _value("muted") | yes_no | muted,
    )
    yield "sensor", "last_command", state | _value("last") | diagnostic
    yield "sensor", "timers", state | _value("timers") | counted
    if home.say:
        yield "notify", "say", {"command_topic": topics.of("say"), "icon": "mdi:bullhorn"}


def _value(key: str) -> dict[str, object]:
    return {"value_template": f"{{{{ value_json.{key} }}}}"}
