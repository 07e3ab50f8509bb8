"""The ledger: one row for every time sound was taken in, and no word of what was said.

An SQLite database in the state folder, written by one thread of the hands (ledgerwriter.py). A
row holds when, which word, its score, seconds taken in, the outcome and when it was forgotten; its
text is empty unless the owner asked for texts, and then it is the rendering of ids, never a
transcript.

Ears number what they take in, and their numbers run on. The ledger compares: what it did not see
is a gap, recorded in the same transaction that found it, so that for every series of numbers
`last - base == logged + missing` holds at any moment.

Durability: write-ahead log, `synchronous=FULL` (every commit is on the disk before it counts),
`secure_delete` (what is deleted is overwritten with zeros). Times are milliseconds since 1970.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.letter import Command, Ended, Fault, Hello, Woke
from device.mind.types import BUTTON, FOLLOW_UP, STOP_WORD

FILE: Final = "ledger.db"
VERSION: Final = 1
CUT_OFF: Final = 100
"""The outcome of an activation whose end no letter told: ears or hands ended in its midst."""
DAY_MS: Final = 86_400_000

SCHEMA = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY, boot TEXT NOT NULL, began INTEGER NOT NULL,
    base INTEGER NOT NULL, last INTEGER NOT NULL,
    logged INTEGER NOT NULL DEFAULT 0, missing INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE activation (
    series INTEGER NOT NULL, number INTEGER NOT NULL, began INTEGER NOT NULL,
    word TEXT, score INTEGER, outcome INTEGER, tenths INTEGER, forgotten INTEGER,
    intent INTEGER, text TEXT, acted_ms INTEGER,
    PRIMARY KEY (series, number)
) WITHOUT ROWID;
CREATE TABLE gap (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, at INTEGER NOT NULL, count INTEGER
);
CREATE TABLE fault (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, code INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Acted:
    """The hands did what was asked, `ms` milliseconds after its letter came."""

    number: int
    ms: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Hands are about to meet ears: from here on sound may be taken in."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The letter socket is closed on both ends, and every letter in it was read."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the ledger, with the time it was heard of."""

    at: int
    what: Opening | Hello | Woke | Command | Ended | Fault | Acted | Closed
    word: str = ""
    """The wake word's name, beside a `Woke`; empty for the button and the like."""
    text: str | None = None
    """The rendering of a `Command`'s ids, if the owner keeps texts."""


CAUSES = {BUTTON: "button", FOLLOW_UP: "answer", STOP_WORD: "stop word"}


def connect(path: Path) -> sqlite3.Connection:
    """A connection that may write, with durability and forgetting switched on.

    Raises sqlite3.Error if the disk is full, read-only, or the file is not a ledger.
    """
    try:
        # the log beside it takes on its mode
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    db = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
    try:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA synchronous = FULL")
        if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise sqlite3.OperationalError("no write-ahead log on this disk")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT")
        elif version != VERSION:
            raise sqlite3.DatabaseError(f"a ledger of version {version}, not {VERSION}")
    except sqlite3.Error:
        db.close()
        raise
    return db


def reading(path: Path) -> str:
    """The address by which SQLite opens a database for reading alone.

    On a read-only disk the log beside it can't be looked at: what is in the file itself counts.
    """
    frozen = os.statvfs(path.parent).f_flag & os.ST_RDONLY
    return f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if frozen else ''}"


