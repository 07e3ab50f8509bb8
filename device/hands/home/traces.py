"""What this speaker left at the broker: the topics that the broker keeps for it.

They are written down before they are told, so that whatever was told can be taken back: under
another name, without discovery, or when the speaker is uninstalled.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from device.data.inventory import TRACES_BYTES, TRACES_FILE, keep

log = logging.getLogger("keepmum.hands")
MOST = 100
LONGEST = 500


class Traces:
    """The topics, in a file of the state folder."""

    def __init__(self, state: Path) -> None:
        self._file = state / TRACES_FILE

    def left(self) -> frozenset[str]:
        """The topics; none of a file that can't be read: then nothing is taken back by itself."""
        try:
            with self._file.open("rb") as file:
                told = json.loads(file.read(TRACES_BYTES))
        except (OSError, ValueError, RecursionError):
            return frozenset()
        topics = told if isinstance(told, list) else []
        fit = (t for t in topics if isinstance(t, str) and 0 < len(t) <= LONGEST)
        return frozenset(topic for topic in fit if not set(topic) & set("+#\0"))

    def write(self, topics: Iterable[str]) -> None:
        """These are there from now on."""
        try:
            if not topics:
                self._file.unlink(missing_ok=True)
            else:
                keep(self._file, json.dumps(sorted(topics)[:MOST]).encode())
        except OSError as error:
            log.warning("what was told to the home is not written down: %s", error.strerror)
