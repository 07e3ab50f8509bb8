"""What is forgotten is in no file any more: raw bytes are searched for planted values."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.data import forget, inventory, ledger, ledgerreader
from device.data.forget import Wish
from device.data.ledger import Note
from device.data.ledgerwriter import DAMAGED_FILE, Health, LedgerWriter
from device.errors import NotForgotten
from device.letter import Command, Ended, Hello, Woke
from device.mind.types import Intent, Outcome, Request

PLANTED = [f"planted-{word}".encode() for word in ("text", "timer", "file", "stranger", "table")]


def plant(state: Path, *, rows: int = 200) -> None:
    """A state folder with planted values in rows, tables, declared and undeclared files."""
    with closing(ledger.connect(state / ledger.FILE)) as db:
        ledger.write(db, [Note(0, Hello(7, bytes(8)))])
        for n in range(1, rows + 1):
            request = Request(Intent.TIMER_SET)
            ledger.write(
                db,
                [
                    Note(n * 1000, Woke(n, 0, 9), word="alexa"),
                    Note(n * 1000, Command(n, request), text=f"planted-text {n}"),
                    Note(n * 1000, Ended(n, Outcome.COMMAND, 20)),
                ],
            )
    with closing(sqlite3.connect(state / inventory.STATE_FILE)) as db:
        db.executescript(
            "CREATE TABLE timers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
            "CREATE TABLE alarms (id INTEGER PRIMARY KEY, name TEXT);"
            "CREATE TABLE novelty (value TEXT)"
        )
        db.executemany("INSERT INTO timers (name) VALUES (?)", [("planted-timer",)] * 100)
        db.execute("INSERT INTO alarms VALUES (1, 'kept-alarm')")
        db.execute("INSERT INTO novelty VALUES ('planted-table')")
        db.commit()
        # deleted rows leave their bytes on free pages, which must go too
        db.execute("DELETE FROM timers WHERE id > 10")
        db.commit()
    (state / DAMAGED_FILE).write_bytes(b"planted-file " * 500)
    (state / "deeper").mkdir()
    (state / "deeper" / "notes").write_bytes(b"planted-stranger")


def found(state: Path) -> set[bytes]:
    raw = b"".join(f.read_bytes() for f in inventory.every_file(state))
    return {value for value in PLANTED if value in raw}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    plant(tmp_path)
    assert found(tmp_path) == set(PLANTED)
    yield tmp_path


def test_everything_leaves_no_planted_byte(state: Path) -> None:
    done = forget.forget(state, Wish(inventory.kinds()))
    assert done.rows == 200
    assert found(state) == set()
    assert b"kept-alarm" not in (state / inventory.STATE_FILE).read_bytes()


def test_one_kind_leaves_the_others(state: Path) -> None:
    forget.forget(state, Wish(("timers",)))
    assert found(state) == set(PLANTED) - {b"planted-timer"}
    with closing(sqlite3.connect(state / inventory.STATE_FILE)) as db:
        assert db.execute("SELECT name FROM alarms").fetchall() == [("kept-alarm",)]


def test_since_a_time_forgets_what_is_newer_and_says_what_bears_no_date(state: Path) -> None:
    done = forget.forget(state, Wish(("ledger", "timers"), since=101_000))
    assert (done.rows, done.left) == (100, ("timers",))
    assert ledgerreader.read(state / ledger.FILE).rows[-1].number == 100
    raw = (state / ledger.FILE).read_bytes()
    assert b"planted-text 100" in raw
    assert not any(f"planted-text {n}".encode() in raw for n in range(101, 201))


def test_the_clerk_forgets_while_it_writes(state: Path) -> None:
    told: list[Health] = []
    writer = LedgerWriter(state, keep_days=3650, tell=told.append, now=lambda: 0)
    writer.note(Note(900_000, Woke(201, 0, 9)))
    writer.note(Note(900_000, Command(201, Request(1)), text="planted-text late"))
    done = forget.forget(state, Wish(inventory.kinds()), rows=writer.forget)
    assert done.rows == 201
    assert found(state) == set()
    writer.note(Note(901_000, Woke(202, 0, 9)))
    writer.close()
    after = ledgerreader.read(state / ledger.FILE)
    assert [r.number for r in after.rows] == [202]
    assert after.gaps == ()
    assert told == []


def test_a_disk_that_refuses_is_said(state: Path) -> None:
    with (
        closing(sqlite3.connect(state / ledger.FILE)) as reader,
        pytest.raises(NotForgotten) as caught,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM activation").fetchone()
        reader.execute("PRAGMA busy_timeout = 0")
        forget.forget(state, Wish(("ledger",)), rows=lambda since: _impatient(state, since))
    assert "log" in str(caught.value) or "locked" in str(caught.value)


def _impatient(state: Path, since: int) -> int:
    with closing(ledger.connect(state / ledger.FILE)) as db:
        db.execute("PRAGMA busy_timeout = 0")
        return ledger.forget(db, since)


def test_a_shredded_file_was_zeros_before_it_went(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"planted" * 40_000)
    os.link(path, tmp_path / "witness")
    with (tmp_path / "witness").open("rb") as witness:
        seen: list[bytes] = []
        truncate = os.ftruncate

        def watch(descriptor: int, size: int) -> None:
            seen.append(witness.read())
            truncate(descriptor, size)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "ftruncate", watch)
            forget.shred(path)
    assert seen == [bytes(280_000)]
    assert not path.exists()


def test_a_link_is_removed_and_what_it_points_at_is_not_touched(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("stays")
    (tmp_path / "state").mkdir()
    link = tmp_path / "state" / "link"
    link.symlink_to(outside)
    forget.forget(tmp_path / "state", Wish(inventory.kinds()))
    assert not link.is_symlink()
    assert outside.read_text() == "stays"


def test_factory_leaves_empty_folders(
    state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = tmp_path_factory.mktemp("etc")
    (settings / "sentences").mkdir(parents=True)
    (settings / "keepmum.toml").write_text("")
    (settings / "sentences" / "own.yaml").write_text("")
    forget.factory([state, settings])
    assert [p for p in state.rglob("*") if p.is_file()] == []
    assert list(settings.iterdir()) == []
