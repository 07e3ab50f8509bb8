"""How loud the speaker is. Silence is the loudspeaker's; mute is the microphone's, and not here."""

from __future__ import annotations

from device.hands.context import Context
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Request, Slot

STEP = 10


async def up(request: Request, context: Context) -> Reply:
    """Louder, by a step or by what was said."""
    await context.volume.change(context.volume.percent + (request.get(Slot.PERCENT) or STEP))
    return Reply("volume.up", chime=Chime.DONE)


async def down(request: Request, context: Context) -> Reply:
    """Softer; never to nothing, for which there is silence."""
    await context.volume.change(
        max(STEP // 2, context.volume.percent - (request.get(Slot.PERCENT) or STEP))
    )
    return Reply("volume.down", chime=Chime.DONE)


async def set_(request: Request, context: Context) -> Reply:
    """To a percentage."""
    await context.volume.change(request.get(Slot.PERCENT) or 0)
    return Reply("volume.set", {"percent": context.volume.percent})


async def silence(request: Request, context: Context) -> Reply:
    """No sound but alarms and timers, until unsilenced or the volume is changed."""
    context.conversation.hush()
    await context.volume.silence(True)
    return Reply("volume.silenced", chime=Chime.DONE)


async def unsilence(request: Request, context: Context) -> Reply:
    """Sound again, as loud as before."""
    await context.volume.silence(False)
    return Reply("volume.unsilenced")


async def status(request: Request, context: Context) -> Reply:
    """How loud it is."""
    return Reply("volume.is", {"percent": context.volume.percent})
