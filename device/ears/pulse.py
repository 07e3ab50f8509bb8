"""The pulse: a process that tells the service manager that ears live, and has nothing else.

The notify protocol is wide: a status is a text that anybody on the machine can read. So ears don't
hold the manager's socket. They hold a pipe into which they may write single bytes, and this process
holds its other end, the socket, and three fixed messages:

    READY=1            once, after the first byte of ears
    WATCHDOG=1         by this process's own clock, as long as bytes come in time
    WATCHDOG=trigger   once and then never anything again, when they no longer do

What a byte is doesn't matter, nor how many come, nor when within their time: nothing that ears
write moves what is told outside, but for the one moment at which they die. The recognizer's parent
has a pipe of the same kind: a parent that was stopped is noticed before a command is lost.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass, field

from device.ears.recognize.worker import die_with_parent
from device.errors import PulseGone
from device.seal import memory, seccomp
from device.service import Notifier

BEAT_S = 0.5
EARS_S = 1.5
"""A read of the microphone that hangs ends ears after so long."""
PARENT_S = 4.0
"""The parent beats by a timer; a fork of a large process holds it up."""
LOAD_S = 120.0
"""It has its engine by then, on the slowest machine."""
BYTE = b"."


@dataclass(slots=True)
class Pulse:
    """The writing ends: of ears, and of the parent until it is born. -1: nobody to be told."""

    fd: int = -1
    parent: int = -1
    _reading: tuple[int, ...] = ()

    @classmethod
    def prepare(cls) -> Pulse:
        """Pipes, if there is a service manager to be told; `start` once the parent is forked."""
        if not os.environ.get("NOTIFY_SOCKET"):
            return cls()
        (ears_out, ears_in), (parent_out, parent_in) = os.pipe(), os.pipe()
        for end in (ears_in, parent_in):
            os.set_blocking(end, False)
        return cls(ears_in, parent_in, (ears_out, parent_out))

    def keep_parents(self) -> None:
        """In the recognizer's parent: its own end stays, the others go."""
        for end in (self.fd, *self._reading):
            os.close(end)

    def start(self, *, sealed: bool) -> None:
        """Fork the process; ears keep their end alone."""
        if self.fd < 0:
            return
        ears = os.getpid()
        if os.fork() == 0:
            with contextlib.suppress(BaseException):
                _live(ears, self._reading, sealed=sealed)
            os._exit(0)
        for end in (self.parent, *self._reading):
            os.close(end)
        self.parent, self._reading = -1, ()

    def ready(self) -> None:
        """Ears are up: the first byte."""
        self.watchdog()

    def watchdog(self) -> None:
        """Another frame came through the loop. Raises PulseGone."""
        if self.fd >= 0:
            beat(self.fd)


def beat(descriptor: int) -> None:
    """One byte; a pipe that is full has been told enough. Raises PulseGone."""
    try:
        os.write(descriptor, BYTE)
    except BlockingIOError:
        return
    except BrokenPipeError as error:
        raise PulseGone from error


def _live(ears: int, reading: tuple[int, ...], *, sealed: bool) -> None:
    """The process's whole life."""
    die_with_parent(ears)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    memory.rename("keepmum-pulse")
    notifier = Notifier()
    kept = {0, 1, 2, notifier.fd, *reading}
    for descriptor in seccomp.descriptors():
        if descriptor not in kept:
            with contextlib.suppress(OSError):
                os.close(descriptor)
    if sealed:
        memory.lock()
        seccomp.seal_pulse(reading, notifier.fd)
    tell(Judge(time.monotonic()), reading, notifier)


@dataclass(slots=True)
class Judge:
    """Whether ears and the recognizer's parent beat in time; once they did not, never again."""

    born: float
    last: list[float | None] = field(default_factory=lambda: [None, None])
    """When each was heard last; None: not yet."""

    def heard(self, which: int, now: float) -> bool:
        """A byte came; whether it was the first."""
        first = self.last[which] is None
        self.last[which] = now
        return first

    def late(self, now: float) -> bool:
        """Whether one of them is overdue."""
        ears, parent = self.last
        if ears is None:
            return False  # the manager has a limit of its own for starting
        since = self.born if parent is None else parent
        return now - ears > EARS_S or now - since > (LOAD_S if parent is None else PARENT_S)


def tell(judge: Judge, reading: tuple[int, ...], notifier: Notifier) -> None:
    """Pass on that both live, until one doesn't; read on in silence until ears are gone.

    It is the manager who ends ears that are late: where there is none, as in a rehearsal whose
    memory is searched, they go on.
    """
    watch = select.poll()
    for end in reading:
        watch.register(end, select.POLLIN)
    due, late = time.monotonic(), False
    while True:
        due = max(due + BEAT_S, time.monotonic())
        while (left := due - time.monotonic()) > 0:
            for end, _ in watch.poll(1000 * left):
                if os.read(end, 4096):
                    if judge.heard(reading.index(end), time.monotonic()) and end == reading[0]:
                        notifier.ready()
                elif end == reading[0]:
                    return
                else:
                    watch.unregister(end)  # ears see the end of the parent themselves
        if late:
            continue
        if late := judge.late(time.monotonic()):
            notifier.trigger()
        elif judge.last[0] is not None:
            notifier.watchdog()
