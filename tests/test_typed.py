"""What the docs tell a person to type is there to be typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import docs, typed


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_is_one_that_keepmum_has(page: Path) -> None:
    found = [(words, typed.fault(words)) for words in typed.commands_in(page)]
    assert [(words, why) for words, why in found if why] == []


def test_commands_are_found_in_blocks_and_in_the_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        'Say `keepmum say "what time is it"`.\n\n```\nsudo keepmum prove   # a minute\n'
        "make demo && keepmum watch\n```\n`[home] broker` and keepmum in words are none.\n"
    )
    assert list(typed.commands_in(page)) == [["prove"], ["watch"], ["say", "what time is it"]]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["listn"], "keepmum has no command listn"),
        (["models", "ftch"], "keepmum models has no command ftch"),
        (["prove", "--harder"], "keepmum prove has no option --harder"),
        (["prove"], ""),
        (["models", "fetch", "vosk/fr", "--from", "x.zip"], ""),
        ([], ""),
    ],
)
def test_what_is_not_there_is_named(words: list[str], why: str) -> None:
    assert typed.fault(words) == why


def test_the_docs_hold_many_commands() -> None:
    assert sum(len(list(typed.commands_in(page))) for page in docs.PAGES) > 60
