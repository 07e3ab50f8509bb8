"""The service manager's watchdog where there is none: a process that no longer beats is ended.

It speaks as much of sd_notify(3) as the processes do: ready, alive, and that something hangs.
"""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path


class Watchdog:
    """Listens for one process, which is started with `environment`."""

    def __init__(self, path: Path, limit_s: float) -> None:
        self._limit_s = limit_s
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self._heard: float | None = None
        self.environment = {"NOTIFY_SOCKET": str(path)}

    def begin(self) -> None:
        """The process is started anew: what the last one said is forgotten."""
        self._said()
        self._heard = None

    def hangs(self) -> bool:
        """Whether it was ready once and has been silent for too long since, or says so itself.

        What waits is read first: a supervisor that was stopped for a while ends nobody for it.
        """
        said = self._said()
        if said:
            self._heard = time.monotonic()
        silent = self._heard is not None and time.monotonic() - self._heard > self._limit_s
        return silent or b"WATCHDOG=trigger" in said

    def close(self) -> None:
        """Listen no more."""
        path = self._socket.getsockname()
        self._socket.close()
        os.unlink(path)  # noqa: PTH108 - what the kernel says it is called

    def _said(self) -> list[bytes]:
        said = []
        while True:
            try:
                said.append(self._socket.recv(64))
            except BlockingIOError:
                return said
