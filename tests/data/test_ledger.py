"""The ledger counts what the ears count, keeps nothing else, and survives what disks do."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from device.data import ledger, ledgerreader
from device.data.ledger import CUT_OFF, DAY_MS, Acted, Closed, Note, Opening
from device.data.ledgerwriter import Health, LedgerWriter, diagnose
from device.letter import Command, Ended, Fault, FaultCode, Hello, Woke
from device.mind.types import BUTTON, Intent, Outcome, Request, Slot
from tests.data import powercuts

NAMES = bytes(8)


def activation(at: int, number: int, outcome: Outcome = Outcome.COMMAND) -> list[Note]:
    notes = [Note(at, Woke(number, 0, 12), word="alexa")]
    if outcome is Outcome.COMMAND:
        request = Request(Intent.TIMER_SET, ((Slot.DURATION, 300),))
        notes += [Note(at + 1800, Command(number, request)), Note(at + 1900, Acted(number, 40))]
    return [*notes, Note(at + 2000, Ended(number, outcome, 19))]


def hello(at: int, boot: int = 7) -> Note:
    return Note(at, Hello(boot, NAMES))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(ledger.connect(tmp_path / ledger.FILE)) as connection:
        yield connection


def view(folder: Path) -> ledgerreader.View:
    return ledgerreader.read(folder / ledger.FILE)


def test_an_activation_is_one_row_without_sound_or_words(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(1000), *activation(5000, 1)])
    (row,) = view(tmp_path).rows
    assert (row.at, row.number, row.word, row.score) == (5000, 1, "alexa", 12)
    assert (row.outcome, row.tenths, row.forgotten) == (Outcome.COMMAND, 19, 7000)
    assert (row.done, row.text, row.acted_ms) == ("timer set", None, 40)
    columns = {c[1] for c in db.execute("PRAGMA table_info(activation)")}
    assert columns == {
        "series", "number", "began", "word", "score", "outcome",
        "tenths", "forgotten", "intent", "text", "acted_ms",
    }  # fmt: skip


def test_a_value_of_a_command_is_not_kept_unless_texts_are(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    request = Request(Intent.TIMER_SET, ((Slot.DURATION, 86_399),))
    ledger.write(db, [hello(0), Note(1, Woke(1, 0, 9)), Note(2, Command(1, request))])
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (86_399).to_bytes(3, "big") not in (tmp_path / ledger.FILE).read_bytes()
    ledger.write(db, [Note(3, Command(1, request), text="set a timer for 23:59:59")])
    assert view(tmp_path).rows[0].text == "set a timer for 23:59:59"


def test_numbers_that_jump_are_a_gap_of_that_size(db: sqlite3.Connection, tmp_path: Path) -> None:
    ledger.write(db, [hello(0), *activation(10, 1), *activation(20, 5)])
    seen = view(tmp_path)
    assert [(g.at, g.count) for g in seen.gaps] == [(20, 3)]
    assert (seen.totals.said, seen.totals.logged, seen.totals.missing) == (5, 2, 3)


def test_a_life_that_was_cut_off_before_its_hello_shows(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [Note(0, Opening()), hello(1), *activation(10, 1), Note(40, Closed())])
    ledger.write(db, [Note(50, Opening())])
    ledger.write(db, [Note(60, Opening()), hello(61, boot=2)])
    assert [(g.at, g.count) for g in view(tmp_path).gaps] == [(60, None)]


def test_a_series_that_was_not_read_to_its_end_is_a_gap_of_unknown_size(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0, boot=1), *activation(10, 1), hello(50, boot=2)])
    assert [(g.at, g.count) for g in view(tmp_path).gaps] == [(50, None)]


def test_a_series_that_the_ears_closed_leaves_no_gap(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0, boot=1), *activation(10, 1), Note(40, Closed()), hello(50, boot=2)])
    assert view(tmp_path).gaps == ()


def test_numbers_that_begin_anew_are_counted_as_a_series_of_their_own(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0), *activation(10, 1), *activation(20, 2), *activation(30, 1)])
    seen = view(tmp_path)
    assert len(seen.rows) == 3
    assert (seen.totals.said, seen.totals.logged) == (3, 3)


def test_an_activation_without_an_end_is_cut_off_by_the_next_hello(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0), Note(10, Woke(1, BUTTON, 0)), hello(99)])
    (row,) = view(tmp_path).rows
    assert (row.outcome, row.forgotten, row.word, row.score) == (CUT_OFF, 99, "button", None)


def test_a_letter_whose_woke_was_lost_still_makes_a_row(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0), Note(10, Ended(1, Outcome.NO_SPEECH, 40))])
    (row,) = view(tmp_path).rows
    assert (row.number, row.word, row.outcome) == (1, None, Outcome.NO_SPEECH)


def test_faults_of_the_ears_are_kept(db: sqlite3.Connection, tmp_path: Path) -> None:
    ledger.write(db, [hello(0), Note(10, Fault(FaultCode.MICROPHONE_LOST))])
    assert [(t.at, t.name) for t in view(tmp_path).troubles] == [(10, "microphone lost")]


def test_old_rows_go_and_their_bytes_with_them(db: sqlite3.Connection, tmp_path: Path) -> None:
    old = activation(1 * DAY_MS, 1)
    old[1] = Note(old[1].at, old[1].what, text="PLANTED-OLD")
    new = activation(40 * DAY_MS, 2)
    new[1] = Note(new[1].at, new[1].what, text="PLANTED-NEW")
    ledger.write(db, [hello(0), *old, *new])
    ledger.purge(db, 30 * DAY_MS)
    raw = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert b"PLANTED-OLD" not in raw
    assert b"PLANTED-NEW" in raw
    assert [r.number for r in view(tmp_path).rows] == [2]


def test_after_forgetting_everything_the_next_number_is_no_gap(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(db, [hello(0), *activation(10, 1), *activation(20, 2)])
    assert ledger.forget(db) == 2
    ledger.write(db, activation(30, 3))
    seen = view(tmp_path)
    assert seen.gaps == ()
    assert (seen.totals.said, seen.totals.logged, seen.totals.missing) == (1, 1, 0)


def test_sums_tell_false_wakes_from_presses_of_the_button(
    db: sqlite3.Connection, tmp_path: Path
) -> None:
    ledger.write(
        db,
        [
            hello(0),
            *activation(10, 1),
            *activation(5000, 2, Outcome.NO_SPEECH),
            *activation(9000, 3, Outcome.NOT_UNDERSTOOD),
            Note(12_000, Woke(4, BUTTON, 0)),
            Note(13_000, Ended(4, Outcome.NO_SPEECH, 40)),
        ],
    )
    sums = view(tmp_path).summary()
    assert (sums.activations, sums.commands, sums.false_wakes) == (4, 1, 2)
    assert (sums.nothing_said, sums.not_understood) == (2, 1)
    assert sums.seconds == pytest.approx(1.9 * 3 + 4.0)
    assert view(tmp_path).summary(until=5000).activations == 1


def test_commits_wait_for_the_disk(db: sqlite3.Connection) -> None:
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA secure_delete").fetchone() == (1,)


WRITER = """
import os, sys
from pathlib import Path
from device.data import ledger
from device.data.ledger import Note
from device.letter import Hello, Woke
with open(sys.argv[2], 'wb', buffering=0) as told:
    db = ledger.connect(Path(sys.argv[1]))
    ledger.write(db, [Note(0, Hello(7, bytes(8)))])
    for number in range(1, 1_000_000):
        ledger.write(db, [Note(number, Woke(number, 0, 9))])
        told.write(number.to_bytes(4, 'big'))
