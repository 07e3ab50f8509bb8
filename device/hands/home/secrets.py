"""Passwords, in a file that only the hands read: never in the settings, a log or an error."""

from __future__ import annotations

import logging
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

from device.errors import BrokenSecrets, OpenSecrets

MAX_BYTES = 1 << 16
log = logging.getLogger("keepmum.hands")
KNOWN = ("mqtt_password", "mpd_password", "home_assistant_token", "speakers_key")


def read(path: Path) -> dict[str, str]:
    """The passwords by their names; empty if there is no file.

    Raises OpenSecrets if people other than its owner and group can read it, BrokenSecrets if it is
    not TOML with texts under known names (the message tells neither).
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
            raise OpenSecrets(file=path)
        with path.open("rb") as file:
            table = tomllib.loads(file.read(MAX_BYTES).decode())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        # the parser's message would quote the line
        raise BrokenSecrets(file=path, known=", ".join(KNOWN)) from None
    if any(name not in KNOWN or not isinstance(value, str) for name, value in table.items()):
        raise BrokenSecrets(file=path, known=", ".join(KNOWN))
    return {name: str(value) for name, value in table.items()}


def usable(path: Path, broken: Callable[[], None]) -> dict[str, str]:
    """The passwords as far as they can be used: none of a file that can't, and `broken` is called.

    It stays where it is: the folder is root's, and who may read it is the file's own matter.
    """
    try:
        return read(path)
    except (OpenSecrets, BrokenSecrets) as error:
        log.error("%s %s", error, error.remedy)
        broken()
        return {}
