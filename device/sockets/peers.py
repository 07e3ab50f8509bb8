"""Who is at the other end of a local socket: user and groups, as the kernel tells them."""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from dataclasses import dataclass

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
