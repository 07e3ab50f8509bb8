"""The panel: who connects, what they may say, what the light shows, whether there are ears.

One thread, one loop: a new connection, a byte on one, or the button. It holds no sound, has no
network, and is the only process that can set or clear the mute flag. Whatever a visitor does costs
that visitor's connection and nothing else.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from device.mind.types import Lamp
from device.panel.flag import MuteFlag
from device.panel.light import Light
from device.panel.lights import Bulb, shown
from device.panel.pace import Pace
from device.panel.places import Places, Visitor
from device.panel.protocol import MAY, MUTE, PRESSED, REFUSED, STATE, UNMUTE, Role, identify

TURN_S = 5.0
"""The loop turns at least so often, to tell the service manager that it does."""
NUDGE_S = 1.0
BEGINNERS = 8
"""New connections that a turn sees to: those that are there already have their turn too."""
PEOPLE = frozenset({Role.PERSON})
ROOMS = frozenset({Role.EARS, Role.HANDS})


@dataclass
class Panel:
    """The panel's state: the flag, the light, and who is connected."""

    flag: MuteFlag
    bulb: Bulb
    pace: Pace
    alive: Callable[[], None] = lambda: None
    """Called in every turn of the loop."""
    who: Callable[[socket.socket], tuple[Role, int]] = identify
    ticks: list[Callable[[], float | None]] = field(default_factory=list)
    """Each does what is due by time and says in how many seconds more is; None: nothing."""
    places: Places = field(default_factory=Places)
    light: Light | None = None
    _nudge_at: float | None = None
    _later: float | None = None
    _stopped: bool = False
    _told: bool | None = None
    """What hands were told last of mute."""

    def __post_init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def open(self, door: socket.socket, roles: frozenset[Role]) -> None:
        """Let visitors of these roles in through a listening socket."""
        door.setblocking(False)
        self.watch(door.fileno(), lambda: self._welcome(door, roles))

    def watch(self, descriptor: int, turn: Callable[[], object]) -> None:
        """Call `turn` whenever `descriptor` can be read (the button, a signal)."""
        self._selector.register(descriptor, selectors.EVENT_READ, turn)

    def stop(self) -> None:
        """End the loop after this turn."""
        self._stopped = True

    def run(self) -> None:
        """Turn until stopped."""
        self.show()
        while not self._stopped:
            self.turn(TURN_S)

    def turn(self, patience_s: float) -> None:
        """Wait for something to happen, at most so long; see to it; show what follows."""
        for key, _ in self._selector.select(self._patience(patience_s)):
            if self._selector.get_map().get(key.fd) is key:  # nobody that this turn sent away
                key.data()
        if self._nudge_at is not None and time.monotonic() >= self._nudge_at:
            self._nudge_at = None
            self.flag.nudge()
        self.show()
        self.alive()

    def _patience(self, most: float) -> float:
        due = (self._later, self.bulb.tick(), *(tick() for tick in self.ticks))
        waits = [most, *(seconds for seconds in due if seconds is not None)]
        if self._nudge_at is not None:
            waits.append(self._nudge_at - time.monotonic())
        return max(0.0, min(waits))

    def pressed(self) -> None:
        """The button, shortly: ears listen as if a wake word had been said."""
        for visitor in self.places.of(Role.EARS):
            with suppress(OSError):  # ears that just ended hear nothing, as they should
                visitor.line.send(PRESSED)

    def held(self) -> None:
        """The button, long: mute, or unmute."""
        self.mute(not self.flag.is_set)

    def mute(self, muted: bool) -> None:
        """Set or clear the flag; the service manager ends or starts the ears."""
        try:
            if muted != self.flag.is_set:
                (self.flag.set if muted else self.flag.clear)()
                print("muted" if muted else "unmuted", file=sys.stderr, flush=True)
        except OSError as error:  # a full disk: it is as it was, and who asked is told so
            print(f"the mute flag stays as it was: {error.strerror}", file=sys.stderr, flush=True)
        self._nudge_at = time.monotonic() + NUDGE_S

    def show(self) -> None:
        """Show what is, if it changed."""
        self._later = self.pace.show(self.places.lamp(Role.EARS))
        hands = self.places.lamp(Role.HANDS)
        muted = self.flag.is_set
        if muted is not self._told:
            self._told = muted
            for visitor in self.places.of(Role.HANDS):
                self._say_muted(visitor)
        light = shown(muted=muted, ears=self.pace.shown, hands=hands)
        if light is not self.light:
            self.light = light
            self.bulb.show(light)

    def _welcome(self, door: socket.socket, roles: frozenset[Role]) -> None:
        for _ in range(BEGINNERS):
            try:
                line, _ = door.accept()
            except OSError:  # nobody any more, or nobody can be taken in now
                return
            try:
                line.setblocking(False)
                role, uid = self.who(line)
            except OSError:
                role, uid = Role.NOBODY, -1
            if role in roles:
                self._seat(Visitor(line, role, uid))
            else:
                with suppress(OSError):
                    line.send(REFUSED)
                line.close()

    def _seat(self, visitor: Visitor) -> None:
        for leaving in self.places.seat(visitor):
            self._farewell(leaving)
        self.watch(visitor.line.fileno(), lambda: self._hear(visitor))

        if visitor.role is Role.HANDS:
            self._say_muted(visitor)

    def _say_muted(self, visitor: Visitor) -> None:
        with suppress(OSError):  # who doesn't listen isn't told
            visitor.line.send(MUTE if self.flag.is_set else UNMUTE)

    def _hear(self, visitor: Visitor) -> None:
        try:
            word = visitor.line.recv(2)
        except BlockingIOError:
            return
        except OSError:
            word = b""
        if word in MAY[visitor.role]:
            self._obey(visitor, word)
            return
        if word:  # more than a byte, or one that isn't theirs to say
            print(f"refused what {visitor.role.value} asked", file=sys.stderr, flush=True)
            with suppress(OSError):
                visitor.line.send(REFUSED)
        self._farewell(visitor)

    def _obey(self, visitor: Visitor, word: bytes) -> None:
        if visitor.role is not Role.PERSON:
            visitor.lamp = Lamp(word[0])
            return
        if word != STATE:
            self.mute(word == MUTE)
        with suppress(OSError):
            visitor.line.send(MUTE if self.flag.is_set else UNMUTE)

    def _farewell(self, visitor: Visitor) -> None:
        self._selector.unregister(visitor.line)
        self.places.leave(visitor)
        visitor.line.close()
