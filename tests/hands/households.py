"""A household with data in every place, its values planted so that they can be searched for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from device import config
from device.config import Config
from device.data import inventory, ledger
from device.data.export import Places
from device.data.ledger import Note
from device.letter import Command, Ended, Fault, FaultCode, Hello, Woke
from device.mind.types import Intent, Outcome, Request
from device.names import Entry, number

PLANTED = (
    "planted-text",
    "planted-pasta",
    "planted-room",
    "planted-sentence",
    "planted-name",
    "planted-attic",
)
HOUR_MS = 3_600_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS timers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT,
    length REAL, boot TEXT NOT NULL DEFAULT 'b');
CREATE TABLE IF NOT EXISTS alarms (id INTEGER PRIMARY KEY, minutes INTEGER,
    days INTEGER, due_wall REAL NOT NULL DEFAULT 1.0);
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value INTEGER);
"""


def open_state(folder: Path) -> sqlite3.Connection:
    state = sqlite3.connect(folder / inventory.STATE_FILE, isolation_level=None)
    state.executescript(SCHEMA)
    return state


def places(folder: Path) -> Places:
    (folder / "state").mkdir(parents=True, exist_ok=True)
    (folder / "etc" / "sentences").mkdir(parents=True, exist_ok=True)
    etc = folder / "etc"
    return Places(folder / "state", etc / "keepmum.toml", etc / "names.json", etc / "sentences")


def furnish(folder: Path, now: int) -> tuple[Places, Config]:
    """A speaker that has been in use for a while."""
    there = places(folder)
    with closing(ledger.connect(there.state / ledger.FILE)) as db:
        ledger.write(db, [Note(now - 60 * HOUR_MS, Hello(7, bytes(8)))])
        for n in range(1, 51):
            at = now - (51 - n) * HOUR_MS
            notes = [
                Note(at, Woke(n, 0, 9), word="alexa"),
                Note(at, Command(n, Request(Intent.TIMER_SET)), text=f"planted-text {n}"),
                Note(at, Ended(n, Outcome.COMMAND, 20)),
            ]
            ledger.write(db, notes)
        ledger.write(db, [Note(now, Woke(55, 0, 9)), Note(now, Fault(FaultCode.MICROPHONE_LOST))])
    with closing(open_state(there.state)) as state:
        state.execute("INSERT INTO timers (name, length) VALUES ('planted-pasta', 300.5)")
        state.execute("INSERT INTO alarms (id, minutes, days) VALUES (1, 420, 31)")
        state.execute("INSERT INTO settings VALUES ('volume', 35)")
    there.settings.write_text('[general]\nroom = "planted-room"\n')
    learned = '[[home.room]]\nname = "planted-attic"\n'
    config.learned_file(there.settings).write_text(config.LEARNED_HEAD + learned)
    there.names.write_text(number([Entry("item", "planted-name")], "en").dumps())
    (there.sentences / "own.yaml").write_text("never_ignore: [planted-sentence]\n")
    return there, config.load(there.settings)


def furnish_more(there: Places, now: int) -> None:
    """Go on living in it."""
    with closing(ledger.connect(there.state / ledger.FILE)) as db:
        ledger.write(db, [Note(now, Woke(60, 0, 9), word="alexa")])
    with closing(open_state(there.state)) as state:
        state.execute("DELETE FROM timers")
        state.execute("INSERT INTO alarms (id, minutes, days) VALUES (2, 500, 1)")
    there.names.write_text("{}")
