"""The service manager's protocol: sockets passed in, ready, watchdog, SIGTERM.

systemd's, in the few lines that it takes (sd_listen_fds(3), sd_notify(3)); `keepmum run` plays the
same part when there is no systemd. This is the only module that ears use sockets through, and
only before they are sealed: afterwards a connected descriptor is written to and nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

FIRST_PASSED = 3
PR_SET_PDEATHSIG = 1
"""prctl(2): which signal a process gets when its parent ends."""


def passed_sockets() -> list[int]:
    """Descriptors of the sockets that the service manager passed to this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    return list(range(FIRST_PASSED, FIRST_PASSED + count))


def passed_by_name() -> dict[str, int]:
    """The same by the names that their units give them (FileDescriptorName=)."""
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return dict(zip(names, passed_sockets(), strict=False))


def accept(listening: int) -> int:
    """Wait for the other side to connect; the descriptor of the connection, non-blocking.

    One that connected and died while it waited is passed over.
    """
    with socket.socket(fileno=os.dup(listening)) as server:
        server.setblocking(True)
        connection, _ = server.accept()
        while _has_ended(connection):
            connection.close()
            connection, _ = server.accept()
    connection.setblocking(False)
    return connection.detach()


def _has_ended(connection: socket.socket) -> bool:
    watch = select.poll()
    watch.register(connection, 0)
    return any(what & select.POLLHUP for _, what in watch.poll(0))


def listen(
    path: str,
    kind: socket.SocketKind = socket.SOCK_SEQPACKET,
    *,
    group: int | None = None,
    backlog: int = 1,
) -> socket.socket:
    """A Unix socket that listens at `path`, for when no service manager made one.

    It is this user's, and that group's where it can be given to it. One that a life before left is
    replaced; raises OSError if somebody answers there.
    """
    with socket.socket(socket.AF_UNIX, kind) as probe:
        probe.setblocking(False)  # a full queue means that somebody is there, too
        if probe.connect_ex(path) in (0, errno.EAGAIN):
            raise OSError(errno.EADDRINUSE, "another one answers there")
    Path(path).unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, kind)
    before = os.umask(0o177)
    try:
        server.bind(path)
    finally:
        os.umask(before)
    if group is not None:
        # a user outside the group can't give it: then the socket stays its own
        with contextlib.suppress(PermissionError):
            os.chown(path, -1, group)
            Path(path).chmod(0o660)
    server.listen(backlog)
    return server


class Notifier:
    """Tells the service manager how it goes; silent where there is none."""

    def __init__(self) -> None:
        self.fd = -1
        address = os.environ.get("NOTIFY_SOCKET", "")
        if address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.connect("\0" + address[1:] if address[0] == "@" else address)
                client.setblocking(False)
                self.fd = client.detach()

    def ready(self) -> None:
        """This process is up and does its work."""
        self._say(b"READY=1")

    def watchdog(self) -> None:
        """Another frame came through the loop."""
        self._say(b"WATCHDOG=1")

    def trigger(self) -> None:
        """What should be alive isn't: do what is done when the watchdog is not fed."""
        self._say(b"WATCHDOG=trigger")

    def _say(self, message: bytes) -> None:
        if self.fd >= 0:
            try:
                os.write(self.fd, message)
            except BlockingIOError:
                return  # a manager that is too busy to listen will ask again


def on_term(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, handler)
    signal.signal(signal.SIGINT, handler)
