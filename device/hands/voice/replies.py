"""What the speaker says: a key and values become a sentence of the language in force.

The sentences are data, phrases/LANGUAGE.toml. A place in a sentence is `{value:kind}`; the kinds
(duration, time, date, count …) are spoken as people of that language say them:
see `device/hands/voice/values.py`.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

from device.hands.voice.values import Spoken, spoken
from device.mind.types import Request

if TYPE_CHECKING:
    from device.hands.house import House

Skill = Callable[[Request, "House"], Awaitable["Reply"]]
"""Does what a request asks for in a house, and answers."""
Value = str | int | float | tuple[str, ...]


class Chime(Enum):
    """Short sounds that stand for a sentence."""

    WOKE = "woke"
    DONE = "done"
    PUZZLED = "puzzled"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: what to say, or only a chime."""

    key: str
    """A key of the phrases; every reply has one, so that the ledger can tell it."""
    values: Mapping[str, Value] = field(default_factory=dict)
    chime: Chime | None = None
    """Played instead of speaking."""
    ask: Skill | None = None
    """The reply is a question, and this is done with the one answer taken without a wake word."""
    text: str | None = None
    """Spoken instead of the phrase: the output of an owner's own command."""


def load(language: str) -> dict[str, str]:
    """All phrases of a language: "table.key" -> sentence."""
    file = resources.files("device.hands.voice") / "phrases" / f"{language}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {f"{t}.{k}": text for t, entries in tables.items() for k, text in entries.items()}


class Replies(string.Formatter):
    """Renders replies in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.phrases = load(language)
        self._spoken: Spoken = spoken(language)

    def text(self, reply: Reply) -> str:
        """The sentence of a reply; empty if it is only a chime."""
        if reply.chime is not None:
            return ""
        if reply.text is not None:
            return reply.text
        said = self.phrase(reply.key, reply.values)
        return said[:1].upper() + said[1:]

    def phrase(self, key: str, values: Mapping[str, Value]) -> str:
        """A phrase that is a part of another."""
        return self.vformat(self.phrases[key], (), values)

    def fixed(self) -> list[str]:
        """The sentences that are always the same: worth having their sound ready."""
        return [text for text in self.phrases.values() if text and "{" not in text]

    def format_field(self, value: object, format_spec: str) -> str:
        """Part of string.Formatter: `{value:kind}` spoken."""
        return self._spoken.say(value, format_spec)
