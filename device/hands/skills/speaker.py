"""The speaker itself: stop, never mind, help, repeat."""

from __future__ import annotations

from device.hands.context import Context
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Request


async def stop(request: Request, context: Context) -> Reply:
    """Whatever sounds falls silent: the ring first, else the voice, else what plays."""
    rang = context.ringer.stop()
    context.conversation.hush()
    if not rang:
        await context.around.hush()
    return Reply("speaker.stopped", chime=Chime.DONE)


async def nevermind(request: Request, context: Context) -> Reply:
    """Nothing is done."""
    return Reply("speaker.nevermind", chime=Chime.DONE)


async def help_(request: Request, context: Context) -> Reply:
    """What can be asked, in a breath."""
    return Reply("speaker.help")


async def repeat(request: Request, context: Context) -> Reply:
    """The last reply once more."""
    return context.conversation.last or Reply("speaker.nothing_to_repeat")


async def unasked(request: Request, context: Context) -> Reply:
    """An answer to no question."""
    return Reply("speaker.nothing_to_answer")
