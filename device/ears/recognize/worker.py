"""The recognizer's parent, and the children that it has: one per command.

The parent is forked from the ears before any thread, library pool or microphone exists. It loads
the models, keeps one child waiting per line (commands, and the stop word while the speaker is
loud), waits for it to exit, tells the ears that it is gone, and has the next. It never reads a
frame: where a child died with sound still in its pipe, another is born only to empty it.

A child sets an alarm before every call into its engine. The alarm's default action ends the
process from outside, whatever loop or lock of whatever library it hangs in.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import mmap
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType

from device.ears.recognize import pipes
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.pipes import SOUND, Mark, Word
from device.errors import KeepmumError
from device.mind.states import WAKE_TAIL
from device.mind.types import Progress
from device.service import PR_SET_PDEATHSIG

_MOST_STILLBORN = 5
BEAT_S = 0.5
"""The parent says so often that it runs: one that was stopped would be missed by nobody."""

_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Ends:
    """The parent's ends of a line: frames are read from one, answers written to the other."""

    frames: int
    answers: int


@dataclass(frozen=True, slots=True)
class Seals:
    """What parent and child call once they need nothing but these descriptors, memory and time.

    The parent goes on to fork and to wait; the child must be able to set its alarm.
    """

    parent: Callable[[Sequence[Ends]], None] = lambda lines: None
    child: Callable[[Ends], None] = lambda line: None


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of children: what they do and for how many frames at most."""

    ends: Ends
    work: Callable[[Crew, Line], None]
    longest: int
    """Frames that a child takes at most; one more ends it."""
    lived: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, 1))
    """Shared with the child: 1 as soon as it has taken a record."""


def run_parent(
    lines: Sequence[Line], build: Callable[[], Crew], seals: Seals, pulse: int = -1
) -> int:
    """The parent's whole life; returns its exit code. `pulse`: a pipe to beat into, or -1."""
    faulthandler.disable()  # what an engine dies of is an exit status, not a page of text
    try:
        crew = build()
    except KeepmumError as error:
        return error.exit_code
    wanted = [line for line in lines if line.work is not spot_stop or crew.spotter is not None]
    gc.collect()
    if trim := getattr(_LIBC, "malloc_trim", None):  # glibc: what loading needed goes back
        trim(0)
    gc.freeze()  # what is loaded stays shared with the children
    seals.parent([line.ends for line in wanted])
    if pulse >= 0:
        _beat(pulse)
    nursery = _Nursery(crew, seals)
    for line in wanted:
        nursery.bear(line)
    for line in wanted:
        os.write(line.ends.answers, bytes([Word.READY]))
    while nursery.stillborn < _MOST_STILLBORN:
        nursery.bury()
    return 1


def _beat(pulse: int) -> None:
    """A byte now and at every turn of a timer, between two steps of what the parent does."""

    def once(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(
            OSError
        ):  # a pulse that is full or gone is not the parent's to see to
            os.write(pulse, b".")

    signal.signal(signal.SIGALRM, once)
    signal.setitimer(signal.ITIMER_REAL, BEAT_S, BEAT_S)
    once(0, None)


class _Nursery:
    """The living children and what becomes of them."""

    def __init__(self, crew: Crew, seals: Seals) -> None:
        self._crew = crew
        self._seals = seals
        self._born: dict[int, tuple[Line, bool]] = {}
        self.stillborn = 0

    def bear(self, line: Line, *, drainer: bool = False) -> None:
        """Fork the child that waits for the next command, or one that empties the pipe."""
        line.lived[0] = 0
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a child's own alarm ends it
                die_with_parent(parent)
                self._seals.child(line.ends)
                if drainer:
                    drain(line.ends)
                else:
                    line.work(self._crew, line)
                code = 0
            finally:
                os._exit(code)  # no handler of any library runs; the pages go
        self._born[pid] = (line, drainer)

    def bury(self) -> None:
        """Wait for a child to exit; tell the ears; have the next."""
        pid, status = os.waitpid(-1, 0)
        line, drainer = self._born.pop(pid)
        if drainer:
            self.bear(line)
            return
        end = os.waitstatus_to_exitcode(status)
        self.stillborn = 0 if end == 0 or line.lived[0] else self.stillborn + 1
        verdict = Word.GONE if end == 0 else Word.HUNG if end == -signal.SIGALRM else Word.CRASHED
        os.write(line.ends.answers, bytes([verdict]))
        self.bear(line, drainer=end != 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when `parent`, which forked it, ends."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be watched
        os._exit(1)


def drain(ends: Ends) -> None:
    """Empty the pipe up to the mark that ears set when they heard of the child's death."""
    while (record := pipes.read_record(ends.frames)) is not None:
        if record[0] is Mark.ABANDON:
            return


def _records(line: Line, limit_s: float) -> Iterator[tuple[Mark, bytes]]:
    """The records of one activation; whatever is done with one may take `limit_s`."""
    taken = 0
    while True:
        signal.setitimer(signal.ITIMER_REAL, 0)  # waiting for the next is no hang
        record = pipes.read_record(line.ends.frames)
        if record is None:
            return
        line.lived[0] = 1
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        taken += record[0] in SOUND
        if taken > line.longest:
            raise OverflowError("more frames than an activation has")
        yield record


def take_command(crew: Crew, line: Line) -> None:
    """The life of a child: one command, one answer."""
    engine, told, asked = crew.engine, Progress.CAN_GO_ON, False
    taken = leading = 0
    signal.setitimer(signal.ITIMER_REAL, engine.limit_s)
    engine.start()
    for mark, frame in _records(line, engine.limit_s):
        if mark in SOUND:
            leading += mark is Mark.FRAME and leading == taken
            taken += 1
            words = engine.feed(frame, mark is Mark.FRAME)
            if words is None:
                continue
            now = crew.progress(words.split(), asked)
            if now is not told:
                told = now
                os.write(line.ends.answers, bytes([told]))
        elif mark is Mark.END:
            words = engine.finish()
            clipped = leading > WAKE_TAIL  # no pause after the wake word
            request = crew.understand(words.split(), asked, clipped) if words else None
            os.write(line.ends.answers, pipes.pack_result(request))
            return
        elif mark is Mark.ASKED:
            asked = True
            engine.asked()
        else:
            return


def spot_stop(crew: Crew, line: Line) -> None:
    """The life of a stop spotter: some seconds of a speaker being loud."""
    spotter, told = crew.spotter, False
    if spotter is None:
        return
    signal.setitimer(signal.ITIMER_REAL, spotter.limit_s)
    spotter.start()
    for mark, frame in _records(line, spotter.limit_s):
        if mark is Mark.STRICT:
            spotter.strict()
            continue
        if mark not in SOUND:
            return
        if spotter.feed(frame) and not told:
            told = True
            os.write(line.ends.answers, bytes([Word.SPOTTED]))
