"""The pulse: three fixed messages, whatever ears write; and what was stopped is noticed."""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.config import Config
from device.ears.pulse import BEAT_S, EARS_S, LOAD_S, PARENT_S, Judge, Pulse
from device.errors import PulseGone
from device.seal.processes import Process
from device.standalone.rehearsal import rehearsal

FIXED = {b"READY=1", b"WATCHDOG=1", b"WATCHDOG=trigger"}


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield notify


def until(notify: socket.socket, message: bytes) -> list[bytes]:
    """What was said up to and with a message."""
    said = [notify.recv(100)]
    while said[-1] != message:
        said.append(notify.recv(100))
    return said


def test_the_first_byte_is_ready_and_bytes_in_time_are_alive(manager: socket.socket) -> None:
    pulse = Pulse.prepare()
    parent = os.dup(pulse.parent)
    pulse.start(sealed=True)
    os.write(parent, b".")
    pulse.ready()
    assert until(manager, b"READY=1") == [b"READY=1"]
    for _ in range(3):
        pulse.watchdog()
        os.write(parent, b".")
        assert manager.recv(100) == b"WATCHDOG=1"
    *beats, _ = until(manager, b"WATCHDOG=trigger")
    assert set(beats) <= {b"WATCHDOG=1"} and len(beats) <= EARS_S / BEAT_S + 1
    pulse.watchdog()  # it is the manager's to end them: too late a byte changes nothing
    manager.settimeout(3 * BEAT_S)
    with pytest.raises(TimeoutError):
        manager.recv(100)
    os.close(parent)
    os.close(pulse.fd)


def test_ears_whose_pulse_is_gone_end(manager: socket.socket) -> None:
    pulse = Pulse.prepare()
    pulse.start(sealed=True)
    pulse.ready()
    assert until(manager, b"READY=1") == [b"READY=1"]
    (child,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()[-1:]
    os.kill(int(child), signal.SIGKILL)
    os.waitpid(int(child), 0)
    with pytest.raises(PulseGone):
        for _ in range(100_000):
            pulse.watchdog()
    os.close(pulse.fd)


def test_no_byte_and_no_rhythm_of_an_enemy_changes_what_is_said(manager: socket.socket) -> None:
    pulse, dice = Pulse.prepare(), random.Random(1)
    parent = os.dup(pulse.parent)
    pulse.start(sealed=True)
    os.set_blocking(pulse.fd, True)
    said, deadline = [], time.monotonic() + 3
    manager.setblocking(False)
    while time.monotonic() < deadline:
        os.write(pulse.fd, dice.randbytes(dice.randint(1, 4000)))
        os.write(parent, dice.randbytes(1))
        try:
            said.append((time.monotonic(), manager.recv(100)))
        except BlockingIOError:
            continue
    assert {message for _, message in said} <= {b"READY=1", b"WATCHDOG=1"}
    beats = [at for at, message in said if message == b"WATCHDOG=1"]
    assert len(beats) <= 3 / 0.5 + 1  # by its own clock, and no oftener
    os.close(parent)
    os.close(pulse.fd)


def test_without_a_manager_there_is_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    pulse = Pulse.prepare()
    pulse.start(sealed=True)
    pulse.ready()
    pulse.watchdog()
    assert (pulse.fd, pulse.parent) == (-1, -1)


def test_who_is_late_is_late_and_who_is_not_is_not() -> None:
    judge = Judge(born=0.0)
    assert not judge.late(1e6)  # ears are not ready yet: the manager's limit for starting
    assert judge.heard(0, 10.0) and not judge.heard(0, 11.0)
    assert not judge.late(11.0 + EARS_S)
    assert judge.late(11.1 + EARS_S)
    judge.heard(0, LOAD_S + 1)
    assert judge.late(LOAD_S + 1)  # a parent that never beat
    judge.heard(1, LOAD_S + 1)
    judge.heard(0, LOAD_S + 1 + PARENT_S)
    assert not judge.late(LOAD_S + 1 + PARENT_S)
    judge.heard(0, LOAD_S + 2 + PARENT_S)
    assert judge.late(LOAD_S + 2 + PARENT_S)


@pytest.mark.skipif(os.geteuid() != 0, reason="looking at what isn't dumpable needs root")
def test_the_pulse_has_two_pipes_and_the_managers_socket_and_ears_have_not() -> None:
    with rehearsal(Config()) as ears:
        (pulse,) = [p for p in map(Process, ears.processes()) if p.name == "keepmum-pulse"]
        kinds = pulse.kinds()
        assert kinds.pop("socket") == 1 and kinds.pop("pipe") == 2
        assert sum(kinds.values()) <= 3  # standard input, output and error
        assert pulse.filtered and not pulse.readable
        theirs = {w for w in pulse.descriptors().values() if w.startswith("socket")}
        for other in ears.processes():
            if other != pulse.pid:
                assert not theirs & set(Process(other).descriptors().values())


@pytest.mark.parametrize("which", ["ears", "parent"])
def test_what_is_stopped_is_noticed(which: str) -> None:
    with rehearsal(Config()) as ears:
        children = [Process(p) for p in ears.processes()[1:]]
        parent = next(p.pid for p in children if p.name != "keepmum-pulse")
        frame = bytes(2560)
        while len(ears.processes()) < 4:  # the parent has loaded its engine, and has children
            ears.feed(np.zeros(1280, np.int16))
        ears.notified()
        deadline = time.monotonic() + 60
        os.kill(ears.pid if which == "ears" else parent, signal.SIGSTOP)
        said: list[bytes] = []
        os.set_blocking(ears.microphone, False)
        while b"WATCHDOG=trigger" not in said and time.monotonic() < deadline:
            try:
                os.write(ears.microphone, frame)
            except BlockingIOError:
                time.sleep(0.02)
            said += ears.notified()
        assert said[-1] == b"WATCHDOG=trigger"
        assert set(said) <= FIXED
        os.kill(ears.pid if which == "ears" else parent, signal.SIGCONT)
