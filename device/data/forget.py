"""Forgetting for good: afterwards the bytes are in no file of the state folder.

The ledger deletes with `secure_delete`, is rebuilt without free pages, and its write-ahead log is
emptied. Files are overwritten with zeros, synced and removed. What flash keeps below the file
system can't be reached from here; `FLASH` says so, and what to do about it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from device.data import inventory, ledger
from device.errors import NotForgotten

FLASH = (
    "SD cards and SSDs move data about by themselves: a worn or spare block inside the card may"
    " still hold an old copy, which no program on this computer can read or reach. The whole card"
    " can be made to drop such copies (`sudo blkdiscard` on it from another computer, or a secure"
    " erase); if the card changes hands and it matters, destroy it. A card that was encrypted from"
    " the start (LUKS) needs only its key thrown away."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be forgotten: these kinds, and of dated kinds only what is as new as `since`."""

    kinds: tuple[str, ...]
    since: int = 0
    """Milliseconds since 1970; 0: all of it."""

    @property
    def everything(self) -> bool:
        """Whether nothing at all is to be left."""
        return self.since == 0 and set(self.kinds) >= set(inventory.kinds())


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What came of it."""

    rows: int
    """Rows of the ledger."""
    files: tuple[str, ...]
    """Files that are gone, relative to the state folder."""
    left: tuple[str, ...]
    """Kinds that were left as they are, because their things bear no date."""


def forget(state: Path, wish: Wish, *, rows: Callable[[int], int] | None = None) -> Forgotten:
    """Carry out a wish in a state folder.

    `rows` forgets ledger rows in place of this function, where a clerk holds the ledger open.
    Only the ledger is dated. Raises NotForgotten if the disk refuses.
    """
    count, gone, left = 0, [], []
    try:
        for part in inventory.PARTS:
            if part.kind not in wish.kinds:
                continue
            if part.kind == "ledger":
                count = (rows or _rows_of(state))(wish.since)
            elif wish.since:
                left.append(part.kind)
            elif part.database:
                empty_tables(state / part.database, part.tables)
            else:
                gone += _shred_all(state, inventory.files_of(part, state))
        if wish.everything:
            gone += _shred_all(state, inventory.undeclared(state))
            for name in inventory.undeclared_tables(state):
                database, table = name.split(":")
                empty_tables(state / database, (table,))
    except (OSError, sqlite3.Error) as error:
        raise NotForgotten(what=error) from error
    return Forgotten(count, tuple(gone), tuple(left))


def empty_tables(path: Path, tables: Collection[str]) -> None:
    """Take every row out of these tables, and its bytes out of the file. Raises sqlite3.Error."""
    there = [t for t in inventory.tables_in(path) if t in tables]
    if not there:
        return
    with closing(sqlite3.connect(path, isolation_level=None, timeout=5.0)) as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        for table in there:
            db.execute(f'DELETE FROM "{table}"')  # noqa: S608 - a name out of the schema
            if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
                db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        db.execute("COMMIT")
        ledger.scrub(db)


def _rows_of(state: Path) -> Callable[[int], int]:
    """Forget rows of a ledger that nobody else has open."""

    def rows(since: int) -> int:
        path = state / ledger.FILE
        if not path.exists():
            return 0
        with closing(ledger.connect(path)) as db:
            return ledger.forget(db, since)

    return rows


def factory(folders: list[Path]) -> list[Path]:
    """Shred every file in these folders: the next start is a first start. Raises NotForgotten."""
    gone = [file for folder in folders for file in inventory.every_file(folder)]
    try:
        for file in gone:
            shred(file)
        for folder in folders:
            _remove_empty(folder)
    except OSError as error:
        raise NotForgotten(what=error) from error
    return gone


def _remove_empty(folder: Path) -> None:
    for below, _, _ in os.walk(folder, topdown=False):
        if Path(below) != folder:
            Path(below).rmdir()


def _shred_all(state: Path, files: Collection[Path]) -> list[str]:
    there = [f for f in files if f.is_file() or f.is_symlink()]
    for file in there:
        shred(file)
    return [str(f.relative_to(state)) for f in there]


def shred(path: Path) -> None:
    """Overwrite a file with zeros, wait for the disk, and remove it. Raises OSError."""
    if not path.is_symlink() and path.is_file():
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            size = os.fstat(descriptor).st_size
            for start in range(0, size, 1 << 16):
                os.pwrite(descriptor, bytes(min(1 << 16, size - start)), start)
            os.fsync(descriptor)
            os.ftruncate(descriptor, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    path.unlink()
    inventory.sync_folder(path.parent)