def write(db: sqlite3.Connection, notes: Iterable[Note]) -> None:
    """Commit notes in one transaction; raises sqlite3.Error with nothing of them written."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for note in notes:
            _apply(db, note)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _apply(db: sqlite3.Connection, note: Note) -> None:
    match note.what:
        case Opening():
            _opening(db, note.at)
        case Hello(boot):
            _hello(db, note.at, f"{boot:016x}")
        case Woke(number, cause, score):
            word = CAUSES.get(cause, note.word or f"word {cause + 1}")
            _woke(db, note.at, number, word, score if cause not in CAUSES else None)
        case Command(number, request):
            _known(db, note.at, number)
            _update(db, number, intent=request.intent, text=note.text)
        case Acted(number, ms):
            _update(db, number, acted_ms=ms)
        case Ended(number, outcome, tenths):
            _known(db, note.at, number)
            _update(db, number, outcome=int(outcome), tenths=tenths, forgotten=note.at)
        case Fault(code):
            db.execute("INSERT INTO fault (at, code) VALUES (?, ?)", (note.at, int(code)))
        case Closed():
            db.execute("UPDATE series SET closed = 1 WHERE id = (SELECT max(id) FROM series)")


def _opening(db: sqlite3.Connection, at: int) -> None:
    """A new series, on the disk before its first number can be: whatever becomes of it shows."""
    db.execute(
        "UPDATE activation SET outcome = ?, forgotten = ? WHERE outcome IS NULL", (CUT_OFF, at)
    )
    last = db.execute("SELECT id, closed FROM series ORDER BY id DESC LIMIT 1").fetchone()
    if last is not None and not last[1]:
        # the end of that series was not read: how much of it is missing can't be known any more
        db.execute("INSERT INTO gap (series, at, count) VALUES (?, ?, NULL)", (last[0], at))
    db.execute("INSERT INTO series (boot, began, base, last) VALUES ('', ?, 0, 0)", (at,))


def _hello(db: sqlite3.Connection, at: int, boot: str) -> None:
    """A life of the ears begins; its numbers run on from here."""
    series, known, _ = _latest(db)
    if series == 0 or known:
        _opening(db, at)
        series, _, _ = _latest(db)
    db.execute("UPDATE series SET boot = ? WHERE id = ?", (boot, series))


def _latest(db: sqlite3.Connection) -> tuple[int, str, int]:
    """(id, boot, last number) of the series at hand."""
    row: tuple[int, str, int] | None = db.execute(
        "SELECT id, boot, last FROM series ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return row if row is not None else (0, "", 0)


def _woke(
    db: sqlite3.Connection, at: int, number: int, word: str | None, score: int | None
) -> None:
    series, boot, last = _latest(db)
    if series == 0 or number <= last:
        # numbers that begin anew without a hello: a series of their own
        _opening(db, at)
        _hello(db, at, boot)
        series, boot, last = _latest(db)
    missing = number - last - 1
    if missing:
        db.execute("INSERT INTO gap (series, at, count) VALUES (?, ?, ?)", (series, at, missing))
    db.execute(
        "INSERT INTO activation (series, number, began, word, score) VALUES (?, ?, ?, ?, ?)",
        (series, number, at, word, score),
    )
    db.execute(
        "UPDATE series SET last = ?, logged = logged + 1, missing = missing + ? WHERE id = ?",
        (number, missing, series),
    )


def _known(db: sqlite3.Connection, at: int, number: int) -> None:
    """Make the row of an activation whose `Woke` was never read, so that nothing is left out."""
    if _latest(db)[2] != number:
        _woke(db, at, number, None, None)


def _update(db: sqlite3.Connection, number: int, **values: int | str | None) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    db.execute(
        f"UPDATE activation SET {columns} "  # noqa: S608 - names of our own columns
        "WHERE number = ? AND series = (SELECT max(id) FROM series)",
        (*values.values(), number),
    )


def purge(db: sqlite3.Connection, before: int) -> int:
    """End what is older than `before`; gives the number of rows that are gone."""
    return forget(db, 0, before)


def forget(db: sqlite3.Connection, since: int = 0, until: int | None = None) -> int:
    """Take out rows of `since` <= time < `until`, and their bytes; gives how many activations.

    The last number of the series at hand stays, or the next activation would look like a gap.
    """
    span = (since, until if until is not None else 1 << 62)
    db.execute("BEGIN IMMEDIATE")
    try:
        before = db.total_changes
        rows = db.execute("DELETE FROM activation WHERE began >= ? AND began < ?", span).rowcount
        db.execute("DELETE FROM gap WHERE at >= ? AND at < ?", span)
        db.execute("DELETE FROM fault WHERE at >= ? AND at < ?", span)
        db.execute(
            "DELETE FROM series WHERE began >= ? AND began < ?"
            " AND id < (SELECT max(id) FROM series)"
            " AND NOT EXISTS (SELECT 1 FROM activation WHERE series = series.id)",
            span,
        )
        if since == 0 and until is None:
            db.execute("UPDATE series SET base = last, logged = 0, missing = 0")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    if db.total_changes > before:
        scrub(db)
    return rows


def scrub(db: sqlite3.Connection) -> None:
    """No byte of a deleted row stays: rebuild the file, then empty the write-ahead log.

    The rebuilding happens in memory: a temporary file would be another place to forget.
    """
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("VACUUM")
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("a reader holds the write-ahead log")
