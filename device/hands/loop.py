"""The whole story of a letter: read, checked, acted on, answered, told to whoever watches.

Hands connect to the ears and read letters until they are gone, then wait for them to come back.
Timers, alarms and the home go on meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from device.errors import MalformedLetter, TooManyLetters
from device.events import EventBus, Gap, Parted, Parting
from device.hands.acting import Acting
from device.hands.context import Context
from device.hands.ears import Ears
from device.hands.focus import Focus
from device.hands.guard import Guard
from device.hands.letters import EarsConnection, connect
from device.hands.sound.chimes import Chime
from device.letter import Command, Ended, Hello, Letter, Woke
from device.mind.types import FOLLOW_UP, STOP_WORD, Outcome
from device.ring import Writer

PUZZLING = (Outcome.NOT_UNDERSTOOD, Outcome.TOO_LONG, Outcome.RECOGNIZER_FAILED)
"""What a falling chime answers: somebody spoke, and nothing will be done."""


class Loop:
    """Attends to the ears for ever. `opening` is awaited before they are met, who are then offered
    what is `played`."""

    def __init__(
        self,
        context: Context,
        events: EventBus,
        focus: Focus,
        *,
        ears: Ears,
        acting: Acting,
        opening: Callable[[], Awaitable[None]],
        played: Writer | None = None,
    ) -> None:
        self._context = context
        self._events = events
        self._focus = focus
        self._ears = ears
        self._acting = acting
        self._opening = opening
        self._played = played
        self._guard = Guard(context.config.service.activations_per_hour, time.monotonic)

    async def run(self) -> None:
        """Meet the ears, attend to them, and again, until cancelled."""
        path = self._context.config.service.socket
        while True:
            connection = None
            try:
                connection = await connect(path, self._guard, self._opening, self._played)
                self._ears.met(connection, self._focus.now.loud)
                why = await self._attend(connection)
            except BaseException:
                part(connection, self._events, Parting.STOPPING)
                raise
            part(connection, self._events, why)
            self._ears.gone()
            self._context.conversation.pending.drop()
            self._focus.listen(False)

    async def _attend(self, connection: EarsConnection) -> Parting:
        """One life of the ears; the result is why it ended."""
        try:
            async for letter, missing in connection.letters():
                if missing:
                    self._events.publish(Gap(missing))
                self._events.publish(letter)
                if isinstance(letter, Hello) and letter.names != self._context.names.digest:
                    return Parting.NAMES_DIFFER
                self._take(letter)
        except MalformedLetter:
            return Parting.MALFORMED
        except TooManyLetters:
            return Parting.TOO_MANY
        return Parting.CLOSED

    def _take(self, letter: Letter) -> None:
        """What a letter sets going."""
        tasks, conversation = self._context.tasks, self._context.conversation
        match letter:
            case Woke(number, cause, score):
                self._focus.listen(True)
                if cause == FOLLOW_UP:
                    conversation.pending.open(number)
                else:
                    conversation.pending.drop()
                if cause < STOP_WORD:
                    self._context.around.woke(number, score)
                if cause != STOP_WORD:
                    tasks.start(self._chime(Chime.WOKE, number))
            case Command():
                tasks.start(self._acting.act(letter, time.monotonic()))
            case Ended(number, outcome):
                self._focus.listen(False)
                if outcome in PUZZLING:
                    tasks.start(self._chime(Chime.PUZZLED, number))

    async def _chime(self, which: Chime, number: int) -> None:
        """A short sound of an activation, unless another speaker of the home answers it."""
        if await self._context.around.mine(number):
            self._context.conversation.chime(which)


def part(connection: EarsConnection | None, events: EventBus, why: Parting) -> None:
    """Close; what ears had written before they noticed is still told, not acted on."""
    if connection is not None:
        if why in (Parting.STOPPING, Parting.NAMES_DIFFER):
            for letter in connection.drain():
                events.publish(letter)
        connection.close()
    events.publish(Parted(why))
