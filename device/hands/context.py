"""What a skill is handed: the parts that it may use, and no way to replace one."""

from __future__ import annotations

from dataclasses import dataclass

from device.config import Config
from device.hands.conversation import Conversation
from device.hands.home.surroundings import Surroundings
from device.hands.sound.volume import Volume
from device.hands.tasks import Tasks
from device.hands.timers.ringer import Ringer
from device.hands.timers.table import Alarms, Timers
from device.hands.wallclock import WallClock
from device.names import NameTable


@dataclass(frozen=True, slots=True)
class Context:
    """Made once, by start.py."""

    config: Config
    names: NameTable
    clock: WallClock
    timers: Timers
    alarms: Alarms
    ringer: Ringer
    volume: Volume
    around: Surroundings
    conversation: Conversation
    tasks: Tasks

    def name(self, number: int | None) -> str:
        """The text of a name of the table; empty for none."""
        found = None if number is None else self.names.get(number)
        return "" if found is None else found.text
