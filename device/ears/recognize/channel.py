"""Ears' ends of one line to the recognizer: frames and marks out, what is said back in.

What the pipe does not take waits in the backlog (ring.py), which overwrites it as it drains.
Nothing goes out behind an activation's last mark before the child that it is for has gone: what
waits then belongs to the next one.
"""

from __future__ import annotations

import contextlib
import os

from device.ears.recognize import pipes
from device.ears.recognize.backlog import Backlog
from device.ears.recognize.pipes import SOUND, Mark, Said, Word
from device.errors import RecognizerGone

_MOST_BYTES = 4_096
_FIRST = (*SOUND, Mark.ASKED, Mark.STRICT)
_LAST = (Mark.END, Mark.CANCEL)


class Channel:
    """Ears' ends of one line."""

    def __init__(self, sound: int, answers: int, slots: int) -> None:
        self.sound, self.answers = sound, answers
        os.set_blocking(sound, False)
        os.set_blocking(answers, False)
        self.backlog = Backlog(slots)
        self._read = bytearray()
        self.ready = False
        self.running = False
        """A child has frames of an activation, or will have, and hasn't gone yet."""
        self.marked = False
        """That child's last mark is in the pipe: what waits now belongs to the next one."""

    @property
    def idle(self) -> bool:
        """No child has or will have frames of the present activation."""
        return not self.running and not len(self.backlog)

    def push(self, frame: memoryview, kind: Mark) -> None:
        """Queue a frame and write what the pipe takes."""
        self.backlog.frame(frame, kind)
        self.flush()

    def mark(self, mark: Mark) -> None:
        """Queue a mark and write what the pipe takes; END and CANCEL are an activation's last."""
        self.backlog.mark(mark)
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes; nothing behind a last mark before that child is gone.

        Raises RecognizerGone.
        """
        try:
            while not self.marked and (written := self.backlog.write(self.sound)) is not None:
                self.running = self.running or written in _FIRST
                self.marked = written in _LAST
        except BrokenPipeError as error:
            raise RecognizerGone from error

    def read(self) -> list[Said]:
        """What child and parent have said; RecognizerGone if there is no parent any more."""
        with contextlib.suppress(BlockingIOError):
            said = os.read(self.answers, _MOST_BYTES)
            if not said:
                raise RecognizerGone
            self._read += said
        try:
            return list(pipes.unpack(self._read))
        except ValueError as error:
            raise RecognizerGone from error

    def gone(self, how: Word) -> None:
        """The child has exited: what it left in the pipe is nobody's."""
        if how is not Word.GONE:
            if not self.marked:
                self.backlog.clear(_LAST)
            self.backlog.mark(Mark.ABANDON, ahead=True)
        self.running = self.marked = False
        self.flush()
