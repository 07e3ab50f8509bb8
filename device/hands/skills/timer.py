"""Timers: set, how much is left, more time, pause, cancel; which one is asked if it isn't clear."""

from __future__ import annotations

from device.hands.clock import at, moment
from device.hands.context import Context
from device.hands.sound.chimes import Chime
from device.hands.timers.table import Timer
from device.hands.voice.replies import Reply, Value, Which
from device.mind.types import Intent, Request, Slot

HALF_DAY = 720
NO_SUCH = Reply("speaker.not_understood")
ASKED_AT_MOST = 4
"""Timers named in "which one?": ears wait ten seconds for a question to be asked."""


async def set_(request: Request, context: Context) -> Reply:
    """A timer of some length, or until some time of day; with or without a name."""
    name = context.name(request.get(Slot.TIMER_NAME))
    length = request.get(Slot.DURATION)
    until = None if length else _until(request, context)
    seconds = float(length or 0) if until is None else until[0]
    if context.timers.add(seconds, name) is None:
        return Reply("timer.too_many")
    if until is not None:
        return Reply("timer.set_until", {"time": until[1]})
    key = "timer.set_named" if name else "timer.set"
    return Reply(key, {"duration": seconds, "name": name})


def _until(request: Request, context: Context) -> tuple[float, int]:
    """Seconds until the time of day that was said, and its minutes: the next one there is."""
    now = context.clock.wall()
    today = at(context.clock, now)
    said = request.get(Slot.TIME)
    half = request.get(Slot.TIME12) or 0
    choices = [said] if said is not None else [half, half + HALF_DAY]
    zone = context.clock.zone()
    times = [(moment(today, m + day * 1440, zone), m) for day in (0, 1) for m in choices]
    due, minutes = min(t for t in times if t[0] > now)
    return due - now, minutes


async def cancel(request: Request, context: Context) -> Reply:
    """One timer, or all if all were said."""
    if request.get(Slot.ALL):
        return await cancel_all(request, context)
    return _with_one(request, context)


async def cancel_all(request: Request, context: Context) -> Reply:
    """Every timer."""
    count = len(context.timers.all())
    if not count:
        return Reply("timer.none")
    context.timers.cancel_all()
    return Reply("timer.cancelled_all", {"count": count})


async def status(request: Request, context: Context) -> Reply:
    """How much is left: of one, or of each."""
    found = _meant(request, context.timers.all(), context)
    if not found:
        return _none(request, context)
    if len(found) == 1:
        return _left(found[0])
    entries = _phrases("timer.entry", found, context)
    return Reply("timer.several", {"count": len(found), "timers": entries})


async def change(request: Request, context: Context) -> Reply:
    """More time, or none for now, or again, for one timer."""
    if request.intent == Intent.TIMER_RESUME and not any(t.paused for t in context.timers.all()):
        return Reply("timer.not_paused" if context.timers.all() else "timer.none")
    return _with_one(request, context)


def which(request: Request, context: Context) -> Reply | None:
    """The question which timer is meant, if that isn't clear."""
    found = [] if request.get(Slot.ALL) else _fitting(request, context)
    if len(found) < 2:
        return None
    labels = _phrases("timer.label", found[:ASKED_AT_MOST], context)
    return Reply("timer.which", {"timers": labels}, ask=Which(request, tuple(t.id for t in found)))


async def choose(asked: Which, said: Request, context: Context) -> Reply:
    """Do what was asked with the timer that the answer names, or with all of those named."""
    there = {timer.id: timer for timer in context.timers.all()}
    found = [there[number] for number in asked.choices if number in there]
    if said.get(Slot.ALL) and found:
        return [_do(asked.request, timer, context) for timer in found][-1]
    chosen = _meant(said, found, context)
    if len(chosen) == 1:
        return _do(asked.request, chosen[0], context)
    return _none(said, context) if said.get(Slot.TIMER_NAME) else NO_SUCH


def _with_one(request: Request, context: Context) -> Reply:
    """Do it with the one timer that is meant; ask which if there are several."""
    question = which(request, context)
    if question is not None:
        return question
    found = _fitting(request, context)
    return _do(request, found[0], context) if found else _none(request, context)


def _do(request: Request, timer: Timer, context: Context) -> Reply:
    """What is asked, done with one timer."""
    match request.intent:
        case Intent.TIMER_ADD:
            left = context.timers.extend(timer, float(request.get(Slot.DURATION) or 0))
            return Reply("timer.added", {"duration": left})
        case Intent.TIMER_PAUSE:
            context.timers.pause(timer)
            return Reply("timer.paused", chime=Chime.DONE)
        case Intent.TIMER_RESUME:
            context.timers.resume(timer)
            return Reply("timer.resumed", {"duration": timer.left})
    context.timers.cancel(timer.id)
    key = "timer.cancelled_named" if timer.name else "timer.cancelled"
    return Reply(key, {"name": timer.name})


def _fitting(request: Request, context: Context) -> list[Timer]:
    """The timers that can be meant and with which it can be done; the one that rings, alone."""
    if request.intent == Intent.TIMER_ADD:  # its length is the time to add
        request = Request(request.intent, _name_only(request))
    found = _meant(request, context.timers.all(), context)
    if request.intent in (Intent.TIMER_PAUSE, Intent.TIMER_RESUME):
        found = [t for t in found if t.paused is (request.intent == Intent.TIMER_RESUME)]
    ringing = [t for t in found if t.left <= 0 and not t.paused]
    return ringing if len(ringing) == 1 else found


def _name_only(request: Request) -> tuple[tuple[Slot, int], ...]:
    return tuple((s, v) for s, v in request.slots if s is Slot.TIMER_NAME)


def _meant(request: Request, timers: list[Timer], context: Context) -> list[Timer]:
    """Those of `timers` that a name, a length or a place in the order can mean."""
    name = context.name(request.get(Slot.TIMER_NAME))
    length = request.get(Slot.DURATION)
    place = request.get(Slot.NUMBER)
    found = timers
    if name:
        found = [t for t in found if t.name == name]
    if length is not None:
        found = [t for t in found if round(t.length) == length]
    if place is not None:
        found = found[place - 1 : place] if place else []
    return found


def _phrases(key: str, timers: list[Timer], context: Context) -> tuple[str, ...]:
    phrase = context.conversation.replies.phrase
    return tuple(phrase(f"{key}_named" if t.name else key, _values(t)) for t in timers)


def _none(request: Request, context: Context) -> Reply:
    name = context.name(request.get(Slot.TIMER_NAME))
    if name and context.timers.all():
        return Reply("timer.none_named", {"name": name})
    return Reply("timer.none")


def _values(timer: Timer) -> dict[str, Value]:
    return {"name": timer.name, "length": timer.length, "duration": max(0.0, timer.left)}


def _left(timer: Timer) -> Reply:
    base = "timer.paused_left" if timer.paused else "timer.left"
    return Reply(base + ("_named" if timer.name else ""), _values(timer))
