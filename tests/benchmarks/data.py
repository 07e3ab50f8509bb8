"""The household's data: nothing unlogged, nothing lost, nothing left, nothing readable by others.

The ears are simulated: they write the letters that real ears write, through the real socket, to
the real hands in a process of their own, which is killed. Everything else runs as it does for a
person. What kill -9 can't show, the loss of what the kernel hadn't written yet, is shown by
replaying the writes that strace saw up to a random point, without those that no fsync confirmed.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyrage

from device import config, names
from device.config import Config
from device.data import archive, export, forget, inventory, ledger, ledgerreader, restore, tables
from device.data.export import Places
from device.data.forget import Wish
from device.data.ledger import Note
from device.data.ledgerwriter import LedgerWriter, now_ms
from device.data.report import page
from device.data.report.facts import Facts
from device.hands.state import check, open_state
from device.letter import Command, Ended, Hello, Letter, Woke, pack
from device.mind.types import Intent, Outcome, Request, Slot
from device.sockets import client
from tests.benchmarks.harness import Goal, at_most, console, exactly, percentile
from tests.benchmarks.harness import report as told
from tests.data import browser, powercuts
from tests.hands import households

ACTIVATIONS = 500
HANDS_KILLED = 50
WRITERS_KILLED = 200
POWER_CUTS = 200
NOTES_TIMED = 400
PACE_S = 0.02
"""Between two activations; people take a hundred times as long, which would be hours."""
BOOT = 0x1234_5678_9ABC_DEF0
DEADLINE_S = 30.0
GOALS: dict[str, Goal] = {
    "activations_unlogged": exactly(0),
    "rows_lost_after_commit": exactly(0),
    "corruptions": exactly(0),
    "rows_lost_after_power_cut": exactly(0),
    "corruptions_after_power_cut": exactly(0),
    "planted_values_found_after_forget": exactly(0),
    "export_readable_without_key": exactly(0),
    "export_import_roundtrip_equal": exactly(1),
    "report_outside_requests": exactly(0),
    "report_console_errors": exactly(0),
    "ledger_mb_per_year": at_most(5),
}


def main() -> bool:
    """Measure everything; about three minutes."""
    figures: dict[str, float] = {}
    notes: dict[str, str] = {}
    steps = (unlogged, killed_writers, power_cuts, forgotten, exported, reported, written, grown)
    for step in steps:
        with tempfile.TemporaryDirectory(prefix="keepmum-data-") as folder:
            console.print(f"[dim]{step.__name__} …")
            step(Path(folder), figures, notes)
    return told("data", figures, GOALS, notes)


# --- hands that are killed


class Hands:
    """The real hands in a process of their own, on settings of a folder."""

    def __init__(self, folder: Path) -> None:
        self.state, self.ask = folder / "state", folder / "ask.sock"
        self.letters = folder / "letters.sock"
        file = folder / "keepmum.toml"
        file.write_text(
            '[sound]\noutput = "null"\nchimes = false\n[voice]\nengine = "none"\n'
            f'[ledger]\ntexts = true\n[service]\nstate = "{self.state}"\nask = "{self.ask}"\n'
            f'socket = "{self.letters}"\nnames = "{folder}/names.json"\n'
            "activations_per_hour = 3600\n"
        )
        self.config: Config = config.load(file)
        self.file = file
        self.digest = names.in_force(self.config).digest
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self.letters))
        self.listener.listen()
        self.listener.settimeout(DEADLINE_S)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, boot: int = BOOT) -> socket.socket:
        """Start hands; the ears' end of the letter socket, with its hello said."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "device", "hands", "--config", str(self.file)],
            stderr=subprocess.DEVNULL,
        )
        ears, _ = self.listener.accept()
        ears.send(pack(Hello(boot, self.digest)))
        return ears

    def kill(self) -> None:
        """End them as a power cut or the kernel would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def view(self) -> ledgerreader.View:
        """The ledger as the hands tell it."""
        return ledgerreader.from_wire(client.answer_to(self.ask, {"ask": "ledger"}))

    def close(self) -> None:
        """End them in peace."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=DEADLINE_S)
        self.listener.close()


