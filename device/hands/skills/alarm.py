"""Alarms: set, which there are, snooze, cancel."""

from __future__ import annotations

from device.events import Ringing
from device.hands.context import Context
from device.hands.sound.chimes import Chime
from device.hands.timers.table import Alarm
from device.hands.voice.replies import Reply, Which
from device.hands.voice.values import TOMORROW
from device.mind.types import Request, Slot

HALF_DAY = 720
EARLIEST_MORNING = 5 * 60
"""An alarm on certain days at "seven" rings in the morning; at "four", in the afternoon."""


async def set_(request: Request, context: Context) -> Reply:
    """An alarm at the next such time, tomorrow, or on days of every week."""
    days = (request.get(Slot.DAYS) or 0) & 127
    tomorrow = bool((request.get(Slot.DAYS) or 0) & TOMORROW)
    minutes = _minutes(request, context)
    if context.alarms.add(minutes, days, tomorrow) is None:
        return Reply("alarm.too_many")
    shown = days or (TOMORROW if tomorrow else 0)
    key = "alarm.set_days" if shown else "alarm.set"
    return Reply(key, {"time": minutes, "days": shown})


def _minutes(request: Request, context: Context) -> int:
    """Minutes of the day; if morning or afternoon wasn't said, the one that is likelier."""
    said = request.get(Slot.TIME)
    if said is not None:
        return said
    half = request.get(Slot.TIME12) or 0
    if request.get(Slot.DAYS):
        return half if half >= EARLIEST_MORNING else half + HALF_DAY
    return min((half, half + HALF_DAY), key=lambda m: context.alarms.next(m, 0))


async def cancel(request: Request, context: Context) -> Reply:
    """The alarm at a time, the only one, or the one named in the answer to "which one?"."""
    if request.get(Slot.ALL):
        return await cancel_all(request, context)
    if not request.slots and context.ringer.stop(Ringing.ALARM):
        # a ring is to end; an alarm of every weekday is not to be forgotten with it
        return Reply("speaker.stopped", chime=Chime.DONE)
    return which(request, context) or _cancel(request, _meant(request, context), context)


def which(request: Request, context: Context) -> Reply | None:
    """The question which alarm is meant, if that isn't clear."""
    one = request.get(Slot.ALL) or (not request.slots and context.ringer.ringing)
    found = [] if one else _meant(request, context)
    if len(found) < 2:
        return None
    asked = Which(request, tuple(alarm.id for alarm in found))
    return Reply("alarm.which", {"alarms": _entries(found, context)}, ask=asked)


async def choose(asked: Which, said: Request, context: Context) -> Reply:
    """Cancel the alarm that the answer names, or all of those named in the question."""
    found = [a for a in _meant(said, context) if a.id in asked.choices]
    place = said.get(Slot.NUMBER)
    if place is not None:
        found = found[place - 1 : place] if place else []
    if said.get(Slot.ALL) and found:
        return [_cancel(said, [alarm], context) for alarm in found][-1]
    if len(found) > 1:
        return Reply("speaker.not_understood")
    return _cancel(said, found, context)


def _cancel(request: Request, found: list[Alarm], context: Context) -> Reply:
    if not found:
        times = [v for s, v in request.slots if s in (Slot.TIME, Slot.TIME12)]
        return Reply("alarm.none_then", {"time": times[0]}) if times else Reply("alarm.none")
    context.alarms.cancel(found[0].id)
    return Reply("alarm.cancelled")


async def cancel_all(request: Request, context: Context) -> Reply:
    """Every alarm."""
    count = len(context.alarms.all())
    if not count:
        return Reply("alarm.none")
    context.alarms.cancel_all()
    return Reply("alarm.cancelled_all", {"count": count})


async def status(request: Request, context: Context) -> Reply:
    """Which alarms there are."""
    found = _meant(request, context)
    if not found:
        return Reply("alarm.none")
    key = "alarm.one" if len(found) == 1 else "alarm.several"
    return Reply(key, {"count": len(found), "alarms": _entries(found, context)})


async def snooze(request: Request, context: Context) -> Reply:
    """The ringing alarm rings again later."""
    seconds = request.get(Slot.DURATION) or context.config.timers.snooze_minutes * 60
    if not context.ringer.snooze(float(seconds)):
        return Reply("alarm.nothing_rings")
    return Reply("alarm.snoozed", {"duration": seconds})


def _meant(request: Request, context: Context) -> list[Alarm]:
    found = context.alarms.all()
    time, half, days = (request.get(s) for s in (Slot.TIME, Slot.TIME12, Slot.DAYS))
    if time is not None:
        found = [a for a in found if a.minutes == time]
    elif half is not None:
        found = [a for a in found if a.minutes % HALF_DAY == half]
    if days is not None and days & 127:
        found = [a for a in found if a.days & days]
    return found


def _entries(alarms: list[Alarm], context: Context) -> tuple[str, ...]:
    return tuple(
        context.conversation.replies.phrase(
            "alarm.entry_days" if a.days else "alarm.entry", {"time": a.minutes, "days": a.days}
        )
        for a in alarms
    )
