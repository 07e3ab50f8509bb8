"""The running service from outside: whether it is there, and pausing its ears for a while."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from device.errors import NotRoot

EARS = "keepmum-ears.service"


def is_active(unit: str) -> bool:
    """Whether systemd runs this unit; False where there is no systemd."""
    if shutil.which("systemctl") is None:
        return False
    done = subprocess.run(
        ["systemctl", "is-active", "--quiet", unit], capture_output=True, check=False
    )
    return done.returncode == 0


@contextmanager
def ears_paused() -> Iterator[bool]:
    """Stop the ears' unit and start it again afterwards; tells whether it ran.

    Only one process can have the microphone, so whoever else wants it must say so.
    Raises NotRoot where this user may not stop it.
    """
    running = is_active(EARS)
    stop = ["systemctl", "--no-ask-password", "stop", EARS]
    if running and subprocess.run(stop, capture_output=True, check=False).returncode:
        raise NotRoot(what="Pausing the ears, who have the microphone,")
    try:
        yield running
    finally:
        if running:
            subprocess.run(["systemctl", "start", "--no-block", EARS], check=False)
