"""What is said on the panel's two sockets: single bytes, and who may say which.

people   m mute, u unmute, ? state; answered by m or u: how it is now
ears     lamp patterns of taking in; they are told `p` when the button is pressed
hands    lamp patterns of the loudspeaker, and that the ears are gone; they are told m or u: how it
         is, and whenever it changes

People and rooms have a socket each, with a group each: the kernel keeps the one out of the other's,
and everybody else out of both.
"""

from __future__ import annotations

import asyncio
import contextlib
import pwd
import socket
import time
from collections.abc import Callable
from enum import Enum, unique
from typing import Final

from device.errors import NoPanel, PanelRefused
from device.mind.types import Lamp
from device.sockets.peers import Peer, group_id, peer_of

MUTE: Final = b"m"
UNMUTE: Final = b"u"
STATE: Final = b"?"
PRESSED: Final = b"p"
REFUSED: Final = b"x"

PEOPLE = "keepmum"
"""The group of those who may mute and unmute."""
ROOMS = "keepmum-lamp"
"""The group of ears and hands, which may connect to the rooms' socket."""
_ANSWER_S = 3.0
_AGAIN_S = 0.25
"""A panel that isn't there is looked for again after so long."""


@unique
class Role(Enum):
    """Who is at the other end, as the kernel says."""

    PERSON = "person"
    EARS = "ears"
    HANDS = "hands"
    NOBODY = "nobody"


MAY: Final[dict[Role, frozenset[bytes]]] = {
    Role.PERSON: frozenset({MUTE, UNMUTE, STATE}),
    Role.EARS: frozenset(bytes([p]) for p in (Lamp.ASLEEP, Lamp.LISTENING, Lamp.THINKING)),
    Role.HANDS: frozenset(
        bytes([p]) for p in (Lamp.ASLEEP, Lamp.SPEAKING, Lamp.RINGING, Lamp.BROKEN)
    ),
    Role.NOBODY: frozenset(),
}
"""All authority there is on these sockets. Hands have a network: they can't mute or unmute."""


def identify(connection: socket.socket) -> tuple[Role, int]:
    """Who connected, and as which user: as it was at the time of connecting. Raises OSError."""
    peer = peer_of(connection)
    return role_of(peer), peer.uid


def role_of(peer: Peer) -> Role:
    """What a peer is to the panel."""
    for role, user in ((Role.EARS, "keepmum-ears"), (Role.HANDS, "keepmum-hands")):
        if peer.uid == _uid(user):
            return role
    return Role.PERSON if peer.uid == 0 or group_id(PEOPLE) in peer.groups else Role.NOBODY


def _uid(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def connect(path: str) -> socket.socket | None:
    """The panel's socket, non-blocking, or None if there is no panel or too many wait for it."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.setblocking(False)
    try:
        line.connect(path)
    except OSError:
        line.close()
        return None
    return line


def await_panel(path: str, seconds: float) -> socket.socket | None:
    """The same, tried for so long; None without a panel: a speaker without a lamp still works."""
    deadline = time.monotonic() + seconds
    while (line := connect(path)) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return line


class LampLine:
    """Names lamp patterns to the panel, and finds it again after it was started anew."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line: socket.socket | None = None
        self._lamp = Lamp.ASLEEP
        self._followers: list[Callable[[bool | None], None]] = []

    def follow(self, told: Callable[[bool | None], None]) -> None:
        """Have `told(muted)` called whenever the panel says so; None when it is gone."""
        self._followers.append(told)

    def name(self, lamp: Lamp) -> None:
        """Show this from now on; a panel that isn't there is told when it is."""
        self._lamp = lamp
        if self._line is not None:
            try:
                self._line.send(bytes([lamp]))
            except OSError:  # `keep` sees the end of it, and connects anew
                with contextlib.suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)

    async def keep(self) -> None:
        """Stay connected, until cancelled: panels come and go in any order."""
        while self._path:
            self._line = connect(self._path)
            if self._line is not None:
                with self._line, contextlib.suppress(OSError):
                    self._line.send(bytes([self._lamp]))
                    await self._listen(self._line)
                self._line = None
                self._tell(None)
            await asyncio.sleep(_AGAIN_S)

    async def _listen(self, line: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while word := await loop.sock_recv(line, 1):
            if word in (MUTE, UNMUTE):
                self._tell(word == MUTE)

    def _tell(self, muted: bool | None) -> None:
        for told in self._followers:
            told(muted)


def ask(path: str, wish: bytes) -> bool:
    """Say `wish` as a person; whether the speaker is muted afterwards.

    Raises NoPanel if nobody answers, PanelRefused if this user may not.
    """
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with line:
        line.settimeout(_ANSWER_S)
        try:
            _reach(line, path)
            with contextlib.suppress(ConnectionError):
                line.send(wish)  # one who is refused at the door can still read that
            answer = _answer(line)
        except PermissionError as error:
            raise PanelRefused(group=PEOPLE) from error
        except OSError as error:
            raise NoPanel(socket=path) from error
    if answer == REFUSED:
        raise PanelRefused(group=PEOPLE)
    if answer not in (MUTE, UNMUTE):
        raise NoPanel(socket=path)
    return answer == MUTE


def _answer(line: socket.socket) -> bytes:
    try:
        return line.recv(1)
    except ConnectionResetError:  # told once, before what the other side had said last
        return line.recv(1)


def _reach(line: socket.socket, path: str) -> None:
    """Connect; while too many others wait for the panel, try again."""
    deadline = time.monotonic() + _ANSWER_S
    while True:
        try:
            return line.connect(path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
