"""Who is at the other end, asked of processes in few groups, many, and more than Python takes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from device.sockets.peers import peer_of

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be in groups at will")


def connected(folder: Path, groups: int, uid: int) -> tuple[socket.socket, int]:
    """A connection from a child process of that user, in so many groups; and its pid."""
    path = str(folder / "here.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(path)
        Path(path).chmod(0o666)
        folder.chmod(0o755)
        server.listen(1)
        pid = os.fork()
        if pid == 0:
            try:
                os.chdir(folder)
                os.setgroups(list(range(5000, 5000 + groups)))
                os.setgid(4999)
                os.setuid(uid)
                client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                client.connect("here.sock")
                client.recv(1)
            finally:
                os._exit(0)
        server.settimeout(20)
        connection, _ = server.accept()
    return connection, pid


@ROOT
@pytest.mark.parametrize("groups", [0, 1, 32, 255, 256, 257, 1000, 65536])
def test_every_group_of_a_peer_is_seen_however_many_there_are(tmp_path: Path, groups: int) -> None:
    connection, pid = connected(tmp_path, groups, 4242)
    peer = peer_of(connection)
    connection.close()
    os.waitpid(pid, 0)
    assert peer.uid == 4242
    assert peer.groups == {4999, *range(5000, 5000 + groups)}


@ROOT
def test_the_highest_user_number_is_no_negative_one(tmp_path: Path) -> None:
    connection, pid = connected(tmp_path, 0, 2**32 - 2)
    assert peer_of(connection).uid == 2**32 - 2
    connection.close()
    os.waitpid(pid, 0)
