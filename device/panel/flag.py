"""The mute flag: a file whose being there means that no process exists that could hear.

Nobody but the panel's user can write its folder. The service manager watches the folder, ends the
ears when the flag appears and starts them when it is gone; their unit has the flag as a condition.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "mute"


class MuteFlag:
    """The flag in its folder."""

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / NAME

    @property
    def is_set(self) -> bool:
        """Whether the speaker is muted."""
        return self.path.exists()

    def set(self) -> None:
        """Mute; on disk when this returns, so that a power cut doesn't unmute."""
        with self.path.open("w", encoding="ascii") as file:
            os.fsync(file.fileno())
        self._keep()

    def clear(self) -> None:
        """Unmute."""
        self.path.unlink(missing_ok=True)
        self._keep()

    def nudge(self) -> None:
        """Have the service manager look once more, in case it was busy when the flag changed."""
        os.utime(self.path.parent)

    def _keep(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