@contextlib.contextmanager
def hands(folder: Path) -> Iterator[Hands]:
    """Hands that end with the block."""
    made = Hands(folder)
    try:
        yield made
    finally:
        made.close()


def letters_of(number: int) -> list[Letter]:
    """A whole activation."""
    request = Request(Intent.TIMER_SET, ((Slot.DURATION, 3600 + number),))
    return [
        Woke(number, 0, 12),
        Command(number, request) if number % 3 else Command(number, Request(Intent.TIME)),
        Ended(number, Outcome.COMMAND, 17),
    ]


def unlogged(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """500 activations, hands killed 50 times at random letters; ears then end and come back."""
    chance = random.Random(6)
    kills = set(chance.sample(range(ACTIVATIONS - 1), HANDS_KILLED))
    lives = [0]
    """What the ears counted in each of their lives."""
    with hands(folder) as there:
        ears, boot, number = there.start(), BOOT, 0
        for n in range(ACTIVATIONS):
            number += 1
            lives[-1] = number
            _live_through(ears, number, chance, there if n in kills else None)
            if n in kills:
                ears.close()
                boot, number = boot + 1, 0
                lives.append(0)
                ears = there.start(boot)
        _settled(there, number)
        seen = _by_life(there.state / ledger.FILE)
    pairs = list(zip(lives, seen, strict=True))
    missing = [(said - logged - counted, shown) for said, (logged, counted, shown) in pairs]
    figures["activations_unlogged"] = sum(count for count, shown in missing if not shown)
    figures["activations_in_shown_gaps"] = sum(count for count, _ in missing)
    figures["gaps_shown"] = sum(shown for _, shown in missing)
    notes["activations_unlogged"] = "that neither a row nor a gap shows"
    logged = sum(rows for rows, _, _ in seen)
    notes["activations_in_shown_gaps"] = f"{logged} logged of {ACTIVATIONS}, {len(kills)} kill -9"


def _live_through(
    ears: socket.socket, number: int, chance: random.Random, victim: Hands | None
) -> None:
    """Write an activation; `victim` is killed after one of its letters, on its way to the disk."""
    moment = chance.randrange(3)
    for n, letter in enumerate(letters_of(number)):
        with contextlib.suppress(OSError):  # ears that see nobody there take nothing more in
            ears.send(pack(letter))
        if victim is not None and n == moment:
            time.sleep(chance.random() * PACE_S / 2)
            victim.kill()
    time.sleep(PACE_S)


def _by_life(path: Path) -> list[tuple[int, int, int]]:
    """For each life of the ears: rows, activations in counted gaps, gaps of unknown size."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(
            "SELECT logged, missing,"
            " (SELECT count(*) FROM gap WHERE series = series.id AND count IS NULL)"
            " FROM series ORDER BY id"
        ).fetchall()


def _settled(there: Hands, last: int) -> ledgerreader.View:
    """The ledger once it has read the last letter."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        view = there.view()
        done = view.rows and view.rows[-1].number == last and view.rows[-1].outcome is not None
        if done or time.monotonic() > deadline:
            return view


# --- writers that are killed


def killed_writers(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """200 writers, each killed at a random moment; what was committed by then is looked for."""
    chance = random.Random(7)
    path = folder / ledger.FILE
    lost = corrupt = committed = 0
    for life in range(WRITERS_KILLED):
        told_end, tell_end = os.pipe()
        child = os.fork()
        if child == 0:
            _write_until_killed(path, life, tell_end)
        os.close(tell_end)
        first = os.read(told_end, 4)
        time.sleep(chance.random() * 0.03)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told_end, "rb") as rest:
            answers = first + rest.read()
        there = len(answers) // 4
        committed += there
        with closing(sqlite3.connect(path)) as db:
            corrupt += db.execute("PRAGMA integrity_check").fetchone() != ("ok",)
            kept = db.execute(
                "SELECT count(*) FROM activation JOIN series ON series.id = activation.series"
                " WHERE boot = ? AND number <= ?",
                (f"{life:016x}", there),
            ).fetchone()[0]
        lost += there - kept
    figures["rows_lost_after_commit"] = lost
    figures["corruptions"] = corrupt
    notes["rows_lost_after_commit"] = f"of {committed}, {WRITERS_KILLED} writers killed"


def power_cuts(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """200 power cuts at random moments of 100 activations; see tests/data/powercuts.py."""
    steps = powercuts.record(folder, 100)
    lost, damaged = powercuts.damage(steps, POWER_CUTS, seed=8)
    figures["rows_lost_after_power_cut"], figures["corruptions_after_power_cut"] = lost, damaged
    notes["rows_lost_after_power_cut"] = f"{POWER_CUTS} cuts, unsynced writes lost or torn"


def _write_until_killed(path: Path, life: int, tell: int) -> None:
    try:
        db = ledger.connect(path)
        ledger.write(db, [Note(0, Hello(life, bytes(8)))])
        for number in range(1, 1_000_000):
            ledger.write(db, [Note(number, Woke(number, 0, 9), word="alexa")])
            os.write(tell, number.to_bytes(4, "big"))
    finally:
        os._exit(1)


# --- forgetting


def forgotten(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """Values planted through running hands and by hand; forgotten by the hands, and on the disk."""
    with hands(folder) as there:
        state = there.state
        ears = there.start()
        for number in range(1, 41):
            for letter in letters_of(number):
                ears.send(pack(letter))
        _settled(there, 40)
        there.kill()  # leaves the write-ahead log as it was
        before = _planted(state)
        _plant_files(state)
        ears = there.start()
        request = {"ask": "forget", "kinds": list(inventory.kinds())}
        client.answer_to(there.ask, request)
        running = _found(state, before)
        there.kill()
    other = folder / "other"
    places, _ = households.furnish(other, now_ms())
    _plant_files(places.state)
    values = [v.encode() for v in households.PLANTED] + STRANGERS
    planted = _found(places.state, values)
    forget.forget(places.state, Wish(inventory.kinds()))
    figures["planted_values_found_after_forget"] = running + _found(places.state, values)
    notes["planted_values_found_after_forget"] = f"of {len(before)} and {planted} planted"


STRANGERS = [b"planted-stranger", b"planted-damaged"]


def _plant_files(state: Path) -> None:
    (state / "stranger").write_bytes(STRANGERS[0] * 1000)
    (state / "ledger-damaged.db").write_bytes(STRANGERS[1] * 1000)


def _planted(state: Path) -> list[bytes]:
    """Values that came through letters: texts of commands in the ledger, and strangers' files."""
    raw = _raw(state)
    values = [
        f"timer set: 1:{number // 60:02d}:{number % 60:02d}".encode() for number in range(1, 41)
    ]
    return [v for v in values if v in raw] + STRANGERS


def _found(state: Path, values: list[bytes]) -> int:
    raw = _raw(state)
    return sum(value in raw for value in values)


def _raw(state: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in inventory.every_file(state))


# --- export


def exported(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """An archive for a key and one for a passphrase, searched; one brought back on a new device."""
    now = now_ms()
    places, settings = households.furnish(folder / "old", now)
    tar = export.gather(places, settings, now)
    identity = pyrage.x25519.Identity.generate()
    sealed = {
        "key": archive.seal_to(tar, (str(identity.to_public()),)),
        "passphrase": archive.seal_with(tar, "correct horse battery staple"),
    }
    made = archive.unpack(tar, "benchmark")
    values = [v.encode() for v in (*households.PLANTED, made.household)]
    assert all(v in tar for v in values)
    found = sum(v in data or v in _inflated(data) for data in sealed.values() for v in values)
    figures["export_readable_without_key"] = found
    notes["export_readable_without_key"] = f"{len(values)} values, two archives"
    back = archive.unpack(archive.open_as(sealed["key"], str(identity)), "benchmark")
    new = households.places(folder / "new")
    restore.check_owner(back, new, new_device=True)
    restore.apply(back, new, open_state, check)
    figures["export_import_roundtrip_equal"] = float(_all_of(new) == _all_of(places))


def _inflated(data: bytes) -> bytes:
    """Whatever in `data` looks like a compressed stream, unpacked."""
    out = b""
    for start in range(len(data) - 2):
        if data[start : start + 2] in (b"\x78\x9c", b"\x78\xda", b"\x78\x01"):
            with contextlib.suppress(zlib.error):
                out += zlib.decompressobj().decompress(data[start:])
    return out


def _all_of(places: Places) -> list[object]:
    held: list[object] = [ledgerreader.read(places.state / ledger.FILE)]
    for part in inventory.PARTS:
        if part.database and part.kind != "ledger":
            held.append(tables.dump(places.state / part.database, part.tables))
    held.append(inventory.household_id(places.state))
    files = (places.settings, places.names, *sorted(places.sentences.iterdir()))
    return [*held, *(f.read_bytes() for f in files)]


# --- report


def reported(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """The report of a furnished household in a real browser, wide and narrow, light and dark."""
    places, settings = households.furnish(folder, now_ms())
    facts = Facts(
        speaker=settings.general.name,
        now=now_ms(),
        days=30,
        keep_days=30,
        texts=True,
        home=True,
        view=ledgerreader.read(places.state / ledger.FILE),
        amounts=inventory.amounts(places.state),
        proof=None,
    )
    file = folder / "report.html"
    file.write_text(page.page(facts), encoding="utf-8")
    if browser.find() is None:
        notes["report_outside_requests"] = "not measured: apt install chromium"
        return
    seen = [
        browser.look(file, width=width, height=2400, dark=dark)
        for width in (1100, 500)
        for dark in (False, True)
    ]
    figures["report_outside_requests"] = sum(len(s.requests) for s in seen)
    figures["report_console_errors"] = sum(len(s.console) for s in seen)
    notes["report_outside_requests"] = "Chromium, 1100 and 500 wide, light and dark"


# --- speed and size


def written(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """How long a note takes to the disk, and how long the loop of the hands waits for it."""
    writer = LedgerWriter(folder, keep_days=30, tell=lambda _: None, now=now_ms)
    writer.note(Note(now_ms(), Hello(BOOT, bytes(8))))
    writer.flush().result()
    disk, loop = [], []
    for number in range(1, NOTES_TIMED + 1):
        note = Note(now_ms(), Woke(number, 0, 9), word="alexa")
        start = time.perf_counter()
        writer.note(note)
        loop.append(1000 * (time.perf_counter() - start))
        writer.flush().result()
        disk.append(1000 * (time.perf_counter() - start))
    writer.close()
    figures["ledger_write_ms_p99"] = percentile(disk, 99)
    figures["ledger_loop_wait_ms_p99"] = percentile(loop, 99)
    notes["ledger_write_ms_p99"] = f"one fsync each, median {percentile(disk, 50):.2f} ms"
    notes["ledger_loop_wait_ms_p99"] = "what the event loop waits: the writer is a thread"


def grown(folder: Path, figures: dict[str, float], notes: dict[str, str]) -> None:
    """A year of 100 activations a day, kept for a year."""
    path = folder / ledger.FILE
    with closing(ledger.connect(path)) as db:
        start = now_ms() - 365 * ledger.DAY_MS
        ledger.write(db, [Note(start, Hello(BOOT, bytes(8)))])
        for day in range(365):
            at = start + day * ledger.DAY_MS
            notes_ = [
                Note(at + 600_000 * n, letter, word="alexa")
                for n in range(100)
                for letter in letters_of(1 + day * 100 + n)
            ]
            acted = [Note(at, ledger.Acted(1 + day * 100 + n, 12)) for n in range(100)]
            ledger.write(db, [*notes_, *acted])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = sum(f.stat().st_size for f in folder.iterdir())
    figures["ledger_mb_per_year"] = size / 1e6
    notes["ledger_mb_per_year"] = "100 a day, keep_days = 365; the default keeps 30 days"


if __name__ == "__main__":
    main()
