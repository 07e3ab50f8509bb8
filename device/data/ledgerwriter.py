"""The one thread that writes the ledger, so that the loop of the hands never waits.

Notes are queued without blocking and committed together as fast as the disk takes them. A disk
that is full, read-only or damaged is told once and once more when it is well again; until then
notes wait in memory, at most `BACKLOG` of them, and the speaker goes on working.
"""

from __future__ import annotations

import logging
import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from pathlib import Path

from device.data import ledger, ledgershift
from device.data.ledger import DAY_MS, Note

BACKLOG = 10_000
RETRY_S = 15.0
DAMAGED_FILE = "ledger-damaged.db"

log = logging.getLogger("keepmum.hands")


class Health(Enum):
    """How the ledger is; what the owner is told."""

    WELL = "The ledger is being written."
    FULL = "The disk is full: the ledger waits in memory."
    READ_ONLY = "The disk is read-only: the ledger waits in memory."
    DAMAGED = "The ledger was damaged; it was set aside and a new one begun."
    FAILING = "The ledger can't be written: it waits in memory."


Task = Callable[[sqlite3.Connection], int]
_Item = Note | tuple[Task, "Future[int]"] | None


class LedgerWriter:
    """Writes notes into the ledger of a state folder.

    `tell` is called from the writer's thread whenever the health changes; `now` gives milliseconds
    since 1970 and decides what is older than `keep_days`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keep_days: int,
        tell: Callable[[Health], None],
        now: Callable[[], int],
        steady: Callable[[], bool] = lambda: True,
    ) -> None:
        """`steady`: whether the clock can be believed; without that nothing is purged."""
        self.path = folder / ledger.FILE
        self.health = Health.WELL
        self._keep_ms = keep_days * DAY_MS
        self._tell = tell
        self._now = now
        self._steady = steady
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._waiting: deque[Note] = deque(maxlen=BACKLOG)
        self._db: sqlite3.Connection | None = None
        self._purge_at = 0
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs; without it nothing would be written down."""
        return self._thread.is_alive()

    def note(self, note: Note) -> None:
        """Queue a note; returns at once."""
        self._queue.put(note)

    def run(self, task: Task) -> Future[int]:
        """Run a task (a forgetting, say) on the connection, after all notes so far.

        The future raises sqlite3.Error if the disk doesn't take it.
        """
        future: Future[int] = Future()
        self._queue.put((task, future))
        return future

    def flush(self) -> Future[int]:
        """Done when every note so far is on the disk; raises sqlite3.Error if it can't be."""
        return self.run(lambda _: 0)

    def forget(self, since: int) -> int:
        """Forget rows from `since` on, notes on their way included; gives how many there were.

        Waits for the disk: not to be called in the loop. Raises sqlite3.Error.
        """
        return self.run(lambda db: ledger.forget(db, since)).result()

    def shift(self, by: int, since: int, until: int) -> None:
        """Move along what was dated between two moments by a clock that was wrong by `by` ms."""
        self.run(lambda db: ledgershift.shift(db, by, since, until))

    def close(self) -> None:
        """Write what waits, as far as the disk takes it, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            for item in self._take():
                if item is None:
                    self._end()
                    return
                if isinstance(item, Note):
                    self._waiting.append(item)
                else:
                    self._perform(*item)
            self._attempt()

    def _take(self) -> list[_Item]:
        """Everything queued; waits for the first, or until it is time to try again."""
        try:
            first = self._queue.get(timeout=RETRY_S if self._waiting else None)
        except queue.Empty:
            return []
        items = [first]
        while not self._queue.empty():
            items.append(self._queue.get())
        return items

    def _perform(self, task: Task, future: Future[int]) -> None:
        if not future.set_running_or_notify_cancel():
            return  # whoever asked has gone
        try:
            future.set_result(task(self._written()))
        except sqlite3.Error as error:
            self._failed(error)
            future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - a task that fails must not end the thread
            log.error("a task of the ledger failed: %s", type(error).__name__)
            future.set_exception(error)

    def _attempt(self) -> None:
        try:
            self._written()
        except sqlite3.Error as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - notes that can't be written must not end it
            log.error("the ledger can't be written: %s", type(error).__name__)
            self._drop()
            if self.health is not Health.FAILING:
                self._say(Health.FAILING)

    def _written(self) -> sqlite3.Connection:
        """The connection, with every waiting note committed; raises sqlite3.Error."""
        if self._db is None:
            self._db = ledger.connect(self.path)
        if self._waiting:
            ledger.write(self._db, self._waiting)
            self._waiting.clear()
        if self._steady() and self._now() >= self._purge_at:
            ledger.purge(self._db, self._now() - self._keep_ms)
            self._purge_at = self._now() + DAY_MS // 24
        if self.health is not Health.WELL:
            self._say(Health.WELL)
        return self._db

    def _failed(self, error: sqlite3.Error) -> None:
        self._drop()
        health = diagnose(error, self.path.parent)
        if health is Health.DAMAGED and not self._set_aside():
            health = Health.FAILING
        if health is not self.health:
            self._say(health)

    def _set_aside(self) -> bool:
        """Keep a damaged file for the owner under another name; False if the disk refuses."""
        try:
            self.path.rename(self.path.with_name(DAMAGED_FILE))
            for tail in ("-wal", "-shm"):
                self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _say(self, health: Health) -> None:
        self.health = health
        self._tell(health)

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _end(self) -> None:
        self._attempt()
        self._drop()


def diagnose(error: sqlite3.Error, folder: Path) -> Health:
    """What an error of SQLite in this folder means for the owner."""
    try:
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return Health.READ_ONLY
    except OSError:
        return Health.FAILING
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    known = {
        sqlite3.SQLITE_FULL: Health.FULL,
        sqlite3.SQLITE_READONLY: Health.READ_ONLY,
        sqlite3.SQLITE_CORRUPT: Health.DAMAGED,
        sqlite3.SQLITE_NOTADB: Health.DAMAGED,
    }
    return known.get(code, Health.FAILING)


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
