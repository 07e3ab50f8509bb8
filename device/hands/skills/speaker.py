"""The speaker itself: stop, never mind, help, repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device.hands.voice.replies import Chime, Reply
from device.mind.types import Request

if TYPE_CHECKING:
    from device.hands.house import House


async def stop(request: Request, house: House) -> Reply:
    """Whatever sounds falls silent: the ring first, else the voice, else what plays."""
    rang = house.bell.stop()
    house.speaker.hush()
    if not rang:
        for stopper in house.stoppers:
            await stopper()
    return Reply("speaker.stopped", chime=Chime.DONE)


async def nevermind(request: Request, house: House) -> Reply:
    """Nothing is done."""
    return Reply("speaker.nevermind", chime=Chime.DONE)


async def help_(request: Request, house: House) -> Reply:
    """What can be asked, in a breath."""
    return Reply("speaker.help")


async def repeat(request: Request, house: House) -> Reply:
    """The last reply once more."""
    return house.last or Reply("speaker.nothing_to_repeat")


async def unasked(request: Request, house: House) -> Reply:
    """An answer to no question."""
    return Reply("speaker.nothing_to_answer")
