"""Passwords, in a file that only the hands read: never in the settings, a log or an error."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

from device.errors import BrokenSecrets, OpenSecrets

KNOWN = ("mqtt_password", "mpd_password", "home_assistant_token")


def read(path: Path) -> dict[str, str]:
    """The passwords by their names; empty if there is no file.

    Raises OpenSecrets if people other than its owner and group can read it, BrokenSecrets if it is
    not TOML with texts under known names (the message tells neither).
    """
    if not path.exists():
        return {}
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise OpenSecrets(file=path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        # the parser's message would quote the line
        raise BrokenSecrets(file=path, known=", ".join(KNOWN)) from None
    if any(name not in KNOWN or not isinstance(value, str) for name, value in table.items()):
        raise BrokenSecrets(file=path, known=", ".join(KNOWN))
    return {name: str(value) for name, value in table.items()}
