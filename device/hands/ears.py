"""The ears as the rest of the hands see them: there or not, and told what the loudspeaker does."""

from __future__ import annotations

from collections.abc import Callable

from device.hands.focus import LAMPS
from device.hands.letters import EarsConnection
from device.mind.types import Hint, Lamp


class Ears:
    """Passes hints on while there are ears, and shows on the lamp whether there are.

    `lamp` tells the panel what the light should show of the hands.
    """

    def __init__(self, lamp: Callable[[Lamp], None]) -> None:
        self._lamp = lamp
        self._connection: EarsConnection | None = None
        self._loud = Hint.QUIET
        self._trouble = False

    def met(self, connection: EarsConnection, loud: Hint) -> None:
        """There they are; `loud` is what the loudspeaker does."""
        self._connection, self._loud = connection, loud
        connection.hint(loud)
        self._show()

    def gone(self) -> None:
        """There are none."""
        self._connection = None
        self._show()

    def loud(self, loud: Hint) -> None:
        """The loudspeaker does something else."""
        self._loud = loud
        self._hint(loud)
        self._lamp(LAMPS[loud] if loud.own else self._resting())

    def trouble(self, trouble: bool) -> None:
        """Something is the matter with hearing or being heard, or no longer is."""
        self._trouble = trouble
        self._show()

    def asked(self) -> None:
        """A question was asked aloud: one answer may be taken in without a wake word."""
        self._hint(Hint.ASKED)

    def _show(self) -> None:
        here = self._connection is not None
        self._lamp(LAMPS[self._loud] if here and self._loud.own else self._resting())

    def _resting(self) -> Lamp:
        """What shows while the loudspeaker does nothing of ours."""
        well = self._connection is not None and not self._trouble
        return Lamp.ASLEEP if well else Lamp.BROKEN

    def _hint(self, hint: Hint) -> None:
        if self._connection is not None:
            self._connection.hint(hint)
