"""How the speaker appears in Home Assistant: what it tells of itself, by MQTT discovery.

Only states: listening or not, how many timers, the kind of the last command. Never sound; words
of a command only if [home] texts is on, and then as the rendering of ids. There is no switch among
the entities: nothing about the microphone can be set from there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

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


def entities(home: Home, topics: Topics, name: str, version: str) -> Iterator[tuple[str, str]]:
    """(topic, payload) of each retained discovery message."""
    device = {
        "identifiers": [f"keepmum_{topics.id}"],
        "name": name,
        "model": "keepmum",
        "sw_version": version,
    }
    shared: dict[str, object] = {"availability_topic": topics.of("available"), "device": device}
    state = {"state_topic": topics.of("state")}
    yes_no = {"payload_on": True, "payload_off": False}
    known: list[tuple[str, str, dict[str, object]]] = [
        ("sensor", "state", {**_value("state"), "device_class": "enum", "options": list(STATES)}),
        ("binary_sensor", "listening", {**_value("listening"), **yes_no, "device_class": "sound"}),
        ("binary_sensor", "muted", {**_value("muted"), **yes_no}),
        ("sensor", "last_command", _value("last")),
        ("sensor", "timers", {**_value("timers"), "state_class": "measurement"}),
    ]
    for component, what, settings in known:
        label = {"name": what.replace("_", " ").capitalize()}
        unique = {"unique_id": f"keepmum_{topics.id}_{what}"}
        payload = json.dumps(shared | state | settings | label | unique)
        yield f"{home.discovery_prefix}/{component}/{topics.id}/{what}/config", payload
    if home.say:
        say = {"command_topic": topics.of("say"), "name": "Say"}
        unique = {"unique_id": f"keepmum_{topics.id}_say"}
        topic = f"{home.discovery_prefix}/notify/{topics.id}/say/config"
        yield topic, json.dumps(shared | say | unique)


def _value(key: str) -> dict[str, object]:
    return {"value_template": f"{{{{ value_json.{key} }}}}"}
