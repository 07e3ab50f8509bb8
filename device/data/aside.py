"""A file that can't be used costs itself: it is set aside beside its place, with its date."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

MARK = ".broken-"
"""lists.json becomes lists.json.broken-20260131-235959."""
MOST = 5
"""Of one name; older ones go: a disk that damages a file every day must not fill with them."""
TAILS = ("-wal", "-shm", "-journal")


def set_aside(path: Path) -> Path | None:
    """Move a broken file (or whatever stands in its place) aside; None if the disk refuses.

    What SQLite lays beside a database goes with it: a log of one must not be played into another.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}{MARK}{stamp}")
    number = 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}{MARK}{stamp}-{number}")
    try:
        path.rename(aside)
        for tail in TAILS:
            beside = path.with_name(path.name + tail)
            if os.path.lexists(beside):
                beside.rename(aside.with_name(aside.name + tail))
    except OSError:
        return None
    with contextlib.suppress(OSError):
        _thin(path)
    return aside


def _thin(path: Path) -> None:
    mine = [p for p in set_aside_before(path.parent) if p.name.startswith(path.name + MARK)]
    whole = [p for p in mine if not p.name.endswith(TAILS)]
    whole.sort(key=lambda p: p.lstat().st_ctime_ns)  # when it was moved here
    for old in whole[:-MOST]:
        for one in (old, *(old.with_name(old.name + tail) for tail in TAILS)):
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            else:
                one.unlink(missing_ok=True)


def set_aside_before(folder: Path) -> list[Path]:
    """What was set aside in a folder, oldest first of each name; none if it can't be looked at."""
    try:
        return sorted(p for p in folder.iterdir() if MARK in p.name)
    except OSError:
        return []
