"""Reading the memory of another process, page by page, and telling private pages from shared ones.

Needs root: the processes looked at are not dumpable.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PAGE = os.sysconf("SC_PAGESIZE")
"""4 KiB, or 16 with the usual kernel of a Raspberry Pi 5."""
_CHUNK = 32 << 20
_PRESENT_OR_SWAPPED = np.uint64(62)
_UNREADABLE = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")


@dataclass(frozen=True, slots=True)
class Region:
    """A mapping of a process: a line of /proc/PID/maps."""

    start: int
    end: int
    permissions: str
    offset: int
    name: str

    @property
    def shared(self) -> bool:
        """Memory that another process may have too, such as a sound server's."""
        return self.permissions[3] == "s" or self.name.startswith(("/dev/shm", "/memfd", "/SYSV"))  # noqa: S108

    @property
    def holds_data(self) -> bool:
        """Whether the process can have put something here: not code, not a file as it is."""
        if "r" not in self.permissions or self.name in _UNREADABLE:
            return False
        return "w" in self.permissions or not self.name.startswith("/")


def regions(pid: int) -> list[Region]:
    """All mappings of a process."""
    found = []
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        span, permissions, offset, _, _, *name = line.split(None, 5)
        start, end = (int(x, 16) for x in span.split("-"))
        found.append(Region(start, end, permissions, int(offset, 16), name[0] if name else ""))
    return found


def contents(pid: int) -> Iterator[tuple[Region, bytes]]:
    """Everything that the process holds in data mappings, in runs of present pages."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem, _pagemap(pid) as pagemap:  # noqa: PTH123
        for region in regions(pid):
            if not region.holds_data:
                continue
            for start in range(region.start, region.end, _CHUNK):
                end = min(region.end, start + _CHUNK)
                for a, b in _present(pagemap.fileno(), start, end):
                    with suppress(OSError):  # a mapping that went away meanwhile
                        yield region, os.pread(mem.fileno(), b - a, a)


def alive(pid: int) -> bool:
    """Whether a process is there and still has memory: a zombie has none."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for each in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += [int(p) for p in (task / "children").read_text().split()]
    return found


def twin_address(pid: int, address: int) -> int | None:
    """Where in `pid` the thing is that this process has at `address`, if in a file both map.

    The type of an object is such a thing: it tells a Python int in a heap from any other words.
    """
    mine = next((r for r in regions(os.getpid()) if r.start <= address < r.end), None)
    if mine is None or not mine.name.startswith("/"):
        return None
    base = min(r.start for r in regions(os.getpid()) if r.name == mine.name)
    theirs = [r.start for r in regions(pid) if r.name == mine.name]
    return min(theirs) + address - base if theirs else None


def _pagemap(pid: int):  # type: ignore[no-untyped-def]
    return open(f"/proc/{pid}/pagemap", "rb", buffering=0)  # noqa: PTH123


def _present(pagemap: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of addresses whose pages are in RAM or swap; untouched ones hold nothing."""
    raw = os.pread(pagemap, (end - start) // PAGE * 8, start // PAGE * 8)
    here = (np.frombuffer(raw, np.uint64) >> _PRESENT_OR_SWAPPED) != 0
    edges = np.flatnonzero(np.diff(np.concatenate(([0], here.astype(np.int8), [0]))))
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        yield start + int(a) * PAGE, start + int(b) * PAGE
