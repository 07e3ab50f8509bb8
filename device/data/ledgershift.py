"""Dates of the ledger that a wrong clock gave, moved along once the clock is right."""

from __future__ import annotations

import sqlite3


def shift(db: sqlite3.Connection, by: int, since: int, until: int) -> int:
    """Move what is dated from `since` to `until` by so many milliseconds; rows moved.

    Only rows of series that began then: those of earlier lives were dated by a clock of theirs.
    """
    moved = 0
    within = (by, since, until)
    newest = "SELECT coalesce(min(id), 0) FROM series WHERE began BETWEEN ? AND ?"
    db.execute("BEGIN IMMEDIATE")
    first = int(db.execute(newest, within[1:]).fetchone()[0])
    for sql in (
        "UPDATE activation SET began = began + ? WHERE began BETWEEN ? AND ? AND series >= ?",
        "UPDATE activation SET forgotten = forgotten + ?"
        " WHERE forgotten BETWEEN ? AND ? AND series >= ?",
        "UPDATE gap SET at = at + ? WHERE at BETWEEN ? AND ? AND series >= ?",
        "UPDATE series SET began = began + ? WHERE began BETWEEN ? AND ? AND id >= ?",
    ):
        moved += db.execute(sql, (*within, first)).rowcount
    moved += db.execute("UPDATE fault SET at = at + ? WHERE at BETWEEN ? AND ?", within).rowcount
    db.execute("COMMIT")
    return moved
