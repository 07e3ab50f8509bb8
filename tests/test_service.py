"""The service manager's protocol: who is told, what, and that a busy manager holds nobody up."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from device import service
from device.service import Notifier


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A manager that is told things."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield told


def test_a_manager_is_told_in_its_own_words(manager: socket.socket) -> None:
    notifier = Notifier()
    notifier.ready()
    notifier.watchdog()
    notifier.trigger()
    said = [manager.recv(100) for _ in range(3)]
    assert said == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=trigger"]
    os.close(notifier.fd)


def test_a_manager_with_an_abstract_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"\0keepmum-test-{os.getpid()}")
        told.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@keepmum-test-{os.getpid()}")
        notifier = Notifier()
        notifier.ready()
        assert told.recv(100) == b"READY=1"
        os.close(notifier.fd)


def test_where_there_is_no_manager_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notifier = Notifier()
    notifier.ready()
    assert notifier.fd == -1


def test_a_manager_that_does_not_read_holds_nobody_up(manager: socket.socket) -> None:
    notifier = Notifier()
    for _ in range(5_000):  # more than its queue takes
        notifier.watchdog()
    heard = 0
    while True:
        try:
            assert manager.recv(100) == b"WATCHDOG=1"
        except BlockingIOError:
            break
        heard += 1
    assert 0 < heard < 5_000
    notifier.ready()
    assert manager.recv(100) == b"READY=1", "it is told again once it reads"
    os.close(notifier.fd)


@pytest.mark.parametrize(
    ("pid", "count", "passed"),
    [("own", "2", [3, 4]), ("own", "0", []), ("other", "2", []), ("", "2", [])],
)
def test_sockets_are_those_passed_to_this_process(
    monkeypatch: pytest.MonkeyPatch, pid: str, count: str, passed: list[int]
) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + (pid == "other")) if pid else "")
    monkeypatch.setenv("LISTEN_FDS", count)
    monkeypatch.setenv("LISTEN_FDNAMES", "letters:panel")
    assert service.passed_sockets() == passed
    assert service.passed_by_name() == dict(zip(("letters", "panel"), passed, strict=False))


def test_who_died_while_waiting_is_passed_over(tmp_path: Path) -> None:
    with service.listen(str(tmp_path / "s")) as server:
        dead, alive = (socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2))
        server.listen(5)
        dead.connect(str(tmp_path / "s"))
        dead.close()
        alive.connect(str(tmp_path / "s"))
        descriptor = service.accept(server.fileno())
        with pytest.raises(BlockingIOError):
            os.read(descriptor, 1)
        alive.send(b"here")
        assert os.read(descriptor, 10) == b"here"
        os.close(descriptor)
        alive.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_asked_to_end_stops(number: signal.Signals) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    stopped: list[int] = []
    try:
        service.on_term(lambda: stopped.append(1))
        signal.raise_signal(number)
        assert stopped == [1]
    finally:
        for n, handler in before.items():
            signal.signal(n, handler)


def test_a_socket_of_a_life_before_is_replaced_and_one_in_use_is_not(tmp_path: Path) -> None:
    path = str(tmp_path / "room.sock")
    service.listen(path).close()
    with service.listen(path):
        with pytest.raises(OSError, match="another one answers there"):
            service.listen(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.connect(path)  # the first one still has it
