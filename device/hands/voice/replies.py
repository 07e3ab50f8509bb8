"""What the speaker says: a key and values become a sentence of the language in force.

The sentences are data, phrases/LANGUAGE.toml. A place in a sentence is `{value:kind}`; the kinds
(duration, time, date, count …) are spoken as people of that language say them:
see `device/hands/voice/values.py`.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

from device.hands.sound.chimes import Chime
from device.hands.voice.values import Spoken, spoken
from device.mind.types import Request

Value = str | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confirm:
    """The question whether `request` was meant: it is done after a yes, and only then."""

    request: Request


@dataclass(frozen=True, slots=True)
class Which:
    """The question which of several things `request` is about; the permit says who answers."""

    request: Request
    choices: tuple[int, ...]
    """Their ids, in the order in which they were named."""


Question = Confirm | Which


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request: what to say, or only a chime."""

    key: str
    """A key of the phrases; every reply has one, so that the ledger can tell it."""
    values: Mapping[str, Value] = field(default_factory=dict)
    chime: Chime | None = None
    """Played instead of speaking."""
    ask: Question | None = None
    """The reply is this question; one answer to it is taken without a wake word."""
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
