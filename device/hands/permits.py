"""What may be asked, all of it: one table. Anything else is refused.

A request comes from a process that listens to strangers. It is looked up here before anything is
done: is there such an intent, may it carry these slots, is each value one that can be meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from device.hands.skills import alarm, clock, home, lists, media, own, peers, speaker, timer, volume
from device.hands.voice.replies import Skill
from device.mind.types import FIRST_USER_INTENT, Color, Intent, Kind, Request, Slot
from device.names import NameTable


class Risk(Enum):
    """How bad it is if it was not meant."""

    NONE = "nothing changes, or it is undone in a word"
    SOME = "something in the home changes"
    DOOR = "somebody could come in: the speaker asks first"


@dataclass(frozen=True, slots=True)
class Permit:
    """What one intent may do."""

    skill: Skill
    slots: frozenset[Slot] = frozenset()
    needs: frozenset[Slot] = frozenset()
    """Slots of which at least one must be there, if there are any."""
    risk: Risk = Risk.NONE


class NotPermitted(Exception):
    """Raised by `check` with one sentence that says why; nothing was done."""


def _permit(
    skill: Skill, *slots: Slot, needs: tuple[Slot, ...] = (), risk: Risk = Risk.NONE
) -> Permit:
    return Permit(skill, frozenset(slots) | frozenset(needs), frozenset(needs), risk)


S = Slot
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
    Intent.TIMER_SET: _permit(timer.set_, S.TIMER_NAME, needs=(S.DURATION, S.TIME, S.TIME12)),
    Intent.TIMER_CANCEL: _permit(timer.cancel, S.TIMER_NAME, S.DURATION, S.NUMBER, S.ALL),
    Intent.TIMER_CANCEL_ALL: _permit(timer.cancel_all, S.ALL),
    Intent.TIMER_STATUS: _permit(timer.status, S.TIMER_NAME, S.ALL),
    Intent.TIMER_ADD: _permit(timer.add, S.TIMER_NAME, needs=(S.DURATION,)),
    Intent.TIMER_PAUSE: _permit(timer.pause, S.TIMER_NAME),
    Intent.TIMER_RESUME: _permit(timer.resume, S.TIMER_NAME),
    # alarms
    Intent.ALARM_SET: _permit(alarm.set_, S.DAYS, needs=(S.TIME, S.TIME12)),
    Intent.ALARM_CANCEL: _permit(alarm.cancel, S.TIME, S.TIME12, S.DAYS, S.ALL),
    Intent.ALARM_CANCEL_ALL: _permit(alarm.cancel_all, S.ALL),
    Intent.ALARM_STATUS: _permit(alarm.status, S.DAYS, S.ALL),
    Intent.ALARM_SNOOZE: _permit(alarm.snooze, S.DURATION),
    # sound
    Intent.VOLUME_UP: _permit(volume.up, S.PERCENT),
    Intent.VOLUME_DOWN: _permit(volume.down, S.PERCENT),
    Intent.VOLUME_SET: _permit(volume.set_, needs=(S.PERCENT,)),
    Intent.SILENCE: _permit(volume.silence),
    Intent.UNSILENCE: _permit(volume.unsilence),
    Intent.VOLUME_STATUS: _permit(volume.status),
    # media
    **dict.fromkeys(
        (
            *(Intent.MEDIA_PLAY, Intent.MEDIA_PAUSE, Intent.MEDIA_RESUME, Intent.MEDIA_NEXT),
            *(Intent.MEDIA_PREVIOUS, Intent.MEDIA_STOP),
        ),
        _permit(media.control, S.DEVICE, *PLACE),
    ),
    Intent.MEDIA_WHAT: _permit(media.what, S.DEVICE, *PLACE),
    Intent.MEDIA_PLAYLIST: _permit(media.play, needs=(S.PLAYLIST,)),
    Intent.MEDIA_ARTIST: _permit(media.play, needs=(S.ARTIST,)),
    Intent.MEDIA_STATION: _permit(media.play, needs=(S.STATION,)),
    # home
    **dict.fromkeys(
        (Intent.TURN_ON, Intent.TURN_OFF, Intent.START, Intent.CLOSE, Intent.LOCK),
        _permit(home.act, *THING, risk=Risk.SOME),
    ),
    Intent.OPEN: _permit(home.open_, *THING, risk=Risk.SOME),
    Intent.UNLOCK: _permit(home.act, *THING, risk=Risk.DOOR),
    Intent.SCENE: _permit(home.act, *PLACE, needs=(S.DEVICE,), risk=Risk.SOME),
    Intent.SCRIPT: _permit(home.act, *PLACE, needs=(S.DEVICE,), risk=Risk.SOME),
    Intent.BRIGHTNESS: _permit(home.brightness, *THING, needs=(S.PERCENT,), risk=Risk.SOME),
    Intent.COLOR: _permit(home.color, *THING, needs=(S.COLOR,), risk=Risk.SOME),
    Intent.THERMOSTAT_SET: _permit(home.thermostat, *THING, needs=(S.DEGREES,), risk=Risk.SOME),
    **dict.fromkeys(
        (Intent.IS_OPEN, Intent.IS_CLOSED, Intent.IS_LOCKED, Intent.IS_UNLOCKED),
        _permit(home.is_it, *THING),
    ),
    Intent.TEMPERATURE: _permit(home.temperature, *THING),
    Intent.SENSOR: _permit(home.sensor, *PLACE, needs=(S.DEVICE,)),
    Intent.WEATHER: _permit(home.weather, S.DEVICE, *PLACE),
    # lists
    Intent.LIST_ADD: _permit(lists.change, S.LIST, needs=(S.ITEM,)),
    Intent.LIST_REMOVE: _permit(lists.change, S.LIST, needs=(S.ITEM,)),
    Intent.LIST_READ: _permit(lists.read, S.LIST),
    Intent.LIST_CLEAR: _permit(lists.clear, S.LIST),
    # other speakers
    Intent.ANNOUNCE_TIMER: _permit(peers.send_timer, needs=(S.DURATION, S.SPEAKER)),
    Intent.ANNOUNCE: _permit(peers.announce, S.SPEAKER, S.ALL, needs=(S.ANNOUNCEMENT,)),
}
OWN = _permit(own.run)
"""Own commands: their intents are numbers of the table of names, and they take no slots."""

DAY = 24 * 3600
RANGES: dict[Slot, tuple[int, int]] = {
    Slot.DURATION: (1, 7 * DAY),
    Slot.TIME: (0, 1439),
    Slot.TIME12: (0, 719),
    Slot.DAYS: (1, 255),
    Slot.PERCENT: (0, 100),
    Slot.NUMBER: (0, 1_000_000),
    Slot.DEGREES: (-500, 1000),
    Slot.HERE: (1, 1),
    Slot.ALL: (1, 1),
}
NAMES: dict[Slot, str] = {
    Slot.DEVICE: "device",
    Slot.AREA: "area",
    Slot.FLOOR: "floor",
    Slot.TIMER_NAME: "timer",
    Slot.LIST: "list",
    Slot.ITEM: "item",
    Slot.PLAYLIST: "playlist",
    Slot.ARTIST: "artist",
    Slot.STATION: "station",
    Slot.SPEAKER: "speaker",
    Slot.ANNOUNCEMENT: "announcement",
}


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
