"""What must survive a power cut: timers, alarms, the volume. One SQLite file, every write synced.

It holds what was asked for, never what was heard.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from device.errors import BrokenState

FILE = "hands.db"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a private folder in it
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


def open_state(folder: Path) -> sqlite3.Connection:
    """The state of `folder`, made if there is none; raises BrokenState.

    A write-ahead log, synced at every commit: what was answered is on the disk, for one sync (a
    rollback journal takes four, and a power cut can bring it back and undo what was answered).
    What is deleted is overwritten with zeros.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        state = sqlite3.connect(path, isolation_level=None)
        state.execute("PRAGMA journal_mode = WAL")
        state.execute("PRAGMA synchronous = FULL")
        state.execute("PRAGMA secure_delete = ON")
        state.executescript(SCHEMA)
    except (OSError, sqlite3.Error) as error:
        if not _is_read_only(folder):
            raise BrokenState(file=path, why=str(error)) from error
        log.error("the disk is read-only: timers and alarms are kept in memory")
        state = _in_memory(path)
    state.row_factory = sqlite3.Row
    return state


def _is_read_only(folder: Path) -> bool:
    return folder.is_dir() and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _in_memory(path: Path) -> sqlite3.Connection:
    """What was on a disk that can't be written any more, in memory: the speaker goes on."""
    state = sqlite3.connect(":memory:", isolation_level=None)
    with tempfile.TemporaryDirectory(prefix="keepmum-state-", dir=MEMORY) as folder:
        # a log that wasn't folded in yet can only be read where it can be written
        for file in path.parent.glob(f"{FILE}*"):
            shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(Path(folder, FILE))) as copy:
            copy.backup(state)
    state.executescript(SCHEMA)
    return state


def get(state: sqlite3.Connection, key: str, default: int) -> int:
    """A number that was put under `key`."""
    row = state.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return default if row is None else int(row["value"])


def put(state: sqlite3.Connection, key: str, value: int) -> None:
    """Keep a number under `key`."""
    state.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))
