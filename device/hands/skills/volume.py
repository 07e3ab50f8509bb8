"""How loud the speaker is. Silence is the loudspeaker's; mute is the microphone's, and not here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device.hands.voice.replies import Chime, Reply
from device.mind.types import Request, Slot

if TYPE_CHECKING:
    from device.hands.house import House

STEP = 10


async def up(request: Request, house: House) -> Reply:
    """Louder, by a step or by what was said."""
    await house.volume.change(house.volume.percent + (request.get(Slot.PERCENT) or STEP))
    return Reply("volume.up", chime=Chime.DONE)


async def down(request: Request, house: House) -> Reply:
    """Softer; never to nothing, for which there is silence."""
    await house.volume.change(
        max(STEP // 2, house.volume.percent - (request.get(Slot.PERCENT) or STEP))
    )
    return Reply("volume.down", chime=Chime.DONE)


async def set_(request: Request, house: House) -> Reply:
    """To a percentage."""
    await house.volume.change(request.get(Slot.PERCENT) or 0)
    return Reply("volume.set", {"percent": house.volume.percent})


async def silence(request: Request, house: House) -> Reply:
    """No sound but alarms and timers, until unsilenced or the volume is changed."""
    house.speaker.hush()
    await house.volume.silence(True)
    return Reply("volume.silenced", chime=Chime.DONE)


async def unsilence(request: Request, house: House) -> Reply:
    """Sound again, as loud as before."""
    await house.volume.silence(False)
    return Reply("volume.unsilenced")


async def status(request: Request, house: House) -> Reply:
    """How loud it is."""
    return Reply("volume.is", {"percent": house.volume.percent})
