"""What must survive a power cut: timers, alarms, the volume. One SQLite file, every write synced.

It holds what was asked for, never what was heard.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from device.data.aside import MARK, set_aside
from device.errors import AnotherSpeaker, BrokenState

FILE = "hands.db"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a private folder in it
HELD_S = 5.0
log = logging.getLogger("keepmum.hands")

SCHEMA = """
CREATE TABLE IF NOT EXISTS timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    length REAL NOT NULL,
    boot TEXT NOT NULL,
    due_running REAL,
    due_wall REAL,
    left_over REAL
);
CREATE TABLE IF NOT EXISTS alarms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    minutes INTEGER NOT NULL,
    days INTEGER NOT NULL,
    due_wall REAL NOT NULL,
    snoozed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS settings (
    key TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
"""


SOUND = {
    "timers": "typeof(name) = 'text' AND typeof(length) IN ('real', 'integer')"
    " AND length BETWEEN 0 AND 1e7 AND typeof(boot) = 'text'"
    " AND typeof(coalesce(due_running, 0)) IN ('real', 'integer')"
    " AND typeof(coalesce(due_wall, 0)) IN ('real', 'integer')"
    " AND typeof(coalesce(left_over, 0)) IN ('real', 'integer')"
    " AND abs(coalesce(due_running, 0)) < 1e12 AND abs(coalesce(due_wall, 0)) < 1e12"
    " AND abs(coalesce(left_over, 0)) < 1e12"
    " AND (left_over IS NOT NULL OR (due_running IS NOT NULL AND due_wall IS NOT NULL))",
    "alarms": "typeof(minutes) = 'integer' AND minutes BETWEEN 0 AND 1439"
    " AND typeof(days) = 'integer' AND days BETWEEN 0 AND 127"
    " AND typeof(due_wall) IN ('real', 'integer') AND abs(due_wall) < 1e12"
    " AND typeof(snoozed) = 'integer'",
    "settings": "typeof(key) = 'text' AND typeof(value) = 'integer'",
}
"""What a row must be for the code that reads it: SQLite itself keeps any value in any column."""
DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def hold(folder: Path) -> int:
    """A descriptor that keeps `folder` this process's own for as long as it is open.

    A lock on the folder itself, so there is no file to forget; nothing can be read from it that
    the path doesn't give. The life before may take a moment to end. -1 on a disk that takes no
    folder or no lock. Raises AnotherSpeaker.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return -1
    end = time.monotonic() + HELD_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                os.close(descriptor)
                raise AnotherSpeaker(folder=folder) from error
            time.sleep(0.05)
        except OSError:
            os.close(descriptor)
            return -1
        else:
            return descriptor


def _nobody() -> None:
    """Nobody wants to know."""


def open_state(folder: Path, broken: Callable[[], None] = _nobody) -> sqlite3.Connection:
    """The state of `folder`, made if there is none; raises BrokenState if another has it locked.

    A write-ahead log, synced at every commit: what was answered is on the disk, for one sync (a
    rollback journal takes four, and a power cut can bring it back and undo what was answered).
    What is deleted is overwritten with zeros. A damaged file is set aside for a new one, and on a
    disk that takes nothing the state is kept in memory; `broken` is called for both.
    """
    path = folder / FILE
    try:
        state = _opened(path)
    except Damaged as error:
        aside = set_aside(path)
        log.error("%s is damaged (%s), set aside as %s", path, error, aside and aside.name)
        broken()
        state = _anew(path)
    except (OSError, sqlite3.Error) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in BUSY:
            raise BrokenState(file=path, why=str(error)) from error
        log.error("the disk takes nothing (%s): timers and alarms are kept in memory", error)
        if not _is_read_only(folder):
            broken()
        state = _in_memory(path)
    state.row_factory = sqlite3.Row
    return state


class Damaged(ValueError):
    """The file is there and can't be used."""


def _opened(path: Path) -> sqlite3.Connection:
    """Raises Damaged, OSError, sqlite3.Error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise Damaged("it is no file")
    state = sqlite3.connect(path, isolation_level=None)
    try:
        state.execute("PRAGMA journal_mode = WAL")
        state.execute("PRAGMA synchronous = FULL")
        state.execute("PRAGMA secure_delete = ON")
        state.executescript(SCHEMA)
        check(state)
    except Damaged:
        state.close()
        raise
    except (sqlite3.Error, ValueError) as error:
        state.close()
        # without a code it is Python's own: a text in it is not UTF-8
        if getattr(error, "sqlite_errorcode", DAMAGE[0]) & 0xFF in DAMAGE:
            raise Damaged(type(error).__name__) from error
        raise
    return state


def check(state: sqlite3.Connection) -> None:
    """Raises Damaged for what its readers could not read, sqlite3.Error; so does an import."""
    found = state.execute("PRAGMA quick_check(1)").fetchone()
    if found is None or found[0] != "ok":
        raise Damaged("its pages don't fit together")
    with closing(sqlite3.connect(":memory:")) as sample:
        sample.executescript(SCHEMA)
        for table, sound in SOUND.items():
            columns = f"PRAGMA table_info({table})"
            if _rows(state, columns) != _rows(sample, columns):
                raise Damaged(f"{table} has other columns")
            rows = f"SELECT count(*) FROM {table} WHERE NOT ({sound})"  # noqa: S608 - ours
            state.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - ours
            if state.execute(rows).fetchone()[0]:
                raise Damaged(f"{table} has a row that is none")


def _rows(state: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in state.execute(query)]


def _anew(path: Path) -> sqlite3.Connection:
    try:
        return _opened(path)
    except (Damaged, OSError, sqlite3.Error) as error:
        log.error("no new %s can be begun (%s): it is kept in memory", path, error)
        return _empty()


def _empty() -> sqlite3.Connection:
    state = sqlite3.connect(":memory:", isolation_level=None)
    state.executescript(SCHEMA)
    return state


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _in_memory(path: Path) -> sqlite3.Connection:
    """What was on a disk that can't be written any more, in memory: the speaker goes on."""
    state = _empty()
    try:
        with tempfile.TemporaryDirectory(prefix="keepmum-state-", dir=MEMORY) as folder:
            # a log that wasn't folded in yet can only be read where it can be written
            for file in path.parent.glob(f"{FILE}*"):
                if MARK not in file.name:
                    shutil.copy(file, folder)
            with closing(_opened(Path(folder, FILE))) as copy:
                copy.backup(state)
    except (Damaged, OSError, sqlite3.Error) as error:
        log.error("what was on the disk can't be read either: %s", error)
        return _empty()
    return state


def get(state: sqlite3.Connection, key: str, default: int) -> int:
    """A number that was put under `key`."""
    row = state.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return default if row is None else int(row["value"])


def put(state: sqlite3.Connection, key: str, value: int) -> None:
    """Keep a number under `key`."""
    state.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))