"""


def test_a_committed_row_survives_kill_9(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    path = tmp_path / ledger.FILE
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), f"/dev/fd/{write_end}"], pass_fds=[write_end]
    ) as writer:
        os.close(write_end)
        with os.fdopen(read_end, "rb") as told:
            told.read(4 * 20)
            writer.send_signal(signal.SIGKILL)
            rest = told.read()
    committed = 20 + len(rest) // 4
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert after.execute("SELECT count(*) FROM activation").fetchone()[0] >= committed


def test_a_committed_row_survives_a_power_cut(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    steps = powercuts.record(tmp_path / "full", 40)
    assert sum(s.kind == "told" for s in steps) == 40
    assert powercuts.damage(steps, cuts=60, seed=1) == (0, 0)


def test_without_syncing_a_power_cut_would_have_lost_rows(tmp_path: Path) -> None:
    (tmp_path / "off").mkdir()
    lost, _ = powercuts.damage(powercuts.record(tmp_path / "off", 40, "OFF"), cuts=20, seed=1)
    assert lost > 20


def writing(folder: Path, told: list[Health], *, now: int = 0) -> LedgerWriter:
    return LedgerWriter(folder, keep_days=30, tell=told.append, now=lambda: now)


def test_notes_are_written_in_order_and_on_close(tmp_path: Path) -> None:
    told: list[Health] = []
    writer = writing(tmp_path, told)
    for note in [hello(0), *activation(10, 1), *activation(20, 2)]:
        writer.note(note)
    writer.close()
    assert [r.number for r in view(tmp_path).rows] == [1, 2]
    assert told == []


def test_the_clerk_ends_old_rows_by_itself(tmp_path: Path) -> None:
    with closing(ledger.connect(tmp_path / ledger.FILE)) as db:
        ledger.write(db, [hello(0), *activation(10, 1)])
    writer = writing(tmp_path, [], now=31 * DAY_MS)
    writer.flush().result(timeout=20)
    writer.close()
    assert view(tmp_path).rows == ()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with pytest.raises(OSError, match="No space"), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


def test_a_full_disk_is_told_once_and_nothing_is_lost(small_disk: Path) -> None:
    told: list[Health] = []
    writer = writing(small_disk, told)
    writer.note(hello(0))
    writer.flush().result(timeout=20)
    ballast = fill(small_disk)
    for number in range(1, 400):
        writer.note(Note(number, Woke(number, 0, 9), word="alexa"))
    with pytest.raises(sqlite3.Error):
        writer.flush().result(timeout=20)
    assert told == [Health.FULL]
    ballast.unlink()
    writer.flush().result(timeout=20)
    writer.close()
    assert told == [Health.FULL, Health.WELL]
    assert len(view(small_disk).rows) == 399
    assert view(small_disk).gaps == ()


def test_a_disk_that_turns_read_only_is_told_and_survived(small_disk: Path) -> None:
    told: list[Health] = []
    writer = writing(small_disk, told)
    writer.note(hello(0))
    writer.flush().result(timeout=20)
    writer.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    writer = writing(small_disk, told)
    writer.note(Note(10, Woke(1, 0, 9)))
    with pytest.raises(sqlite3.Error):
        writer.flush().result(timeout=20)
    assert told == [Health.READ_ONLY]
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    writer.flush().result(timeout=20)
    writer.close()
    assert [r.number for r in view(small_disk).rows] == [1]


def test_a_damaged_ledger_is_set_aside_and_told(tmp_path: Path) -> None:
    (tmp_path / ledger.FILE).write_bytes(b"this was never a ledger" * 400)
    told: list[Health] = []
    writer = writing(tmp_path, told)
    writer.note(hello(0))
    writer.note(Note(10, Woke(1, 0, 9)))
    with pytest.raises(sqlite3.Error):
        writer.flush().result(timeout=20)
    writer.flush().result(timeout=20)
    writer.close()
    assert told == [Health.DAMAGED, Health.WELL]
    assert [r.number for r in view(tmp_path).rows] == [1]
    assert (tmp_path / "ledger-damaged.db").exists()


def test_an_error_nobody_expected_is_still_told(tmp_path: Path) -> None:
    assert diagnose(sqlite3.OperationalError("something else"), tmp_path) is Health.FAILING


def test_reading_does_not_need_a_ledger_to_be_there(tmp_path: Path) -> None:
    assert view(tmp_path).totals == ledgerreader.Totals(0, 0, 0)
