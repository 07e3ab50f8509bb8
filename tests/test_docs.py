"""The README's tables say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

import device
from tests import docs


@pytest.mark.parametrize("name", docs.TABLES)
def test_a_table_of_the_readme_is_what_the_code_says(name: str) -> None:
    table = docs.TABLES[name]()
    assert docs.between(docs.README.read_text(encoding="utf-8"), name) == table, "run `make docs`"


def test_the_map_names_every_room_and_nothing_that_is_not_there() -> None:
    folder = Path(device.__file__).parent
    lines = [line.split() for line in (device.__doc__ or "").splitlines()]
    named = {words[0] for words in lines if words and words[0].endswith(("/", ".py"))}
    rooms = {f"{p.name}/" for p in folder.iterdir() if (p / "__init__.py").is_file()}
    assert rooms <= named
    assert all((folder / name.rstrip("/")).exists() for name in named)


def test_the_two_commands_are_in_the_readmes_first_screen() -> None:
    first = docs.README.read_text(encoding="utf-8").splitlines()[:20]
    assert any(line.startswith("make demo") for line in first)
    assert any(line.startswith("make test") for line in first)
