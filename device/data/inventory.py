"""Every file that the speaker keeps about its household, declared in one table.

Export, forget and report go by this table, so that a thing which is kept can't be left out of
any of them by mistake: a test fails if a file turns up in the state folder that no part declares,
and forgetting everything takes undeclared files along.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from device.data import ledger
from device.data.ledgerwriter import DAMAGED_FILE

HOUSEHOLD_FILE = "household"
STATE_FILE = "hands.db"
PROOF_FILE = "prove.json"
TRACES_FILE, TRACES_BYTES = "told-home.json", 1 << 16
LISTS_BYTES, MAX_ITEMS = 1 << 20, 200
TAILS = ("", "-wal", "-shm", "-journal")
"""A database and what SQLite lays beside it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is kept in the state folder: files, or tables of an SQLite database."""

    kind: str
    """What `keepmum forget` calls it."""
    holds: str
    """One plain sentence: what is in it."""
    files: tuple[str, ...] = ()
    """Names or patterns of its files, relative to the state folder."""
    database: str = ""
    """The database that its tables are in."""
    tables: tuple[str, ...] = ()
    stays_out: str = ""
    """Why it is not exported; empty: it is."""


PARTS = (
    Part(
        "ledger",
        "When the speaker took in sound: time, wake word, score, seconds, outcome, kind of"
        " command. No sound, and no words unless [ledger] texts is on.",
        database=ledger.FILE,
        tables=("series", "activation", "gap", "fault"),
    ),
    Part(
        "damaged-ledger",
        "A ledger that a fault of the disk made unreadable, set aside.",
        files=(DAMAGED_FILE,),
        stays_out="it can't be read",
    ),
    Part(
        "broken",
        "Files that could not be read, set aside with their date.",
        files=("*.broken-*",),
        stays_out="they can't be read",
    ),
    Part(
        "timers",
        "Timers that run, with their names and lengths.",
        database=STATE_FILE,
        tables=("timers",),
    ),
    Part(
        "alarms",
        "Alarms, with their times and weekdays.",
        database=STATE_FILE,
        tables=("alarms",),
    ),
    Part(
        "volume",
        "The volume, and what else was set by voice.",
        database=STATE_FILE,
        tables=("settings",),
    ),
    Part("lists", "Shopping and to-do lists: what is on them.", files=("lists.json", "lists.new")),
    Part(
        "told-home",
        "The topics under which the broker keeps what the speaker told the home of itself.",
        files=(TRACES_FILE,),
        stays_out="it is about this speaker's place at its broker, not about the household",
    ),
    Part(
        "household",
        "A random number that names this household in exports.",
        files=(HOUSEHOLD_FILE,),
        stays_out="the archive's own list names it",
    ),
    Part(
        "proof",
        "The result of the last `keepmum prove`.",
        files=(PROOF_FILE,),
        stays_out="it is about this device, not about the household",
    ),
)


def kinds() -> tuple[str, ...]:
    """What can be forgotten on its own."""
    return tuple(part.kind for part in PARTS)


def files_of(part: Part, state: Path) -> list[Path]:
    """The files of a part that are there, sorted; a database is one, with what lies beside it."""
    patterns = part.files or tuple(part.database + tail for tail in TAILS)
    return sorted({f for pattern in patterns for f in state.glob(pattern) if f.is_file()})


def every_file(state: Path) -> Iterator[Path]:
    """Every file and link below a folder; links are not followed."""
    for folder, folders, names in os.walk(state):
        for name in sorted(names + [f for f in folders if Path(folder, f).is_symlink()]):
            yield Path(folder, name)


def undeclared(state: Path) -> list[Path]:
    """Files in the state folder that no part declares."""
    known = {f for part in PARTS for f in files_of(part, state)}
    return [f for f in every_file(state) if f not in known]


def undeclared_tables(state: Path) -> list[str]:
    """Tables in declared databases that no part declares, as file:table."""
    known = {(p.database, t) for p in PARTS for t in p.tables}
    return [
        f"{name}:{table}"
        for name in sorted({p.database for p in PARTS if p.database})
        for table in tables_in(state / name)
        if (name, table) not in known
    ]


def tables_in(path: Path) -> list[str]:
    """The tables of a database, SQLite's own left out; none if there is no such file."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(ledger.reading(path), uri=True)) as db:
        rows = db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return sorted(name for (name,) in rows)


def amounts(state: Path) -> dict[str, str]:
    """How much there is of each part that isn't empty, in words. Raises sqlite3.Error."""
    found: dict[str, str] = {}
    for part in PARTS:
        if part.database and part.kind != "ledger":
            count = sum(_rows(state / part.database, table) for table in part.tables)
            found[part.kind] = (
                "" if not count else f"{count} {'entry' if count == 1 else 'entries'}"
            )
        else:
            size = sum(f.stat().st_size for f in files_of(part, state))
            found[part.kind] = _bytes(size) if size else ""
    return {kind: amount for kind, amount in found.items() if amount}


def _bytes(size: int) -> str:
    return f"{size / 1024:.0f} KB" if size >= 1024 else f"{size} bytes"


def _rows(path: Path, table: str) -> int:
    if table not in tables_in(path):
        return 0
    with closing(sqlite3.connect(ledger.reading(path), uri=True)) as db:
        count: int = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
    return count


def lists_in(content: bytes) -> dict[str, list[str]]:
    """The lists in the content of lists.json. Raises ValueError, RecursionError."""
    if len(content) > LISTS_BYTES:
        raise ValueError("too large")
    table = json.loads(content.decode())
    if not isinstance(table, dict) or not all(
        isinstance(items, list)
        and len(items) <= MAX_ITEMS
        and all(isinstance(item, str) for item in items)
        for items in table.values()
    ):
        raise ValueError("not lists of texts")
    json.dumps(table, ensure_ascii=False).encode()  # half a character could not be written again
    return table


def household_id(state: Path) -> str | None:
    """The id of this household, or None before its first export."""
    try:
        return (state / HOUSEHOLD_FILE).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def name_household(state: Path) -> str:
    """The id of this household, made now if there is none: 16 random bytes in hex."""
    known = household_id(state)
    if known is not None:
        return known
    made = secrets.token_hex(16)
    keep(state / HOUSEHOLD_FILE, f"{made}\n".encode())
    return made


def keep(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file so that after a power cut it is either the old or the new one, whole.

    A link in its place is replaced, not followed: root writes here, where others may write too.
    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)  # left by a power cut, or laid there
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that came and went in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
