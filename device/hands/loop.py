"""The whole story of a letter: read, checked, acted on, answered, told to whoever watches.

Hands connect to the ears and read letters until they are gone, then wait for them to come back.
Timers, alarms and the home go on meanwhile.
"""

from __future__ import annotations

import asyncio
import time

from device.errors import MalformedLetter, TooManyLetters
from device.events import Gap, Parted
from device.hands.acting import act
from device.hands.alerts import FAULTS, warn
from device.hands.guard import Guard
from device.hands.house import House
from device.hands.letters import Door, connect
from device.hands.voice.replies import Chime
from device.letter import Command, Ended, Fault, Hello, Letter, Woke
from device.mind.types import FOLLOW_UP, STOP_WORD, Lamp, Outcome


async def run(house: House) -> None:
    """Meet the ears, attend to them, and again, until cancelled."""
    guard = Guard(house.config.service.activations_per_hour, time.monotonic)
    while True:
        door = None
        try:
            door = await connect(house.config.service.socket, guard, house.opening)
            house.hint = door.hint
            door.hint(house.loud)
            house.lamp(Lamp.ASLEEP)
            why = await attend(door, house)
        except asyncio.CancelledError:
            shut(door, house, "stopping")
            raise
        shut(door, house, why)
        house.hint = lambda hint: None
        house.lamp(Lamp.BROKEN)
        house.question = None
        house.listen(False)


def shut(door: Door | None, house: House, why: str) -> None:
    """Shut the door; what ears had written before they noticed is still told, not acted on."""
    if door is not None:
        if why in ("stopping", "names_differ"):
            for letter in door.rest():
                house.journal.publish(letter)
        door.close()
    house.journal.publish(Parted(why))


async def attend(door: Door, house: House) -> str:
    """One life of the ears; the result is why it ended, see `Parted`."""
    try:
        async for letter, missing in door.letters():
            if missing:
                house.journal.publish(Gap(missing))
                warn(house, "gap", {"count": missing})
            house.journal.publish(letter)
            if isinstance(letter, Hello) and letter.names != house.names.digest:
                warn(house, "names_differ")
                return "names_differ"
            take(letter, house)
    except MalformedLetter:
        warn(house, "malformed")
        return "malformed"
    except TooManyLetters:
        warn(house, "too_many")
        return "too_many"
    return "closed"


def take(letter: Letter, house: House) -> None:
    """What a letter sets going."""
    match letter:
        case Woke(number, cause, score):
            house.listen(True)
            if cause != FOLLOW_UP:
                house.question = None
            if house.around.speakers is not None and cause < STOP_WORD:
                house.around.speakers.woke(number, score)
            if cause != STOP_WORD:
                house.start(chime(Chime.WOKE, number, house))
        case Command():
            house.start(act(letter, house, time.monotonic()))
        case Ended(number, outcome):
            house.listen(False)
            if outcome in (Outcome.NOT_UNDERSTOOD, Outcome.TOO_LONG):
                house.start(chime(Chime.PUZZLED, number, house))
        case Fault(code=code) if code in FAULTS:
            warn(house, FAULTS[code])


async def chime(which: Chime, number: int, house: House) -> None:
    """A short sound of an activation, unless another speaker of the home answers it."""
    if await house.mine(number):
        house.speaker.chime(which)
