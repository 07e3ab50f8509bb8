"""Alarms: set, which there are, snooze, cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device.hands.timers.table import Alarm
from device.hands.voice.replies import Chime, Reply
from device.hands.voice.values import TOMORROW
from device.mind.types import Request, Slot

if TYPE_CHECKING:
    from device.hands.house import House

HALF_DAY = 720
EARLIEST_MORNING = 5 * 60
"""An alarm on certain days at "seven" rings in the morning; at "four", in the afternoon."""


async def set_(request: Request, house: House) -> Reply:
    """An alarm at the next such time, tomorrow, or on days of every week."""
    days = (request.get(Slot.DAYS) or 0) & 127
    tomorrow = bool((request.get(Slot.DAYS) or 0) & TOMORROW)
    minutes = _minutes(request, house)
    if house.alarms.add(minutes, days, tomorrow) is None:
        return Reply("alarm.too_many")
    shown = days or (TOMORROW if tomorrow else 0)
    key = "alarm.set_days" if shown else "alarm.set"
    return Reply(key, {"time": minutes, "days": shown})


def _minutes(request: Request, house: House) -> int:
    """Minutes of the day; if morning or afternoon wasn't said, the one that is likelier."""
    said = request.get(Slot.TIME)
    if said is not None:
        return said
    half = request.get(Slot.TIME12) or 0
    if request.get(Slot.DAYS):
        return half if half >= EARLIEST_MORNING else half + HALF_DAY
    return min((half, half + HALF_DAY), key=lambda m: house.alarms.next(m, 0))


async def cancel(request: Request, house: House) -> Reply:
    """The alarm at a time, the only one, or the one named in the answer to "which one?"."""
    if request.get(Slot.ALL):
        return await cancel_all(request, house)
    if not request.slots and house.bell.stop("alarm"):
        # a ring is to end; an alarm of every weekday is not to be forgotten with it
        return Reply("speaker.stopped", chime=Chime.DONE)
    found = _meant(request, house)
    if not found:
        times = [v for s, v in request.slots if s in (Slot.TIME, Slot.TIME12)]
        return Reply("alarm.none_then", {"time": times[0]}) if times else Reply("alarm.none")
    if len(found) == 1:
        house.alarms.cancel(found[0].id)
        return Reply("alarm.cancelled")
    return Reply("alarm.which", {"alarms": _entries(found, house)}, ask=cancel)


async def cancel_all(request: Request, house: House) -> Reply:
    """Every alarm."""
    count = len(house.alarms.all())
    if not count:
        return Reply("alarm.none")
    house.alarms.cancel_all()
    return Reply("alarm.cancelled_all", {"count": count})


async def status(request: Request, house: House) -> Reply:
    """Which alarms there are."""
    found = _meant(request, house)
    if not found:
        return Reply("alarm.none")
    key = "alarm.one" if len(found) == 1 else "alarm.several"
    return Reply(key, {"count": len(found), "alarms": _entries(found, house)})


async def snooze(request: Request, house: House) -> Reply:
    """The ringing alarm rings again later."""
    seconds = request.get(Slot.DURATION) or house.config.timers.snooze_minutes * 60
    if not house.bell.snooze(float(seconds)):
        return Reply("alarm.nothing_rings")
    return Reply("alarm.snoozed", {"duration": seconds})


def _meant(request: Request, house: House) -> list[Alarm]:
    found = house.alarms.all()
    time, half, days = (request.get(s) for s in (Slot.TIME, Slot.TIME12, Slot.DAYS))
    if time is not None:
        found = [a for a in found if a.minutes == time]
    elif half is not None:
        found = [a for a in found if a.minutes % HALF_DAY == half]
    if days is not None and days & 127:
        found = [a for a in found if a.days & days]
    return found


def _entries(alarms: list[Alarm], house: House) -> tuple[str, ...]:
    return tuple(
        house.replies.phrase(
            "alarm.entry_days" if a.days else "alarm.entry", {"time": a.minutes, "days": a.days}
        )
        for a in alarms
    )
