"""The time and the date."""

from __future__ import annotations

from device.hands.clock import at
from device.hands.context import Context
from device.hands.voice.replies import Reply
from device.mind.types import Request


async def time(request: Request, context: Context) -> Reply:
    """What time it is."""
    now = at(context.clock, context.clock.wall())
    return Reply("clock.time", {"time": now.hour * 60 + now.minute})


async def date(request: Request, context: Context) -> Reply:
    """What day it is."""
    return Reply("clock.date", {"day": at(context.clock, context.clock.wall()).toordinal()})
