"""The panel: who connects, what they may say, what the light shows, whether there are ears.

One thread, one loop: a new connection, a byte on one, or the button. It holds no sound, has no
network, and is the only process that can set or clear the mute flag.
"""

from __future__ import annotations

import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from device import service
from device.config import Config
from device.mind.types import Lamp
from device.panel.flag import MuteFlag
from device.panel.lights import Bulb, Light, make_bulb, shown
from device.panel.protocol import MAY, MUTE, PRESSED, REFUSED, STATE, UNMUTE, Role, role_of

MAX_PEERS = 16
TURN_S = 5.0
"""The loop turns at least so often, to tell the service manager that it does."""
NUDGE_S = 1.0


@dataclass(eq=False)
class Peer:
    """A connection: who is there, and the pattern they named last."""

    line: socket.socket
    role: Role
    lamp: Lamp | None = None


@dataclass
class Panel:
    """The panel's state: the flag, the light, and who is connected."""

    server: socket.socket
    flag: MuteFlag
    bulb: Bulb
    alive: Callable[[], None] = lambda: None
    """Called in every turn of the loop."""
    who: Callable[[socket.socket], Role] = role_of
    peers: list[Peer] = field(default_factory=list)
    light: Light | None = None
    _nudge: bool = False
    _stopped: bool = False

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.server.setblocking(False)
        self._selector.register(self.server, selectors.EVENT_READ, self._welcome)

    def watch(self, descriptor: int, turn: Callable[[], None]) -> None:
        """Call `turn` whenever `descriptor` can be read (the button, a signal)."""
        self._selector.register(descriptor, selectors.EVENT_READ, turn)

    def stop(self) -> None:
        """End the loop after this turn."""
        self._stopped = True

    def run(self) -> None:
        """Turn until stopped."""
        self.show()
        while not self._stopped:
            self.turn(NUDGE_S if self._nudge else TURN_S)

    def turn(self, patience_s: float) -> None:
        """Wait for something to happen, at most so long; see to it; show what follows."""
        ready = self._selector.select(patience_s)
        for key, _ in ready:
            key.data()
        if not ready and self._nudge:
            self._nudge = False
            self.flag.nudge()
        self.show()
        self.alive()

    def pressed(self) -> None:
        """The button, shortly: ears listen as if a wake word had been said."""
        for peer in self._of(Role.EARS):
            with suppress(OSError):  # ears that just ended hear nothing, as they should
                peer.line.send(PRESSED)

    def held(self) -> None:
        """The button, long: mute, or unmute."""
        self.mute(not self.flag.is_set)

    def mute(self, muted: bool) -> None:
        """Set or clear the flag; the service manager ends or starts the ears."""
        if muted != self.flag.is_set:
            (self.flag.set if muted else self.flag.clear)()
            print("muted" if muted else "unmuted", file=sys.stderr, flush=True)
        self._nudge = True

    def show(self) -> None:
        """Show what is, if it changed."""
        light = shown(
            muted=self.flag.is_set, ears=self._lamp(Role.EARS), hands=self._lamp(Role.HANDS)
        )
        if light is not self.light:
            self.light = light
            self.bulb.show(light)

    def _of(self, role: Role) -> list[Peer]:
        return [p for p in self.peers if p.role is role]

    def _lamp(self, role: Role) -> Lamp | None:
        """The pattern of the newest connection of a room; None without one."""
        peers = self._of(role)
        return (peers[-1].lamp or Lamp.ASLEEP) if peers else None

    def _welcome(self) -> None:
        line, _ = self.server.accept()
        line.setblocking(False)
        peer = Peer(line, self.who(line))
        if peer.role is Role.NOBODY or len(self.peers) >= MAX_PEERS:
            with suppress(OSError):
                line.send(REFUSED)
            line.close()
            return
        self.peers.append(peer)
        self._selector.register(line, selectors.EVENT_READ, lambda: self._hear(peer))

    def _hear(self, peer: Peer) -> None:
        try:
            word = peer.line.recv(2)
        except OSError:
            word = b""
        if word in MAY[peer.role]:
            self._obey(peer, word)
            return
        if word:  # more than a byte, or one that isn't theirs to say
            print(f"refused what {peer.role.value} asked", file=sys.stderr, flush=True)
            with suppress(OSError):
                peer.line.send(REFUSED)
        self._farewell(peer)

    def _obey(self, peer: Peer, word: bytes) -> None:
        if peer.role is not Role.PERSON:
            peer.lamp = Lamp(word[0])
            return
        if word != STATE:
            self.mute(word == MUTE)
        with suppress(OSError):
            peer.line.send(MUTE if self.flag.is_set else UNMUTE)

    def _farewell(self, peer: Peer) -> None:
        self._selector.unregister(peer.line)
        self.peers.remove(peer)
        peer.line.close()


def main(config: Config) -> None:
    """Run the panel until it is told to end."""
    settings = config.panel
    passed = service.passed_by_name().get("panel")
    server = socket.socket(fileno=passed) if passed is not None else service.listen(settings.socket)
    server.listen(MAX_PEERS)
    notifier = service.Notifier()
    panel = Panel(server, MuteFlag(settings.folder), make_bulb(settings), notifier.watchdog)
    waker, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    service.on_term(panel.stop)
    panel.watch(waker.fileno(), lambda: _swallow(waker))
    notifier.ready()
    panel.run()


def _swallow(waker: socket.socket) -> None:
    """A signal has been handled; its byte only woke the loop."""
    waker.recv(16)
