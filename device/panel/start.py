"""How the panel begins: its two sockets, its flag, its light, its button, and SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time

from device import service
from device.config import Config
from device.config import Panel as Settings
from device.errors import NoPanelSocket, NoPins
from device.panel.flag import MuteFlag
from device.panel.gpio import Press, PushButton
from device.panel.lights import Bulb, LogBulb, make_bulb
from device.panel.loop import PEOPLE, ROOMS, Panel
from device.panel.pace import Pace
from device.panel.protocol import PEOPLE as PEOPLE_GROUP
from device.panel.protocol import ROOMS as ROOMS_GROUP
from device.sockets.peers import group_id

BACKLOG = 64


def main(config: Config) -> None:
    """Run the panel until it is told to end. Raises NoPanelSocket."""
    settings = config.panel
    pace = Pace(config.service.activations_per_hour, time.monotonic)
    notifier = service.Notifier()
    panel = Panel(MuteFlag(folder_of(settings)), _bulb(settings), pace, notifier.watchdog)
    service.on_term(panel.stop)
    panel.open(_door("panel", settings.socket, PEOPLE_GROUP), PEOPLE)
    panel.open(_door("lamp", settings.lamp_socket, ROOMS_GROUP), ROOMS)
    waker, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    panel.watch(waker.fileno(), lambda: _swallow(waker))
    if settings.button_pin is not None:
        _button(panel, settings)
    notifier.ready()
    panel.run()


def folder_of(settings: Settings) -> str:
    """Where the mute flag is. There is one truth: the folder that the units watch, if there are.

    A flag elsewhere would be shown, and keep no ears from hearing.
    """
    watched = os.environ.get("STATE_DIRECTORY", "")
    if watched and watched != settings.folder:
        print(f"[panel] folder is not looked at: the units watch {watched}", file=sys.stderr)
    return watched or settings.folder


def _bulb(settings: Settings) -> Bulb:
    """The light of the settings; one that can't be lit costs itself, not mute."""
    try:
        return make_bulb(settings)
    except NoPins as error:
        _say(error)
        return LogBulb()


def _button(panel: Panel, settings: Settings) -> None:
    try:
        button = PushButton(settings)
    except NoPins as error:
        _say(error)
        return

    def look() -> float | None:
        for press in button.presses():
            (panel.pressed if press is Press.SHORT else panel.held)()
        return button.tick()

    panel.watch(button.descriptor, look)
    panel.ticks.append(look)


def _say(error: NoPins) -> None:
    print(f"{error}\n  {error.remedy}", file=sys.stderr, flush=True)


def _door(name: str, path: str, group: str) -> socket.socket:
    """The listening socket of that name that was passed in; where none was, one of our own."""
    passed = service.passed_by_name().get(name)
    if passed is not None:
        server = socket.socket(fileno=passed)
        server.listen(BACKLOG)
        return server
    try:
        return service.listen(path, group=group_id(group), backlog=BACKLOG)
    except OSError as error:
        raise NoPanelSocket(socket=path, why=error.strerror) from error


def _swallow(waker: socket.socket) -> None:
    """A signal has been handled; its byte only woke the loop."""
    waker.recv(16)
