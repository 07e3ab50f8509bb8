"""What is said on the panel's socket: single bytes, and who may say which.

people   m mute, u unmute, ? state; answered by m or u: how it is now
ears     lamp patterns of taking in; they are told `p` when the button is pressed
hands    lamp patterns of the loudspeaker, and that the ears are gone
"""

from __future__ import annotations

import grp
import pwd
import socket
import struct
from enum import Enum, unique
from typing import Final

from device.errors import NoPanel, PanelRefused
from device.mind.types import Lamp

MUTE: Final = b"m"
UNMUTE: Final = b"u"
STATE: Final = b"?"
PRESSED: Final = b"p"
REFUSED: Final = b"x"

PEOPLE = "keepmum"
"""The group of those who may mute and unmute."""
_SO_PEERGROUPS = 59
_ANSWER_S = 3.0


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
"""All authority there is on this socket. Hands have a network: they can't mute or unmute."""


def role_of(peer: socket.socket) -> Role:
    """Who connected: decided by user and groups of the process, at the time it connected."""
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3i", raw)
    users = {Role.EARS: "keepmum-ears", Role.HANDS: "keepmum-hands"}
    for role, user in users.items():
        if uid == _uid(user):
            return role
    if uid == 0 or _gid(PEOPLE) in {gid, *_peer_groups(peer)}:
        return Role.PERSON
    return Role.NOBODY


def _peer_groups(peer: socket.socket) -> tuple[int, ...]:
    raw = peer.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 4 * 1024)
    return struct.unpack(f"{len(raw) // 4}I", raw)


def _uid(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _gid(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def connect(path: str) -> socket.socket | None:
    """The panel's socket, or None if there is no panel: a speaker without a lamp still works."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        line.connect(path)
    except OSError:
        line.close()
        return None
    line.setblocking(False)
    return line


class LampLine:
    """Names lamp patterns to the panel, and finds it again after it was started anew."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._line: socket.socket | None = None

    def name(self, lamp: Lamp) -> None:
        """Tell the panel; without one there is no light, and that is all."""
        for _ in range(2):
            if self._line is None:
                self._line = connect(self._path)
            if self._line is None:
                return
            try:
                self._line.send(bytes([lamp]))
            except OSError:
                self._line.close()
                self._line = None
            else:
                return


def ask(path: str, wish: bytes) -> bool:
    """Say `wish` as a person; whether the speaker is muted afterwards.

    Raises NoPanel if nobody answers, PanelRefused if this user may not.
    """
    line = connect(path)
    if line is None:
        raise NoPanel(socket=path)
    with line:
        line.settimeout(_ANSWER_S)
        try:
            line.send(wish)
            answer = line.recv(1)
        except OSError as error:
            raise NoPanel(socket=path) from error
    if answer not in (MUTE, UNMUTE):
        raise PanelRefused(group=PEOPLE)
    return answer == MUTE
