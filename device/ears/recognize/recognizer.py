"""What ears hold of the recognizer: two pipes a line, and a backlog (channel.py).

The story of a command, in order:

    open       nothing is sent; the child waits already
    push       a frame goes into the pipe, or into the backlog while the pipe is full
    poll       the child's states come back: can go on, complete, nothing fits
    end        the end mark goes behind the last frame
    RESULT     the child has answered and exits
    GONE       the parent has seen it exit: its memory is free
    Heard      now, and no earlier, the result is given out

So a command is acted on only when no process holds its sound any more, and what went wrong is
known by then: exactly one `Heard` for each `open`, whatever the engine did; none for one that was
cancelled. If the child died early, ears write ABANDON, and everything before it in the pipe is
thrown away by a process that exists for nothing else.

A new activation may be opened while a cancelled one is not gone yet: its frames wait.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from device.ears.pulse import Pulse
from device.ears.recognize import pipes
from device.ears.recognize.channel import Channel
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.pipes import Mark, Said, Word
from device.ears.recognize.worker import (
    Ends,
    Line,
    Seals,
    die_with_parent,
    run_parent,
    spot_stop,
    take_command,
)
from device.mind.types import Progress, Request, frames

SPOT_FRAMES = frames(20.0)
"""A stop spotter takes this much sound at most."""
_GONE = (Word.GONE, Word.CRASHED, Word.HUNG)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last word on a command; the child that heard it is gone."""

    request: Request | None = None
    failed: bool = False
    """The child crashed or hung; the next command has a new one."""
    hung: bool = False


