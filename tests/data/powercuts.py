"""What a power cut leaves of a database: writes as strace saw them, replayed up to some moment.

What an fsync confirmed before the cut is there. Of what was written to a file after its last
fsync each write is there, torn, or lost, as chance has it; the worst that a disk may do which
keeps its promise to sync. A file that was deleted may be back, unless its folder was synced after
that. SQLite's shared memory is left out: it is made anew after a cut.
"""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
LEDGER_WRITER = """
import os, sys
from pathlib import Path
from device.data import ledger
from device.data.ledger import Note
from device.letter import Hello, Woke, Ended
from device.mind.types import Outcome
db = ledger.connect(Path(sys.argv[1]))
db.execute(f"PRAGMA synchronous = {sys.argv[3]}")
ledger.write(db, [Note(0, Hello(7, bytes(8)))])
for number in range(1, int(sys.argv[2]) + 1):
    ledger.write(db, [Note(number, Woke(number, 0, 9), word="alexa")])
    ledger.write(db, [Note(number, Ended(number, Outcome.NO_SPEECH, 40))])
    os.write(1, b"commit\\n")
    if number % 25 == 0:
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")
"""
TIMERS_WRITER = """
import os, sys
from pathlib import Path
from device.hands.clock import SystemClock
from device.hands.state import open_state
from device.hands.timers.table import Timers
state = open_state(Path(sys.argv[1]).parent)
state.executescript(sys.argv[3])
timers = Timers(state, SystemClock(), lambda: None)
for number in range(int(sys.argv[2])):
    assert timers.add(3600 + number)
    os.write(1, b"commit\\n")
"""


@dataclass(frozen=True)
class Book:
    """A database: its file, a program that commits rows to it, the table they go to."""

    file: str
    writer: str
    table: str


LEDGER = Book("ledger.db", LEDGER_WRITER, "activation")
TIMERS = Book("hands.db", TIMERS_WRITER, "timers")
FOLDER = ""
"""Stands for the folder among the files of steps."""
OPEN = re.compile(r'openat\(\S+, "(.*?)", .*\) = (\d+)')
WRITE = re.compile(r'pwrite64\((\d+), "(.*?)", \d+, (\d+)\)\s+= \d+')
SYNC = re.compile(r"f(?:data)?sync\((\d+)\)\s+= 0")
TRUNCATE = re.compile(r"ftruncate\((\d+), (\d+)\)\s+= 0")
UNLINK = re.compile(r'unlink(?:at)?\((?:\S+, )?"(.*?)"')
SAID = re.compile(r'write\(1, "\\x63\\x6f\\x6d\\x6d\\x69\\x74')


@dataclass(frozen=True)
class Step:
    """What the writer asked of the disk: write, truncate, sync, unlink; or that it told."""

    kind: str
    file: str = ""
    at: int = 0
    data: bytes = b""


def record(folder: Path, count: int, syncing: str = "FULL", book: Book = LEDGER) -> list[Step]:
    """Let a writer commit `count` rows under strace. `syncing` is handed to it: the ledger's
    `synchronous`, for timers any settings; less than their own is the control.
    """
    log = folder.parent / f"{folder.name}.log"
    path = folder / book.file
    subprocess.run(
        ["strace", "-f", "-xx", "-s", "70000", "-o", str(log),
         "-e", "trace=openat,pwrite64,fsync,fdatasync,ftruncate,write,close,unlink,unlinkat",
         sys.executable, "-c", book.writer, str(path), str(count), syncing],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return list(_steps(log.read_text(encoding="ascii").splitlines(), path))


def _steps(lines: list[str], path: Path) -> Iterator[Step]:
    files: dict[str, str] = {}
    known = (path.name, f"{path.name}-wal", f"{path.name}-journal")
    for line in lines:
        if found := OPEN.search(line):
            opened = Path(_bytes(found[1]).decode("utf-8", "replace"))
            files.pop(found[2], None)
            if opened.name in known:
                files[found[2]] = opened.name
            elif opened == path.parent:
                files[found[2]] = FOLDER
        elif found := UNLINK.search(line):
            gone = Path(_bytes(found[1]).decode("utf-8", "replace")).name
            if gone in known:
                yield Step("unlink", gone)
        elif (found := WRITE.search(line)) and found[1] in files:
            yield Step("write", files[found[1]], int(found[3]), _bytes(found[2]))
        elif (found := SYNC.search(line)) and found[1] in files:
            yield Step("sync", files[found[1]])
        elif (found := TRUNCATE.search(line)) and found[1] in files:
            yield Step("truncate", files[found[1]], int(found[2]))
        elif SAID.search(line):
            yield Step("told")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def cut(steps: list[Step], moment: int, chance: random.Random) -> tuple[dict[str, bytes], int]:
    """The files as a cut after `moment` steps leaves them, and how many commits were told."""
    held: dict[str, bytearray] = {}
    for i, step in enumerate(steps[:moment]):
        if step.kind == "unlink":
            lasting = any(s.kind == "sync" and s.file == FOLDER for s in steps[i:moment])
            if lasting or chance.random() < 0.5:
                held.pop(step.file, None)
            continue
        if step.kind not in ("write", "truncate"):
            continue
        content = held.setdefault(step.file, bytearray())
        sure = any(s.kind == "sync" and s.file == step.file for s in steps[i:moment])
        if step.kind == "truncate":
            if sure or chance.random() < 0.5:
                del content[step.at :]
                content.extend(bytes(step.at - len(content)))
            continue
        for start in range(0, len(step.data), SECTOR):
            if sure or chance.random() < 0.5:
                piece = step.data[start : start + SECTOR]
                at = step.at + start
                content.extend(bytes(max(0, at + len(piece) - len(content))))
                content[at : at + len(piece)] = piece
    told = sum(step.kind == "told" for step in steps[:moment])
    return {name: bytes(content) for name, content in held.items()}, told


def damage(steps: list[Step], cuts: int, seed: int, book: Book = LEDGER) -> tuple[int, int]:
    """(rows lost after their commit was told, databases damaged) over `cuts` cuts at random."""
    chance = random.Random(seed)
    lost = damaged = 0
    for _ in range(cuts):
        files, told = cut(steps, chance.randrange(len(steps)), chance)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files.items():
                Path(folder, name).write_bytes(content)
            rows = _rows_in(Path(folder, book.file), book.table)
        damaged += rows is None
        lost += max(0, told - (rows or 0))
    return lost, damaged


def _rows_in(path: Path, table: str) -> int | None:
    """How many rows the table has after a cut; None if the database is damaged."""
    with closing(sqlite3.connect(path)) as db:
        try:
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return None
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone():
                return 0
            count: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.DatabaseError:
            return None
    return count
