"""A process that hangs is ended and started again, one that is busy or new is not."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from device.service import Notifier
from device.standalone.supervisor import Process
from device.standalone.watchdog import Watchdog


class Clock:
    """A monotonic clock in a test's hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        patch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Watchdog, Notifier]:
    dog = Watchdog(tmp_path / "notify", 5.0)
    monkeypatch.setenv("NOTIFY_SOCKET", dog.environment["NOTIFY_SOCKET"])
    return dog, Notifier()


def test_silence_after_ready_hangs_and_before_it_does_not(
    watched: tuple[Watchdog, Notifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    (dog, process), clock = watched, Clock(monkeypatch)
    clock.now += 1000
    assert not dog.hangs()
    process.ready()
    for _ in range(10):
        assert not dog.hangs()
        clock.now += 4
        process.watchdog()
    assert not dog.hangs()
    clock.now += 6
    assert dog.hangs()


def test_one_that_says_itself_that_it_hangs_is_believed_at_once(
    watched: tuple[Watchdog, Notifier],
) -> None:
    dog, process = watched
    process.ready()
    assert not dog.hangs()
    process.watchdog()
    process.trigger()
    assert dog.hangs()


def test_a_supervisor_that_slept_ends_nobody_who_beat_meanwhile(
    watched: tuple[Watchdog, Notifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    (dog, process), clock = watched, Clock(monkeypatch)
    process.ready()
    assert not dog.hangs()
    process.watchdog()
    clock.now += 3600
    assert not dog.hangs()


def test_what_a_process_said_before_it_was_started_anew_does_not_count(
    watched: tuple[Watchdog, Notifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    (dog, process), clock = watched, Clock(monkeypatch)
    process.ready()
    process.trigger()
    dog.begin()
    clock.now += 1000
    assert not dog.hangs()


def test_a_stopped_child_of_the_supervisor_is_ended(tmp_path: Path) -> None:
    """A whole process, stopped by a signal that it can't see."""
    from device.standalone.supervisor import Supervisor

    settings = tmp_path / "keepmum.toml"
    settings.write_text("")
    supervisor = Supervisor(tmp_path / "letters.sock", settings)
    try:
        process = supervisor.hands
        dog = Watchdog(tmp_path / "own", 0.5)
        process.watchdog = dog
        process.pid = os.fork()
        if process.pid == 0:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.connect(dog.environment["NOTIFY_SOCKET"])
                while True:
                    notify.send(b"WATCHDOG=1")
                    time.sleep(0.1)
        deadline = time.monotonic() + 20
        while not list(supervisor.ended()) and time.monotonic() < deadline:
            if dog._heard is not None:
                os.kill(process.pid, signal.SIGSTOP)
        assert process.code == -signal.SIGKILL
        assert isinstance(process, Process)
    finally:
        supervisor.letters.close()
