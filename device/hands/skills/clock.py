"""The time and the date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device.hands.clock import at
from device.hands.voice.replies import Reply
from device.mind.types import Request

if TYPE_CHECKING:
    from device.hands.house import House


async def time(request: Request, house: House) -> Reply:
    """What time it is."""
    now = at(house.clock, house.clock.wall())
    return Reply("clock.time", {"time": now.hour * 60 + now.minute})


async def date(request: Request, house: House) -> Reply:
    """What day it is."""
    return Reply("clock.date", {"day": at(house.clock, house.clock.wall()).toordinal()})
