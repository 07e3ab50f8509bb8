"""A household with data in every place, its values planted so that they can be searched for."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from device import config
from device.config import Config
from device.data import ledger
from device.data.export import Places
from device.data.ledger import Note
from device.hands.state import open_state
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
        state.execute("INSERT INTO timers VALUES (1, 'planted-pasta', 300.5, 'b', 1, 2, NULL)")
        state.execute("INSERT INTO alarms VALUES (1, 420, 31, 1790000000.0, 0)")
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
        state.execute("INSERT INTO alarms VALUES (2, 500, 1, 1790000000.0, 0)")
    there.names.write_text("{}")
