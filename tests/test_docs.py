"""README and docs say what the code says, and lead where they say they lead."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import device
from tests import docs


@pytest.mark.parametrize("name", docs.TABLES)
def test_a_table_of_the_docs_is_what_the_code_says(name: str) -> None:
    assert docs.told(name) == docs.TABLES[name](), "run `make docs`"


def test_a_benchmark_without_a_new_result_keeps_its_rows_and_its_stamp(tmp_path: Path) -> None:
    told = docs.told("benchmarks")
    assert docs.benchmarks(told, tmp_path) == told
    record = {"date": "2031-02-03T04:05:06", "commit": "abc1234", "machine": "a Pi"}
    figures = {"load_s": 0.25, "new": 3.0}
    result = record | {"figures": figures, "notes": {"new": "a note"}}
    (tmp_path / "wakeword_speed.json").write_text(json.dumps(result))
    made = docs.benchmarks(told, tmp_path)
    assert "| wakeword_speed | `load_s` | 0.25 |  |\n" in made
    assert "| wakeword_speed | `new` | 3 | a note |\n" in made
    assert "- wakeword_speed: 2031-02-03, abc1234, a Pi" in made
    assert sum("wakeword_speed" in line for line in made.splitlines()) == 3
    others = [line for line in told.splitlines() if "wakeword_speed" not in line]
    assert [line for line in made.splitlines() if "wakeword_speed" not in line] == others
    assert docs.benchmarks(made, tmp_path) == made


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


def test_the_readme_is_one_page() -> None:
    assert len(docs.README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_page_that_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    broken = [
        link
        for link in links
        if "://" not in link and not (page.parent / link.partition("#")[0]).exists()
    ]
    assert broken == []


def test_the_readme_leads_to_every_page() -> None:
    text = docs.README.read_text(encoding="utf-8")
    pages = [f"device/docs/{page.name}" for page in docs.PAGES if page != docs.README]
    assert len(pages) >= 10
    assert [page for page in pages if f"({page})" not in text] == []
