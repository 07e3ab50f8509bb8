"""A kernel with pages four times as large, as far as a search of memory sees it.

`prove` looks at /proc/PID/maps, pagemap and mem. On the usual kernel of a Raspberry Pi 5 mappings
begin and end at 16 KiB, and an entry of pagemap stands for as much; here both are made of what this
kernel says. `install(told)` puts that in place; `told` is whether the product knows the size.
Standard library only: it runs in the installed product too.
"""

from __future__ import annotations

import dataclasses
import os
import struct
from pathlib import Path

TIMES = 4
SMALL = os.sysconf("SC_PAGESIZE")
LARGE = TIMES * SMALL
PRESENT = 1 << 63


class Kernel:
    """os, with the reads of a kernel whose pages are large."""

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def pread(self, fd: int, count: int, offset: int) -> bytes:
        """What that kernel would give: entries of large pages; no holes within them."""
        if Path(f"/proc/self/fd/{fd}").readlink().name == "pagemap":
            raw = os.pread(fd, TIMES * count, TIMES * offset)
            entries = struct.unpack(f"{len(raw) // 8}Q", raw)
            there = (
                any(e & 3 << 62 for e in entries[i : i + TIMES])
                for i in range(0, len(entries), TIMES)
            )
            return b"".join(struct.pack("Q", PRESENT if here else 0) for here in there)
        pieces = []
        for at in range(offset, offset + count, SMALL):
            try:
                piece = os.pread(fd, min(SMALL, offset + count - at), at)
            except OSError:
                piece = b""
            pieces.append(piece.ljust(SMALL, b"\0"))
        return b"".join(pieces)[:count]


def install(told: bool) -> None:
    """Search this machine's memory as on that kernel; `told`: with its size of a page."""
    from device.seal import pages

    small = pages.regions

    def regions(pid: int) -> list[pages.Region]:
        return [
            dataclasses.replace(
                region,
                start=region.start // LARGE * LARGE,
                end=-(-region.end // LARGE) * LARGE,
            )
            for region in small(pid)
        ]

    pages.regions = regions
    vars(pages)["os"] = Kernel()
    pages.PAGE = LARGE if told else SMALL
