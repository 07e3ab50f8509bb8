"""Trying escapes: each in a process of its own, sealed as ears are or (the control) not at all."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from device.seal import memory, seccomp
from device.seal.attempts import ATTEMPTS, Attempt, Place

ABSENT = 255
"""The machine does not know the call."""
UNKNOWN = 254
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: errno, 0 for success, or minus the signal that ended it."""

    attempt: Attempt
    code: int

    @property
    def escaped(self) -> bool:
        """Whether it worked."""
        return self.code == 0

    @property
    def refusal(self) -> str:
        """Why it did not work."""
        if self.code < 0:
            return signal.Signals(-self.code).name
        if self.code in (ABSENT, UNKNOWN):
            return "no such call here" if self.code == ABSENT else "failed"
        return os.strerror(self.code)


def try_all(*, sealed: bool, attempts: Sequence[Attempt] = ATTEMPTS) -> list[Outcome]:
    """Try every attempt in a process of its own, with the seal of ears or (the control) without."""
    seccomp.prepare()
    outcomes = []
    for each in attempts:
        with tempfile.TemporaryDirectory(prefix="keepmum-probe-") as folder:
            outcomes.append(Outcome(each, _in_own_process(each, sealed, folder)))
    for left in ("/dev/shm/keepmum-probe", "/dev/mqueue/keepmum-probe"):  # noqa: S108
        with suppress(OSError):
            os.unlink(left)  # noqa: PTH108 - the control made them
    return outcomes


def run_as(user: str, *, sealed: bool) -> list[Outcome]:
    """`try_all` as another user (root may), or as this one if `user` is empty."""
    command = [sys.executable, "-m", "device.seal.trying", "sealed" if sealed else "free"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        user=user or None,
        group=user or None,
        extra_groups=[] if user else None,
    )
    by_name = {a.name: a for a in ATTEMPTS}
    return [Outcome(by_name[name], code) for name, code in json.loads(done.stdout)]


def _in_own_process(attempt: Attempt, sealed: bool, folder: str) -> int:
    pid = os.fork()
    if pid == 0:
        code = UNKNOWN
        try:
            signal.alarm(5)
            code = _attempt(attempt, sealed, folder)
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _attempt(attempt: Attempt, sealed: bool, folder: str) -> int:
    """Prepare a place, seal, and make the call; errno or 0."""
    place = _place(folder)
    name, raw = attempt.call(place)
    arguments = [_as_argument(a) for a in raw]
    number = seccomp.number_of(name)
    remove = seccomp.number_of(_REMOVERS[name]) if name in _REMOVERS else None
    if number < 0:
        return ABSENT
    if sealed:
        memory.harden()
        memory.lock()
        seccomp.seal_ears({place.letters: seccomp.LETTER_BYTES})
    done = _libc.syscall(ctypes.c_long(number), *arguments)
    if done < 0:
        return ctypes.get_errno() or UNKNOWN
    if remove is not None:
        _remove(name, remove, done)
    return 0


_REMOVERS = {"shmget": "shmctl", "msgget": "msgctl", "semget": "semctl"}


def _remove(name: str, call: int, made: int) -> None:
    """What has no folder must be taken away by its own call (IPC_RMID is 0)."""
    arguments = (made, 0, 0) if name == "semget" else (made, 0, None)
    _libc.syscall(ctypes.c_long(call), *(_as_argument(a) for a in arguments))


def _place(folder: str) -> Place:
    old = Path(folder, "old")
    old.write_bytes(bytes(4096))
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.send(b"x")
    theirs.detach()
    reading = os.open(old, os.O_RDONLY)
    _, writing = os.pipe()
    return Place(mine.detach(), writing, reading, folder.encode())


def _as_argument(value: object) -> object:
    """Integers as the kernel takes them: 64 bit, the sign kept."""
    return ctypes.c_long(value) if isinstance(value, int) else value


if __name__ == "__main__":
    tried = try_all(sealed=sys.argv[1] == "sealed")
    json.dump([(o.attempt.name, o.code) for o in tried], sys.stdout)
