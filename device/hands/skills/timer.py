"""Timers: set, how much is left, more time, pause, cancel; which one is asked if it isn't clear."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from device.hands.clock import at, moment
from device.hands.timers.table import Timer
from device.hands.voice.replies import Chime, Reply, Value
from device.mind.types import Request, Slot

if TYPE_CHECKING:
    from device.hands.house import House

Deed = Callable[[Timer, "House"], Awaitable[Reply]]
HALF_DAY = 720
NO_SUCH = Reply("speaker.not_understood")
ASKED_AT_MOST = 4
"""Timers named in "which one?": ears wait ten seconds for a question to be asked."""


async def set_(request: Request, house: House) -> Reply:
    """A timer of some length, or until some time of day; with or without a name."""
    name = house.name(request.get(Slot.TIMER_NAME))
    length = request.get(Slot.DURATION)
    until = None if length else _until(request, house)
    seconds = float(length or 0) if until is None else until[0]
    if house.timers.add(seconds, name) is None:
        return Reply("timer.too_many")
    if until is not None:
        return Reply("timer.set_until", {"time": until[1]})
    key = "timer.set_named" if name else "timer.set"
    return Reply(key, {"duration": seconds, "name": name})


def _until(request: Request, house: House) -> tuple[float, int]:
    """Seconds until the time of day that was said, and its minutes: the next one there is."""
    now = house.clock.wall()
    today = at(house.clock, now)
    said = request.get(Slot.TIME)
    half = request.get(Slot.TIME12) or 0
    choices = [said] if said is not None else [half, half + HALF_DAY]
    zone = house.clock.zone()
    times = [(moment(today, m + day * 1440, zone), m) for day in (0, 1) for m in choices]
    due, minutes = min(t for t in times if t[0] > now)
    return due - now, minutes


async def cancel(request: Request, house: House) -> Reply:
    """One timer, or all if all were said."""
    if request.get(Slot.ALL):
        return await cancel_all(request, house)
    return await _with_one(request, house, _cancel)


async def _cancel(timer: Timer, house: House) -> Reply:
    house.timers.cancel(timer.id)
    key = "timer.cancelled_named" if timer.name else "timer.cancelled"
    return Reply(key, {"name": timer.name})


async def cancel_all(request: Request, house: House) -> Reply:
    """Every timer."""
    count = len(house.timers.all())
    if not count:
        return Reply("timer.none")
    house.timers.cancel_all()
    return Reply("timer.cancelled_all", {"count": count})


async def status(request: Request, house: House) -> Reply:
    """How much is left: of one, or of each."""
    found = _meant(request, house)
    if not found:
        return _none(request, house)
    if len(found) == 1:
        return _left(found[0])
    entries = tuple(
        house.replies.phrase("timer.entry_named" if t.name else "timer.entry", _values(t))
        for t in found
    )
    return Reply("timer.several", {"count": len(found), "timers": entries})


async def add(request: Request, house: House) -> Reply:
    """More time for a timer; one that rings starts again with it."""
    more = float(request.get(Slot.DURATION) or 0)

    async def deed(timer: Timer, house: House) -> Reply:
        left = house.timers.extend(timer, more)
        return Reply("timer.added", {"duration": left})

    return await _with_one(Request(request.intent, _name_only(request)), house, deed)


async def pause(request: Request, house: House) -> Reply:
    """Stop the time of a timer."""

    async def deed(timer: Timer, house: House) -> Reply:
        house.timers.pause(timer)
        return Reply("timer.paused", chime=Chime.DONE)

    return await _with_one(request, house, deed, lambda t: not t.paused)


async def resume(request: Request, house: House) -> Reply:
    """Let it run on."""

    async def deed(timer: Timer, house: House) -> Reply:
        house.timers.resume(timer)
        return Reply("timer.resumed", {"duration": timer.left})

    if not any(t.paused for t in house.timers.all()):
        return Reply("timer.not_paused" if house.timers.all() else "timer.none")
    return await _with_one(request, house, deed, lambda t: t.paused)


def _name_only(request: Request) -> tuple[tuple[Slot, int], ...]:
    return tuple((s, v) for s, v in request.slots if s is Slot.TIMER_NAME)


def _meant(request: Request, house: House) -> list[Timer]:
    """The timers that a name, a length or a place in the order can mean; all if none was said."""
    found = house.timers.all()
    name = house.name(request.get(Slot.TIMER_NAME))
    length = request.get(Slot.DURATION)
    place = request.get(Slot.NUMBER)
    if name:
        found = [t for t in found if t.name == name]
    if length is not None:
        found = [t for t in found if round(t.length) == length]
    if place is not None:
        found = found[place - 1 : place] if place else []
    return found


async def _with_one(
    request: Request,
    house: House,
    deed: Deed,
    fits: Callable[[Timer], bool] = lambda timer: True,
) -> Reply:
    """Do it with the one timer that is meant; ask which if there are several."""
    found = [t for t in _meant(request, house) if fits(t)]
    ringing = [t for t in found if t.left <= 0 and not t.paused]
    if len(ringing) == 1:
        found = ringing  # it is what one speaks about
    if not found:
        return _none(request, house)
    if len(found) == 1:
        return await deed(found[0], house)

    async def answer(said: Request, house: House) -> Reply:
        if said.get(Slot.ALL):
            replies = [await deed(t, house) for t in found]
            return replies[-1]
        wanted = {t.id for t in _meant(said, house)}
        chosen = [t for t in found if t.id in wanted and house.timers.get(t.id)]
        if len(chosen) == 1:
            return await deed(chosen[0], house)
        return _none(said, house) if said.get(Slot.TIMER_NAME) else NO_SUCH

    return Reply("timer.which", {"timers": _labels(found, house)}, ask=answer)


def _labels(timers: list[Timer], house: House) -> tuple[str, ...]:
    return tuple(
        house.replies.phrase("timer.label_named" if t.name else "timer.label", _values(t))
        for t in timers[:ASKED_AT_MOST]
    )


def _none(request: Request, house: House) -> Reply:
    name = house.name(request.get(Slot.TIMER_NAME))
    if name and house.timers.all():
        return Reply("timer.none_named", {"name": name})
    return Reply("timer.none")


def _values(timer: Timer) -> dict[str, Value]:
    return {"name": timer.name, "length": timer.length, "duration": max(0.0, timer.left)}


def _left(timer: Timer) -> Reply:
    base = "timer.paused_left" if timer.paused else "timer.left"
    return Reply(base + ("_named" if timer.name else ""), _values(timer))
