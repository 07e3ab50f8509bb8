"""What may be asked, all of it: one table. Anything else is refused.

A request comes from a process that listens to strangers. It is looked up here before anything is
done: is there such an intent, may it carry these slots, is each value one that can be meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from device.hands.context import Context
from device.hands.skills import alarm, clock, home, lists, media, own, peers, speaker, timer, volume
from device.hands.skills.skill import Choose, Judge, Risk, Skill
from device.hands.voice.replies import Reply
from device.mind.slots import NAMES, RANGES
from device.mind.types import FIRST_USER_INTENT, Color, Intent, Kind, Request, Slot
from device.names import NameTable


@dataclass(frozen=True, slots=True)
class Permit:
    """What one intent may do."""

    skill: Skill
    slots: frozenset[Slot] = frozenset()
    needs: frozenset[Slot] = frozenset()
    """Slots of which at least one must be there, if there are any."""
    risk: Risk | Judge = Risk.NONE
    which: Callable[[Request, Context], Reply | None] | None = None
    """The question which of several things is meant, if that isn't clear."""
    choose: Choose | None = None
    """Takes the answer to it."""

    def risk_of(self, request: Request, context: Context) -> Risk:
        """How bad it would be if this request was not meant."""
        return self.risk if isinstance(self.risk, Risk) else self.risk(request, context)


class NotPermitted(Exception):
    """Raised by `check` with one sentence that says why; nothing was done."""


def _permit(
    skill: Skill,
    *slots: Slot,
    needs: tuple[Slot, ...] = (),
    risk: Risk | Judge = Risk.NONE,
    among: tuple[Callable[[Request, Context], Reply | None], Choose] | None = None,
) -> Permit:
    which, choose = among or (None, None)
    takes = frozenset(slots) | frozenset(needs)
    return Permit(skill, takes, frozenset(needs), risk, which, choose)


