"""What the speaker says: every phrase of its English, its blanks filled with likely words."""

from __future__ import annotations

import re
import tomllib

from tests.benchmarks.harness import ROOT

KINDS = {
    "duration": "ten minutes",
    "length": "ten minute",
    "time": "half past seven",
    "date": "Monday, the third of May",
    "days": "on weekdays",
    "number": "three",
    "list": "milk, bread and butter",
    "choice": "the pasta timer or the tea timer",
}
NAMES = {
    "name": "kitchen light",
    "place": "living room",
    "item": "milk",
    "list": "shopping list",
    "title": "Yellow Submarine",
    "artist": "the Beatles",
    "unit": " degrees",
    "word": "raining",
    "at": "",
}


def texts() -> list[str]:
    """All phrases of the English replies as a voice would say them, each once."""
    file = ROOT / "device" / "hands" / "voice" / "phrases" / "en.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    phrases = [p for table in tables.values() for p in table.values() if isinstance(p, str)]
    return list(dict.fromkeys(text for p in phrases if (text := _filled(p).strip())))


def _filled(phrase: str) -> str:
    def fill(match: re.Match[str]) -> str:
        name, _, kind = match[1].partition(":")
        if "|" in kind:
            return kind.split("|")[1]
        return KINDS.get(kind) or NAMES.get(name, "three")

    return re.sub(r"\{([^}]*)\}", fill, phrase)
