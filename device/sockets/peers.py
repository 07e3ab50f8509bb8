"""Who is at the other end of a local socket: user and groups, as the kernel tells them."""

from __future__ import annotations

import ctypes
import errno
import grp
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

GROUP = "keepmum"
"""The group of those who may ask."""
NOBODY = 65534
"""What the kernel shows for ids that a unit with PrivateUsers= can't see."""
SO_PEERGROUPS = 59
_PYTHON_BYTES = 1024
"""Python's getsockopt takes no larger buffer: 256 groups."""
_MOST_BYTES = 4 * 65_536
"""The kernel's NGROUPS_MAX: no process is in more groups."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end, as the kernel tells it."""

    uid: int
    groups: frozenset[int]


def peer_of(connection: socket.socket) -> Peer:
    """Who is at the other end of a connection; groups that can't be had are none at all."""
    ids = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, gid = struct.unpack("3I", ids)
    try:
        groups = _groups(connection)
    except OSError:  # what can't be shown grants nothing
        groups = ()
    return Peer(uid, frozenset((gid, *groups)))


def _groups(connection: socket.socket) -> tuple[int, ...]:
    """Supplementary groups of the peer; a peer in more than 256 is asked for in C."""
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, _PYTHON_BYTES)
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        raw = _many(connection.fileno())
    return struct.unpack(f"{len(raw) // 4}I", raw)


def _many(descriptor: int) -> bytes:
    """The kernel says ERANGE and the size that it takes: ask again with as much, once."""
    size = ctypes.c_uint32(0)
    for _ in range(2):
        if size.value > _MOST_BYTES:
            break
        buffer = ctypes.create_string_buffer(max(size.value, 4))
        arguments = (descriptor, socket.SOL_SOCKET, SO_PEERGROUPS, buffer, ctypes.byref(size))
        if _libc.getsockopt(*arguments) == 0:
            return buffer.raw[: size.value]
        if ctypes.get_errno() != errno.ERANGE:
            break
    raise OSError(ctypes.get_errno(), "the groups of a peer can't be had")


def may_ask(peer: Peer, *, own: int, group: int | None, seen: bool) -> bool:
    """Whether a peer may ask: root, this very user, or a member of the group.

    `seen`: whether this process sees the ids of all users. Where it doesn't (PrivateUsers=), others
    appear as nobody, and the mode of the socket, which the kernel checked, has decided already.
    """
    if peer.uid in (0, own) or (group is not None and group in peer.groups):
        return True
    return not seen and peer.uid == NOBODY


def sees_all_ids() -> bool:
    """Whether the ids of all users are told apart in this process's user namespace."""
    fields = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    return fields[:3] == ["0", "0", "4294967295"]


def group_id(name: str = GROUP) -> int | None:
    """The id of a group, if there is one of that name."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