S = Slot
SOME, ASK = Risk.SOME, Risk.ASK
TIMER = (timer.which, timer.choose)
ALARM = (alarm.which, alarm.choose)
PLACE = (S.AREA, S.FLOOR, S.HERE, S.ALL)
THING = (S.DEVICE, S.KIND, *PLACE)
TABLE: dict[int, Permit] = {
    # the speaker itself
    Intent.STOP: _permit(speaker.stop),
    Intent.NEVERMIND: _permit(speaker.nevermind),
    Intent.HELP: _permit(speaker.help_),
    Intent.REPEAT: _permit(speaker.repeat),
    Intent.YES: _permit(speaker.unasked),
    Intent.NO: _permit(speaker.nevermind),
    Intent.ANSWER: _permit(
        speaker.unasked, S.TIMER_NAME, S.DURATION, S.NUMBER, S.TIME, S.TIME12, S.ALL
    ),
    # clock
    Intent.TIME: _permit(clock.time),
    Intent.DATE: _permit(clock.date),
    # timers
    Intent.TIMER_SET: _permit(
        timer.set_, S.TIMER_NAME, needs=(S.DURATION, S.TIME, S.TIME12), risk=SOME
    ),
    Intent.TIMER_CANCEL: _permit(
        timer.cancel, S.TIMER_NAME, S.DURATION, S.NUMBER, S.ALL, risk=SOME, among=TIMER
    ),
    Intent.TIMER_CANCEL_ALL: _permit(timer.cancel_all, S.ALL, risk=SOME),
    Intent.TIMER_STATUS: _permit(timer.status, S.TIMER_NAME, S.ALL),
    Intent.TIMER_ADD: _permit(
        timer.change, S.TIMER_NAME, needs=(S.DURATION,), risk=SOME, among=TIMER
    ),
    Intent.TIMER_PAUSE: _permit(timer.change, S.TIMER_NAME, risk=SOME, among=TIMER),
    Intent.TIMER_RESUME: _permit(timer.change, S.TIMER_NAME, risk=SOME, among=TIMER),
    # alarms
    Intent.ALARM_SET: _permit(alarm.set_, S.DAYS, needs=(S.TIME, S.TIME12), risk=SOME),
    Intent.ALARM_CANCEL: _permit(
        alarm.cancel, S.TIME, S.TIME12, S.DAYS, S.ALL, risk=SOME, among=ALARM
    ),
    Intent.ALARM_CANCEL_ALL: _permit(alarm.cancel_all, S.ALL, risk=SOME),
    Intent.ALARM_STATUS: _permit(alarm.status, S.DAYS, S.ALL),
    Intent.ALARM_SNOOZE: _permit(alarm.snooze, S.DURATION),
    # sound
    Intent.VOLUME_UP: _permit(volume.up, S.PERCENT, risk=SOME),
    Intent.VOLUME_DOWN: _permit(volume.down, S.PERCENT, risk=SOME),
    Intent.VOLUME_SET: _permit(volume.set_, needs=(S.PERCENT,), risk=SOME),
    Intent.SILENCE: _permit(volume.silence, risk=SOME),
    Intent.UNSILENCE: _permit(volume.unsilence, risk=SOME),
    Intent.VOLUME_STATUS: _permit(volume.status),
    # media
    **dict.fromkeys(
        (
            *(Intent.MEDIA_PLAY, Intent.MEDIA_PAUSE, Intent.MEDIA_RESUME, Intent.MEDIA_NEXT),
            *(Intent.MEDIA_PREVIOUS, Intent.MEDIA_STOP),
        ),
        _permit(media.control, S.DEVICE, *PLACE, risk=SOME),
    ),
    Intent.MEDIA_WHAT: _permit(media.what, S.DEVICE, *PLACE),
    Intent.MEDIA_PLAYLIST: _permit(media.play, needs=(S.PLAYLIST,), risk=SOME),
    Intent.MEDIA_ARTIST: _permit(media.play, needs=(S.ARTIST,), risk=SOME),
    Intent.MEDIA_STATION: _permit(media.play, needs=(S.STATION,), risk=SOME),
    # home
    **dict.fromkeys(
        (Intent.TURN_ON, Intent.TURN_OFF, Intent.START, Intent.CLOSE, Intent.LOCK),
        _permit(home.act, *THING, risk=SOME),
    ),
    Intent.OPEN: _permit(home.act, *THING, risk=home.risk_of_opening),
    Intent.UNLOCK: _permit(home.act, *THING, risk=ASK),
    Intent.SCENE: _permit(home.act, *PLACE, needs=(S.DEVICE,), risk=SOME),
    Intent.SCRIPT: _permit(home.act, *PLACE, needs=(S.DEVICE,), risk=SOME),
    Intent.BRIGHTNESS: _permit(home.brightness, *THING, needs=(S.PERCENT,), risk=SOME),
    Intent.COLOR: _permit(home.color, *THING, needs=(S.COLOR,), risk=SOME),
    Intent.THERMOSTAT_SET: _permit(home.thermostat, *THING, needs=(S.DEGREES,), risk=SOME),
    **dict.fromkeys(
        (Intent.IS_OPEN, Intent.IS_CLOSED, Intent.IS_LOCKED, Intent.IS_UNLOCKED),
        _permit(home.is_it, *THING),
    ),
    Intent.TEMPERATURE: _permit(home.temperature, *THING),
    Intent.SENSOR: _permit(home.sensor, *PLACE, needs=(S.DEVICE,)),
    Intent.WEATHER: _permit(home.weather, S.DEVICE, *PLACE),
    # lists
    Intent.LIST_ADD: _permit(lists.change, S.LIST, needs=(S.ITEM,), risk=SOME),
    Intent.LIST_REMOVE: _permit(lists.change, S.LIST, needs=(S.ITEM,), risk=SOME),
    Intent.LIST_READ: _permit(lists.read, S.LIST),
    Intent.LIST_CLEAR: _permit(lists.clear, S.LIST, risk=lists.risk_of_clearing),
    # other speakers
    Intent.ANNOUNCE_TIMER: _permit(peers.send_timer, needs=(S.DURATION, S.SPEAKER), risk=SOME),
    Intent.ANNOUNCE: _permit(peers.announce, S.SPEAKER, S.ALL, needs=(S.ANNOUNCEMENT,), risk=SOME),
}
OWN = _permit(own.run, risk=own.risk_of_running)
"""Own commands: their intents are numbers of the table of names, and they take no slots."""


def check(request: Request, names: NameTable) -> Permit:
    """The permit for a request; raises NotPermitted."""
    permit = TABLE.get(request.intent)
    if request.intent >= FIRST_USER_INTENT:
        name = names.get(request.intent)
        permit = OWN if name is not None and name.kind == "command" else None
    if permit is None:
        raise NotPermitted("there is no such intent")
    said = {slot for slot, _ in request.slots}
    if not said <= permit.slots:
        raise NotPermitted("the intent does not take such a slot")
    if permit.needs and not said & permit.needs:
        raise NotPermitted("the intent needs a slot that is not there")
    for slot, value in request.slots:
        _check_value(slot, value, names)
    return permit


def _check_value(slot: Slot, value: int, names: NameTable) -> None:
    if slot in NAMES:
        name = names.get(value)
        if name is None or name.kind != NAMES[slot]:
            raise NotPermitted("there is no such name")
    elif slot in (Slot.COLOR, Slot.KIND):
        if value not in {int(v) for v in (Color if slot is Slot.COLOR else Kind)}:
            raise NotPermitted("there is no such value")
    else:
        low, high = RANGES[slot]
        if not low <= value <= high:
            raise NotPermitted("a number is out of its range")
