"""Ears with the forgetting switched off: the control of the memory figures, and of their cost.

The same program, but freed memory is not wiped, an activation is followed by no forgetting, and a
recognizer child keeps the frames that it was given (as an engine that decodes at the end must) and
stays when it has answered. `plain` switches the wiping off and nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from device.cli import daemons
from device.ears.devices import Ear
from device.ears.recognize import recognizer, worker
from device.ears.recognize.pipes import Word
from device.seal import memory

KEPT: list[bytes] = []


def _keep(feed: Any) -> Any:
    def keeping(frame: bytes, *rest: Any) -> Any:
        KEPT.append(frame)
        return feed(frame, *rest)

    return keeping


def _stay(crew: Any, line: Any) -> None:
    """Take a command, and do not end."""
    crew.engine.feed = _keep(crew.engine.feed)
    worker.take_command(crew, line)
    signal.setitimer(signal.ITIMER_REAL, 0)
    os.write(line.ends.answers, bytes([Word.GONE]))
    signal.pause()


def main(arguments: list[str]) -> None:
    """plain or careless, then what `keepmum` is given."""
    kind, name, *options = arguments
    nothing: Any = lambda *_: None  # noqa: E731
    memory.exec_with_wiping = nothing
    memory.wipe_from_now_on = nothing
    if kind == "careless":
        Ear.forget = nothing  # type: ignore[method-assign]
        recognizer.take_command = _stay  # type: ignore[attr-defined]
    daemons.run_daemon(name, options)


if __name__ == "__main__":
    main(sys.argv[1:])