class Recognizer:
    """The recognizer as ears see it. Nothing here blocks but `wait`."""

    def __init__(self, parent: int, commands: Channel, stop: Channel) -> None:
        """Made by `start`."""
        self._parent = parent
        self._commands, self._stop = commands, stop
        self._taking = self._owed = self._stale = False
        self._result: Request | None = None
        self._answered = self._spotted = False

    # --- commands

    @property
    def writes(self) -> tuple[int, int]:
        """The descriptors that frames are written to; the seal must let them be."""
        return self._commands.sound, self._stop.sound

    @property
    def busy(self) -> bool:
        """A command is being taken in or thought about; or its child is not gone yet."""
        return self._owed or self._stale

    @property
    def ready(self) -> bool:
        """The models are loaded and a child waits. Frames pushed before wait too."""
        return self._commands.ready

    def fileno(self) -> int:
        """Readable when `poll` has something to give."""
        return self._commands.answers

    def open(self, *, asked: bool = False) -> None:
        """A new activation; the one before it must have been heard or cancelled.

        `asked`: what will be said answers the speaker's own question. Raises RuntimeError if that
        one was neither.
        """
        if self._owed:
            raise RuntimeError("a command is still being taken in")
        self._taking = self._owed = True
        if asked:
            self._commands.mark(Mark.ASKED)

    def push(self, frame: memoryview, speech: bool = True) -> None:
        """Take in a frame, 2,560 bytes, with or without speech in it.

        What exceeds the longest command is not kept.
        """
        if self._taking:
            self._commands.push(frame, Mark.FRAME if speech else Mark.QUIET)

    def end(self) -> None:
        """The command is over; `Heard` will follow."""
        if not self._taking:
            return
        self._taking = False
        if self._commands.idle:
            return  # no frame was pushed: `poll` says so, without a child
        self._commands.mark(Mark.END)

    def cancel(self) -> None:
        """Nobody waits any more: drop the backlog, have the child go; no `Heard` will follow."""
        if not self._owed:
            return
        self._taking = self._owed = False
        channel = self._commands
        if not channel.marked:
            channel.backlog.clear()
        if channel.running:
            self._stale = True
            if not channel.marked:
                channel.mark(Mark.CANCEL)

    def poll(self) -> list[Progress | Heard]:
        """What has become known; flushes the backlog. RecognizerGone if the parent died."""
        self._commands.flush()
        news: list[Progress | Heard] = []
        for said in self._commands.read():
            self._hear(said, news)
        if self._owed and not self._taking and self._commands.idle:
            self._settle(Heard(), news)
        return news

    def _hear(self, said: Said, news: list[Progress | Heard]) -> None:
        if said in _GONE:
            how = Word(said)
            answered = self._answered and how is Word.GONE
            request, self._result, self._answered = self._result, None, False
            ran = self._commands.running
            self._commands.gone(how)
            if self._stale:
                self._stale = False
            elif self._owed and (ran or self._taking):
                failed = not answered
                heard = Heard(None if failed else request, failed, how is Word.HUNG)
                self._settle(heard, news)
        elif said is Word.READY:
            self._commands.ready = True
        elif isinstance(said, Progress):
            if self._taking and not self._stale:
                news.append(said)
        elif said is None or isinstance(said, Request):
            self._result, self._answered = said, True

    def _settle(self, heard: Heard, news: list[Progress | Heard]) -> None:
        self._taking = self._owed = False
        news.append(heard)

    def wait(self, seconds: float) -> bool:
        """Pass the backlog on until something has become known, at most `seconds`.

        For the time between the end of a command and its result: the microphone keeps the frame
        that comes meanwhile. True if `poll` has something to give.
        """
        watch = select.poll()
        watch.register(self._commands.answers, select.POLLIN)
        if len(self._commands.backlog) and not self._commands.marked:
            watch.register(self._commands.sound, select.POLLOUT)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for descriptor, _ in watch.poll(1000 * left):
                if descriptor == self._commands.answers:
                    return True
                self._commands.flush()
                if not len(self._commands.backlog) or self._commands.marked:
                    watch.unregister(self._commands.sound)
        return False

    # --- the stop word

    def spot_open(self, *, speaking: bool = False) -> None:
        """The speaker has become loud: frames follow. `speaking`: it isn't ringing."""
        self._spotted = False
        if speaking and not self._stop.marked:
            self._stop.mark(Mark.STRICT)

    def spot_push(self, frame: memoryview) -> None:
        """Pass a frame on, 2,560 bytes; one that the spotter has no time for is lost."""
        if not self._stop.marked:
            self._stop.push(frame, Mark.FRAME)
            self._stop.backlog.clear_frames()

    def spot_end(self) -> None:
        """The speaker is quiet, or 20 s are over: the child goes, with what it holds."""
        if self._stop.running and not self._stop.marked:
            self._stop.mark(Mark.END)

    def poll_spot(self) -> bool:
        """True once after the stop word was said."""
        self._stop.flush()
        for said in self._stop.read():
            if said in _GONE:
                self._stop.gone(Word(said))
            elif said is Word.SPOTTED:
                self._spotted = True
            elif said is Word.READY:
                self._stop.ready = True
        spotted, self._spotted = self._spotted, False
        return spotted

    def close(self) -> None:
        """End the parent and its children (tests and tools; sealed ears can't and needn't)."""
        os.kill(self._parent, signal.SIGTERM)
        os.waitpid(self._parent, 0)
        for channel in (self._commands, self._stop):
            os.close(channel.sound)
            os.close(channel.answers)


def start(
    build: Callable[[], Crew],
    *,
    longest: int,
    seals: Seals | None = None,
    pulse: Pulse | None = None,
) -> Recognizer:
    """Fork the recognizer's parent; to be called before any thread or microphone exists.

    `build` runs in the parent and loads the models. `longest`: frames of the longest command.
    `pulse`: the parent beats there.
    """
    ours: list[Channel] = []
    lines: list[Line] = []
    mine: list[int] = []
    for work, most, slots in ((take_command, longest, longest), (spot_stop, SPOT_FRAMES, 1)):
        frames_out, frames_in = pipes.make_for_records()
        answers_out, answers_in = pipes.make()
        ours.append(Channel(frames_in, answers_out, slots))
        lines.append(Line(Ends(frames_out, answers_in), work, most))
        mine += [frames_in, answers_out]
    ears = os.getpid()
    parent = os.fork()
    if parent == 0:
        code = 1
        try:
            die_with_parent(ears)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            for end in mine:
                os.close(end)
            if pulse is not None and pulse.fd >= 0:
                pulse.keep_parents()
            code = run_parent(lines, build, seals or Seals(), pulse.parent if pulse else -1)
        finally:
            os._exit(code)
    for line in lines:
        os.close(line.ends.frames)
        os.close(line.ends.answers)
    return Recognizer(parent, *ours)
