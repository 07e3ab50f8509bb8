"""The two clocks of the hands: the wall's, which people set, and the machine's, which only runs.

Timers run on the machine's clock (it counts sleep, and no time server can move it); alarms run on
the wall's. Tests hand in a clock of their own that moves when they say so.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
RTCS = Path("/sys/class/rtc")
_TIME_ERROR = 5


def _kernel_says_so() -> bool:
    """Whether adjtimex(2), asked without changing anything, calls the clock synchronised."""
    asked = ctypes.create_string_buffer(512)  # struct timex with modes = 0, and room to spare
    state = int(ctypes.CDLL(None, use_errno=True).adjtimex(asked))
    return 0 <= state < _TIME_ERROR


class Clock(Protocol):
    """What time it is, and waiting for a later one."""

    def wall(self) -> float:
        """Seconds since 1970, as people count them; may jump."""

    def running(self) -> float:
        """Seconds since the machine started, sleep included; never jumps."""

    def known(self) -> bool:
        """Whether the wall's clock comes from a time server or a clock with a battery."""

    def boot(self) -> str:
        """The id of this run of the machine, without which `running` means nothing."""

    def zone(self) -> tzinfo:
        """The time zone in force."""

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        """Return after `seconds` of `running`, or as soon as `woken` is set."""


class SystemClock:
    """The clocks of the machine."""

    def wall(self) -> float:
        """See `Clock.wall`."""
        return time.time()

    def running(self) -> float:
        """See `Clock.running`."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def known(self) -> bool:
        """See `Clock.known`: timesyncd's mark, the kernel's own word, or a real-time clock that
        the kernel took the time from.
        """
        if SYNCHRONISED.exists() or _kernel_says_so():
            return True
        try:
            return any(file.read_text("ascii").strip() == "1" for file in RTCS.glob("*/hctosys"))
        except OSError:
            return False

    def boot(self) -> str:
        """See `Clock.boot`."""
        return BOOT_ID.read_text(encoding="ascii").strip()

    def zone(self) -> tzinfo:
        """See `Clock.zone`; read anew each time, since it can be changed."""
        try:
            with LOCALTIME.open("rb") as file:
                return ZoneInfo.from_file(file)
        except (OSError, ValueError):
            return UTC

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        """See `Clock.wait`."""
        # not wait_for: before Python 3.12 it may lose a cancellation
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await woken.wait()


def at(clock: Clock, wall: float) -> datetime:
    """The local date and time of a moment."""
    return datetime.fromtimestamp(wall, clock.zone())


def moment(day: datetime, minutes: int, zone: tzinfo) -> float:
    """Seconds since 1970 of `minutes` after midnight on the day of `day`.

    A time that daylight saving skips is taken as the moment of the change; one that happens twice
    is taken the first time.
    """
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    local = naive.replace(tzinfo=zone)
    stamp = local.timestamp()
    if datetime.fromtimestamp(stamp, zone).replace(tzinfo=None) == naive:
        return stamp
    # the skipped hour: fold=1 counts with the offset after the change, fold=0 with the one before
    before = local.utcoffset() or timedelta()
    after = local.replace(fold=1).utcoffset() or timedelta()
    return _change(stamp - abs((after - before).total_seconds()), stamp, zone)


def _change(low: float, high: float, zone: tzinfo) -> float:
    """The moment in (low, high] at which the zone's offset changes, to the second."""
    first = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == first:
            low = middle
        else:
            high = middle
    return high
