"""What happened, told to whoever watches: the ledger, `keepmum watch`, the home, the demo.

An event says what was asked in ids and what was answered by its key. There is no field for sound
or for what was heard. Publishing is a plain call in the event loop: a subscriber that needs longer
than a moment keeps a queue of its own.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, unique

from device.letter import Letter
from device.mind.types import Request

DESCRIPTOR = "KEEPMUM_JOURNAL_FD"
"""Environment: an open descriptor to which every event is written as a JSON line."""


@unique
class Parting(StrEnum):
    """Why hands and ears are no longer connected."""

    CLOSED = "closed"
    """The ears ended."""
    MALFORMED = "malformed"
    """What came was no letter, or out of turn."""
    TOO_MANY = "too_many"
    NAMES_DIFFER = "names_differ"
    STOPPING = "stopping"
    """The hands end."""


@unique
class Quieting(StrEnum):
    """Why something no longer rings."""

    STOP = "stop"
    LIMIT = "limit"
    SNOOZE = "snooze"
    CANCEL = "cancel"


@unique
class Ringing(StrEnum):
    """What can ring."""

    TIMER = "timer"
    ALARM = "alarm"


@unique
class Part(StrEnum):
    """What watchers look at anew when it changed."""

    TIMERS = "timers"
    VOLUME = "volume"
    MUSIC = "music"
    """Whether the music server plays."""
    SOUND = "sound"
    """Whether anything is heard, and whether anything can be said."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The ears are gone."""

    why: Parting


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked is not permitted; `why` is one sentence without a name in it."""

    number: int
    request: Request
    why: str


@dataclass(frozen=True, slots=True)
class Did:
    """What was done, by the key of its reply."""

    number: int
    request: Request
    reply: str
    seconds: float
    """From the letter's arrival to the deed done."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the speaker's own began to be heard."""

    reply: str
    text: str
    seconds: float
    """From the order to speak to the first sound."""


@dataclass(frozen=True, slots=True)
class Hushed:
    """The voice fell silent; `cut` if somebody made it."""

    cut: bool


@dataclass(frozen=True, slots=True)
class Rang:
    """A timer or an alarm began to ring."""

    kind: Ringing
    id: int
    late: float
    """Seconds after its time."""


@dataclass(frozen=True, slots=True)
class Quieted:
    """It no longer rings."""

    kind: Ringing
    id: int
    by: Quieting


@dataclass(frozen=True, slots=True)
class Changed:
    """Timers, alarms or the volume are not what they were."""

    what: Part


@dataclass(frozen=True, slots=True)
class Gap:
    """Activations that no letter told of."""

    missing: int


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The wall's clock, unknown until now, was set: what it dated is to be moved along."""

    by: float
    """Seconds that it was wrong by, to be added."""
    since: float
    """Wall seconds, by the wrong clock, of the first and of the last that it can have dated."""
    until: float


@dataclass(frozen=True, slots=True)
class Restarted:
    """Something that runs for ever had ended by itself, and was started anew."""

    task: str


@dataclass(frozen=True, slots=True)
class Muted:
    """The panel said whether the microphone is muted; None: there is no panel to say it."""

    muted: bool | None


@unique
class Kept(StrEnum):
    """A file of the household that may be broken."""

    SETTINGS = "settings"
    NAMES = "names"
    SENTENCES = "sentences"
    STATE = "state"
    LISTS = "lists"
    SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class Broken:
    """A file of the household can't be used; everything else works."""

    what: Kept


Doing = Refused | Did | Said | Hushed | Rang | Quieted
Event = Letter | Parted | Doing | Changed | Gap | Restarted | ClockSet | Muted | Broken
"""A letter is an event as it stands: hello, woke, command, ended, fault."""
Subscriber = Callable[[Event], None]


class EventBus:
    """Who wants to know, and telling them, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell `subscriber` of every event from now on; the result ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def publish(self, event: Event) -> None:
        """Tell everybody."""
        for subscriber in tuple(self._subscribers):
            subscriber(event)


def to_json(event: Event, at: float) -> str:
    """One line for a watcher outside: {"event": "woke", "at": wall seconds, fields…}."""
    fields = {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}
    return json.dumps({"event": type(event).__name__.lower(), "at": round(at, 4)} | fields)


def _plain(value: object) -> object:
    if isinstance(value, Request):
        return {"intent": value.intent, "slots": [[int(s), v] for s, v in value.slots]}
    return value.hex() if isinstance(value, bytes) else value


def show_outside(events: EventBus, now: Callable[[], float]) -> None:
    """Write each event as a JSON line to the descriptor that the environment names, if any."""
    descriptor = int(os.environ.get(DESCRIPTOR, "-1"))
    if descriptor >= 0:
        events.subscribe(lambda event: _write(descriptor, to_json(event, now()).encode() + b"\n"))


def _write(descriptor: int, line: bytes) -> None:
    # a watcher that left must not stop the hands
    with contextlib.suppress(BrokenPipeError):
        os.write(descriptor, line)
