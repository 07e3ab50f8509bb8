"""What ends a command and is no KeepmumError, turned into one: every end is a sentence.

A file that isn't there, or may not be read or written, is the owner's to mend and says which. All
else is a fault of keepmum's own: it says so, where, and how to see more. Its text is left out,
because it could hold what it was about; KEEPMUM_TRACEBACK=1 shows all of it.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from device.errors import FileTrouble, KeepmumError, OwnFault

SHOW = "KEEPMUM_TRACEBACK"
HERE = Path(__file__).resolve().parents[1]
BROKEN_PIPE = 141
"""What a shell says of a program whose reader went away (128 + SIGPIPE)."""


def as_error(error: Exception) -> KeepmumError:
    """The error as one that has a sentence, a mend and a code."""
    if isinstance(error, KeepmumError):
        return error
    if isinstance(error, OSError) and error.filename is not None:
        return FileTrouble(file=os.fsdecode(error.filename), why=error.strerror or "no answer")
    if os.environ.get(SHOW):
        traceback.print_exception(error)
    return OwnFault(kind=_kind(error), place=_place(error))


def _kind(error: Exception) -> str:
    """Its type; of the system's errors also the system's words, which are always the same."""
    said = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}{said}"


def _place(error: Exception) -> str:
    """The last line of our own that was run; nothing is read for it, a sealed process can't."""
    place, at = "a library", error.__traceback__
    while at is not None:
        file = Path(at.tb_frame.f_code.co_filename)
        if file.is_relative_to(HERE):
            place = f"{file.relative_to(HERE)}, line {at.tb_lineno}"
        at = at.tb_next
    return place
