"""The running service from outside: whether it is there, and pausing its ears for a while."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

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
    """
    running = is_active(EARS)
    if running:
        subprocess.run(["systemctl", "stop", EARS], check=True)
    try:
        yield running
    finally:
        if running:
            subprocess.run(["systemctl", "start", EARS], check=True)
