"""Every sentence of a peer's own test suite is understood, with the intent and slots it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import parse
from device.names import NameTable, compile_names
from tests.language.speech import matcher, rendered

FOLDER = Path(__file__).parent / "household"


def home(language: str) -> NameTable:
    return compile_names(parse((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def table(language: str) -> list[tuple[str, str]]:
    """(sentence, expected intent and slots) as written in the table."""
    lines = (FOLDER / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(sentence, expected) for sentence, expected in rows]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_understands_every_sentence_of_the_household(language: str) -> None:
    names = home(language)
    wrong = []
    for sentence, expected in table(language):
        found = matcher(language, names).find(sentence.split())
        understood = rendered(found.request, names) if found and found.cost == 0 else "-"
        if understood != expected:
            wrong.append(f"{sentence}: {understood}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize(("language", "count"), [("en", 104), ("fr", 292)])
def test_the_table_is_complete(language: str, count: int) -> None:
    assert len(dict(table(language))) == count
