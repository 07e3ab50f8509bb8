"""What must survive a power cut: timers, alarms, the volume. One SQLite file, every write synced.

It holds what was asked for, never what was heard.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from device.errors import BrokenState

FILE = "hands.db"
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
        raise BrokenState(file=path, why=str(error)) from error
    state.row_factory = sqlite3.Row
    return state


def get(state: sqlite3.Connection, key: str, default: int) -> int:
    """A number that was put under `key`."""
    row = state.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    return default if row is None else int(row["value"])


def put(state: sqlite3.Connection, key: str, value: int) -> None:
    """Keep a number under `key`."""
    state.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))
