"""Tables of an SQLite database as plain values, and back: how parts of the state travel."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from device.data.ledger import reading

Value = int | float | str | None
Table = dict[str, list[object]]
"""{"columns": [name, ...], "rows": [[value, ...], ...]}"""


def dump(path: Path, names: tuple[str, ...]) -> dict[str, Table]:
    """These tables of a database, as far as they are there; an absent file has none.

    Raises sqlite3.Error.
    """
    if not path.exists():
        return {}
    with closing(sqlite3.connect(reading(path), uri=True, timeout=5.0)) as db:
        db.execute("BEGIN")
        return {name: _table(db, name) for name in names if columns(db, name)}


def _table(db: sqlite3.Connection, name: str) -> Table:
    there = columns(db, name)
    order = ", ".join(str(place) for place in range(1, 1 + len(there)))
    rows = db.execute(f'SELECT * FROM "{name}" ORDER BY {order}')  # noqa: S608 - a name of ours
    return {"columns": list(there), "rows": [list(row) for row in rows]}


def columns(db: sqlite3.Connection, name: str) -> tuple[str, ...]:
    """The columns of a table; none if it isn't there."""
    return tuple(row[1] for row in db.execute(f'PRAGMA table_info("{name}")'))


def restore(db: sqlite3.Connection, tables: Mapping[str, object]) -> None:
    """Put these rows in place of those that the tables have; an unknown column is refused.

    Raises ValueError for what isn't a table of plain values, sqlite3.Error for what doesn't fit.
    """
    for name, table in tables.items():
        names, rows = check(table)
        there = columns(db, name)
        if not set(names) <= set(there):
            raise ValueError(f"{name} has columns that this version doesn't know")
        db.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a table that is there
        places = ", ".join("?" * len(names))
        listed = ", ".join(f'"{n}"' for n in names)
        db.executemany(f'INSERT INTO "{name}" ({listed}) VALUES ({places})', rows)  # noqa: S608


def check(table: object) -> tuple[list[str], list[list[Value]]]:
    """Columns and rows of a dumped table; raises ValueError if it is anything else."""
    match table:
        case {"columns": [*names], "rows": [*rows], **rest} if not rest:
            pass
        case _:
            raise ValueError("not a table")
    if not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise ValueError("a column has no name")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names):
            raise ValueError("a row of another length")
        if not all(v is None or isinstance(v, int | float | str) for v in row):
            raise ValueError("a value that is none")
    return names, rows
