"""The events tells what happened in ids and keys, as JSON lines to whoever is given a pipe."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import get_args

import pytest

from device.events import (
    DESCRIPTOR,
    Event,
    EventBus,
    Gap,
    Hushed,
    Rang,
    Ringing,
    Said,
    show_outside,
    to_json,
)
from device.letter import Command, Ended, Hello, Letter, Woke
from device.mind.types import Intent, Outcome, Request, Slot


def test_subscribers_are_told_in_order_until_they_leave() -> None:
    events = EventBus()
    told: list[tuple[str, Event]] = []
    leave = events.subscribe(lambda event: told.append(("first", event)))
    events.subscribe(lambda event: told.append(("second", event)))
    events.publish(Gap(1))
    leave()
    events.publish(Gap(2))
    assert told == [("first", Gap(1)), ("second", Gap(1)), ("second", Gap(2))]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Hello(7, b"12345678"), {"event": "hello", "boot": 7, "names": "3132333435363738"}),
        (Woke(3, 0, 12), {"event": "woke", "number": 3, "cause": 0, "score": 12}),
        (
            Command(3, Request(Intent.TIMER_SET, ((Slot.DURATION, 5),))),
            {"event": "command", "number": 3, "request": {"intent": 30, "slots": [[1, 5]]}},
        ),
        (
            Ended(3, Outcome.COMMAND, 19),
            {"event": "ended", "number": 3, "outcome": 1, "tenths": 19},
        ),
        (Rang(Ringing.TIMER, 1, 0.5), {"event": "rang", "kind": "timer", "id": 1, "late": 0.5}),
    ],
)
def test_an_event_is_one_line(event: Event, line: dict[str, object]) -> None:
    assert json.loads(to_json(event, 1.5)) == line | {"at": 1.5}


def test_no_event_has_a_place_for_what_was_heard() -> None:
    """The only texts are keys, reasons, a task's name, and what the speaker itself says."""
    kinds = [*get_args(Letter), *(k for k in get_args(Event) if k not in get_args(Letter))]
    texts = {
        f"{kind.__name__}.{field.name}"
        for kind in kinds
        for field in dataclasses.fields(kind)
        if field.type in ("str", "bytes")
    }
    assert texts == {
        *("Hello.names", "Refused.why", "Did.reply", "Said.reply", "Said.text", "Restarted.task"),
    }


def test_a_pipe_that_the_environment_names_gets_every_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, write = os.pipe()
    monkeypatch.setenv(DESCRIPTOR, str(write))
    events = EventBus()
    show_outside(events, lambda: 1.0)
    events.publish(Hushed(cut=True))
    events.publish(Said("clock.time", "It's noon.", 0.02))
    lines = os.read(read, 4096).splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["hushed", "said"]
    os.close(read)
    events.publish(Hushed(cut=True))  # the watcher left: nothing happens
    os.close(write)


def test_without_a_pipe_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DESCRIPTOR, raising=False)
    events = EventBus()
    show_outside(events, lambda: 1.0)
    assert events._subscribers == []
