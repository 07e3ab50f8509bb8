"""How the panel begins: its two sockets, its flag, its light, its button, and SIGTERM."""

from __future__ import annotations

import contextlib
import grp
import os
import signal
import socket
import time
from pathlib import Path

from device import service
from device.config import Config
from device.errors import NoPanelSocket
from device.panel.flag import MuteFlag
from device.panel.lights import make_bulb
from device.panel.loop import PEOPLE, ROOMS, Panel
from device.panel.pace import Pace
from device.panel.protocol import PEOPLE as PEOPLE_GROUP
from device.panel.protocol import ROOMS as ROOMS_GROUP

BACKLOG = 64


def main(config: Config) -> None:
    """Run the panel until it is told to end. Raises NoPanelSocket."""
    settings = config.panel
    pace = Pace(config.service.activations_per_hour, time.monotonic)
    notifier = service.Notifier()
    panel = Panel(MuteFlag(settings.folder), make_bulb(settings), pace, notifier.watchdog)
    panel.open(_door("panel", settings.socket, PEOPLE_GROUP), PEOPLE)
    panel.open(_door("lamp", settings.lamp_socket, ROOMS_GROUP), ROOMS)
    waker, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    service.on_term(panel.stop)
    panel.watch(waker.fileno(), lambda: _swallow(waker))
    notifier.ready()
    panel.run()


def _door(name: str, path: str, group: str) -> socket.socket:
    """The listening socket of that name that was passed in; where none was, one of our own."""
    passed = service.passed_by_name().get(name)
    if passed is not None:
        server = socket.socket(fileno=passed)
    else:
        before = os.umask(0o177)
        try:
            server = service.listen(path)
            with contextlib.suppress(KeyError, PermissionError):
                # a user outside the group can't give it: then the socket stays its own
                os.chown(path, -1, grp.getgrnam(group).gr_gid)
                Path(path).chmod(0o660)
        except OSError as error:
            raise NoPanelSocket(socket=path, why=error.strerror) from error
        finally:
            os.umask(before)
    server.listen(BACKLOG)
    return server


def _swallow(waker: socket.socket) -> None:
    """A signal has been handled; its byte only woke the loop."""
    waker.recv(16)
