"""The service manager's part where there is none: start ears and hands, start them again.

`keepmum run`, the demo and the benchmarks use it; under systemd the units do the same. Processes
get what units would give them: the listening letter socket, and settings in one file.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from device import service
from device.events import DESCRIPTOR
from device.service import FIRST_PASSED, PR_SET_PDEATHSIG
from device.standalone.watchdog import Watchdog

RESTART_S = 1.0
STOP_S = 5.0
WATCHDOG_S = 20.0
"""A process that has said nothing for so long hangs; ears say it themselves, and much earlier."""


@dataclass
class Process:
    """A child: what it is called, how it is started, and its pid while it runs."""

    name: str
    arguments: Sequence[str]
    passed: Mapping[str, int] = field(default_factory=dict)
    """Descriptors by the names that they are passed under."""
    environment: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    watchdog: Watchdog | None = None
    code: int | None = None
    started: float = 0.0

    def start(self) -> None:
        """Fork and exec; descriptors in `passed` become 3, 4, ... as systemd passes them."""
        self.started, self.code = time.monotonic(), None
        if self.watchdog is not None:
            self.watchdog.begin()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                self._become()
            os._exit(127)

    def _become(self) -> None:
        # whoever kills the supervisor means its children too
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        # through high numbers, so that no descriptor is overwritten before it was passed
        high = [os.dup2(fd, 100 + i) for i, fd in enumerate(self.passed.values())]
        for i, fd in enumerate(high):
            os.dup2(fd, FIRST_PASSED + i, inheritable=True)
        os.closerange(FIRST_PASSED + len(self.passed), 256)
        os.environ.update(self.environment)
        if self.watchdog is not None:
            os.environ.update(self.watchdog.environment)
        if self.passed:
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.environ["LISTEN_FDS"] = str(len(self.passed))
            os.environ["LISTEN_FDNAMES"] = ":".join(self.passed)
        os.setpgid(0, 0)  # Ctrl-C is the supervisor's; it ends its children in their order
        command = [sys.executable, "-m", "device", self.name, *self.arguments]
        os.execv(sys.executable, command)  # noqa: S606 - itself

    def signal(self, number: int) -> None:
        """Send a signal if it runs."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def reap(self) -> bool:
        """Whether it has ended; its exit code is known then."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid == 0:
            return False
        self.code, self.pid = os.waitstatus_to_exitcode(status), 0
        return True

    def end(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
        self.signal(signal.SIGTERM)
        if self.pid and not self.reap():
            _wait_for_exit(self.pid, STOP_S)
            self.signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


class Supervisor:
    """Ears and hands, started and kept running."""

    def __init__(
        self,
        socket_path: Path,
        config: Path,
        *,
        source: str = "",
        journal: int = -1,
        own_commands: bool = False,
    ) -> None:
        self.letters = service.listen(str(socket_path))
        options = ["--config", str(config)]
        ears = [*options, "--input", source] if source else options
        self.ears = Process("ears", ears, passed={"letters": self.letters.fileno()})
        self.hands = Process("hands", options)
        for process in (self.ears, self.hands):
            place = socket_path.with_name(f"{process.name}.notify")
            process.watchdog = Watchdog(place, WATCHDOG_S)
        self.own = (Process("commands", options),) if own_commands else ()
        if journal >= 0:
            self.hands.passed = {"journal": journal}
            self.hands.environment = {DESCRIPTOR: str(FIRST_PASSED)}

    @property
    def processes(self) -> tuple[Process, ...]:
        """In the order in which they are started."""
        return *self.own, self.hands, self.ears

    def start(self) -> None:
        """Start all."""
        for process in self.processes:
            process.start()

    def stop(self) -> None:
        """End all, ears first."""
        for process in reversed(self.processes):
            process.end()
        self.letters.close()
        for process in self.processes:
            if process.watchdog is not None:
                process.watchdog.close()

    def ended(self) -> Iterator[Process]:
        """Those that have ended since the last look; one that hangs is ended first."""
        for process in self.processes:
            if process.pid and process.watchdog is not None and process.watchdog.hangs():
                process.signal(signal.SIGKILL)
                _wait_for_exit(process.pid, STOP_S)
            if process.pid and process.reap():
                yield process


def _wait_for_exit(pid: int, seconds: float) -> None:
    """Until the process is a zombie, at most `seconds`; no polling."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], max(0.0, seconds))
    finally:
        os.close(descriptor)
