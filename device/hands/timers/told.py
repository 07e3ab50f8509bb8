"""Timers and alarms as the home is told of them: when they ring, by which everybody can count."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence

from device.hands.timers.table import Alarm, Timer

MOST_TOLD = 20
"""Timers, and alarms, that are told one by one; all are counted."""


def told(timers: Sequence[Timer], alarms: Sequence[Alarm], wall: float, *, names: bool) -> str:
    """The payload: how many there are, when the next of each rings, and each by itself.

    Moments are told and no seconds left: so it is true for as long as nothing changes. The names
    of timers are words of a command: they are told only with `names`.
    """
    running = [t for t in timers if not t.paused]
    return json.dumps(
        {
            "timers": len(timers),
            "next_timer": _moment(wall + running[0].left) if running else None,
            "running": [_timer(timer, wall, names=names) for timer in timers[:MOST_TOLD]],
            "alarms": len(alarms),
            "next_alarm": _moment(alarms[0].due) if alarms else None,
            "set": [_alarm(alarm) for alarm in alarms[:MOST_TOLD]],
        }
    )


def _timer(timer: Timer, wall: float, *, names: bool) -> dict[str, object]:
    length: dict[str, object] = {"seconds": round(timer.length)}
    if names and timer.name:
        length["name"] = timer.name
    if timer.paused:
        return length | {"paused": True, "left": round(timer.left)}
    return length | {"rings": _moment(wall + timer.left)}


def _alarm(alarm: Alarm) -> dict[str, object]:
    return {"rings": _moment(alarm.due), "weekly": bool(alarm.days), "snoozed": alarm.snoozed}


def _moment(wall: float) -> str:
    return datetime.datetime.fromtimestamp(round(wall), tz=datetime.UTC).isoformat()
