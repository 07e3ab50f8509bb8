"""A broken file is set aside with its date, and what SQLite lays beside it goes along."""

from __future__ import annotations

import re
from pathlib import Path

from device.data.aside import MOST, set_aside, set_aside_before


def test_it_is_beside_its_place_with_its_date_and_its_tails(tmp_path: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        (tmp_path / f"hands.db{tail}").write_text(tail)
    aside = set_aside(tmp_path / "hands.db")
    assert aside is not None
    assert re.fullmatch(r"hands\.db\.broken-\d{8}-\d{6}", aside.name)
    assert aside.with_name(f"{aside.name}-wal").read_text() == "-wal"
    assert not list(tmp_path.glob("hands.db")) + list(tmp_path.glob("hands.db-*"))


def test_a_file_that_breaks_every_day_does_not_fill_the_disk(tmp_path: Path) -> None:
    for number in range(MOST + 3):
        (tmp_path / "lists.json").write_text(str(number))
        assert set_aside(tmp_path / "lists.json") is not None
    kept = set_aside_before(tmp_path)
    assert len(kept) == MOST
    assert {p.read_text() for p in kept} == {str(n) for n in range(3, MOST + 3)}


def test_what_is_not_there_is_not_set_aside(tmp_path: Path) -> None:
    assert set_aside(tmp_path / "lists.json") is None
    assert set_aside_before(tmp_path / "nowhere") == []
