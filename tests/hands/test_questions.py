"""The speaker's question: for seconds, for one answer, and at a volume at which it can be heard."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from device.config import Config
from device.events import Did, Hushed, Said
from device.hands.questions import Pending
from device.hands.sound import mixers
from device.hands.voice.replies import Confirm
from device.letter import Command, Ended, Woke
from device.mind.types import FOLLOW_UP, Hint, Intent, Kind, Outcome, Request
from tests.hands.home.brokers import mosquitto, needs_mosquitto
from tests.hands.homes import Household, household, living, slots
from tests.hands.houses import DEADLINE, Home, home

QUESTION = Confirm(Request(Intent.UNLOCK))


@pytest.mark.parametrize(
    ("opened", "taken", "now", "answered"),
    [
        ((3,), 3, 10.0, True),
        ((3,), 3, 10.1, False),  # too late
        ((3,), 4, 5.0, False),  # of another activation
        ((), 3, 5.0, False),  # ears opened nothing for it
        ((3, 4), 4, 5.0, False),  # a second try
        ((3, 4), 3, 5.0, False),
    ],
)
def test_a_question_is_answered_by_its_activation_in_time(
    opened: tuple[int, ...], taken: int, now: float, answered: bool
) -> None:
    pending = Pending()
    pending.ask(QUESTION, until=10.0)
    for number in opened:
        pending.open(number)
    assert (pending.take(taken, now) is QUESTION) is answered
    assert pending.take(taken, now) is None, "once"


def careful(config: Config) -> Config:
    """Every command that changes something is asked about."""
    recognizer = dataclasses.replace(config.recognizer, confirm=True)
    return dataclasses.replace(config, recognizer=recognizer)


async def asked(h: Home) -> None:
    """Wait until the ears are told that a question was heard."""
    while await h.ears.hint() is not Hint.ASKED:
        continue


async def a_yes_answers_nothing(h: Home) -> None:
    """Nothing is said to the second waking, and a yes that follows sets no timer."""
    h.ears.send(Ended(2, Outcome.NO_SPEECH, 9))
    h.ears.number = 2
    h.ears.ask(Intent.YES, cause=FOLLOW_UP)
    assert (await h.watch.until(Did, 2)).reply == "speaker.nothing_to_answer"
    assert h.context.timers.all() == []


@pytest.mark.parametrize(
    ("seconds", "reply"), [(5.0, "timer.set"), (60.0, "speaker.nothing_to_answer")]
)
def test_a_yes_counts_for_seconds(tmp_path: Path, seconds: float, reply: str) -> None:
    async def story() -> None:
        async with home(tmp_path, change=careful) as h:
            h.ears.ask(Intent.TIMER_SET, *slots(duration=60))
            await asked(h)
            h.ears.number += 1
            h.ears.send(Woke(h.ears.number, FOLLOW_UP, 0))
            await h.watch.until(Woke, 2)
            h.clock.go(seconds)
            h.ears.send(Command(h.ears.number, Request(Intent.YES)))
            assert (await h.watch.until(Did, 2)).reply == reply

    asyncio.run(story())


def test_which_one_is_asked_instead_of_a_yes(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path, change=careful) as h:
            h.context.timers.add(60)
            h.context.timers.add(600)
            h.ears.ask(Intent.TIMER_CANCEL)
            assert (await h.watch.until(Did)).reply == "timer.which"
            await asked(h)
            h.ears.ask(Intent.ANSWER, *slots(duration=600), cause=FOLLOW_UP)
            assert (await h.watch.until(Did, 2)).reply == "timer.cancelled"
            assert [t.length for t in h.context.timers.all()] == [60]

    asyncio.run(story())


@pytest.mark.parametrize(
    "intent", [Intent.TIME, Intent.TIMER_STATUS, Intent.STOP, Intent.VOLUME_STATUS, Intent.HELP]
)
def test_what_changes_nothing_is_never_asked_about(tmp_path: Path, intent: Intent) -> None:
    async def story() -> None:
        async with home(tmp_path, change=careful) as h:
            h.ears.ask(intent)
            assert (await h.watch.until(Did)).reply != "speaker.confirm"

    asyncio.run(story())


def test_a_question_is_heard_even_from_a_silenced_speaker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud: list[int] = []
    set_ = mixers.OwnMixer.set

    async def seen(self: mixers.OwnMixer, percent: int) -> None:
        loud.append(percent)
        await set_(self, percent)

    monkeypatch.setattr(mixers.OwnMixer, "set", seen)

    async def story() -> None:
        async with home(tmp_path, change=careful) as h:
            await h.context.volume.silence(True)
            h.ears.ask(Intent.TIMER_SET, *slots(duration=60))
            await asked(h)
            assert loud == [60, 0, 40, 0]

    asyncio.run(story())


def test_a_question_that_was_heard_is_not_asked_of_who_begins_something_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody wakes the speaker in the moment between the question's end and the ears' hint."""
    set_ = mixers.OwnMixer.set
    between: list[Home] = []
    over = asyncio.Event()

    async def woken(self: mixers.OwnMixer, percent: int) -> None:
        await set_(self, percent)
        if percent == 0 and between and between[0].watch.of(Hushed):
            h = between.pop()
            h.ears.send(Woke(2, 0, 9))
            await h.watch.until(Woke, 2)
            over.set()

    monkeypatch.setattr(mixers.OwnMixer, "set", woken)

    async def story() -> None:
        async with home(tmp_path, change=careful) as h:
            await h.context.volume.silence(True)
            between.append(h)
            h.ears.ask(Intent.TIMER_SET, *slots(duration=60))
            async with asyncio.timeout(DEADLINE):
                await over.wait()
            await a_yes_answers_nothing(h)

    asyncio.run(story())


def test_a_question_that_was_hushed_was_not_asked(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path, slow=True, change=careful) as h:
            h.ears.ask(Intent.TIMER_SET, *slots(duration=60))
            await h.watch.until(Said)
            h.ears.send(Woke(2, 0, 9))
            await h.watch.until(Hushed)
            await a_yes_answers_nothing(h)

    asyncio.run(story())


@needs_mosquitto
@pytest.mark.parametrize(
    ("kind", "asks"),
    [
        (Kind.DOOR, True),
        (Kind.GARAGE, True),
        (Kind.GATE, True),
        (Kind.CURTAIN, False),
        (Kind.BLIND, False),
        (Kind.AWNING, False),
    ],
)
def test_what_lets_somebody_in_is_opened_after_a_yes(
    tmp_path: Path, kind: Kind, asks: bool
) -> None:
    async def story(port: int) -> None:
        async with living(tmp_path, household("en", port)) as house:
            opening = Request(Intent.OPEN, slots(kind=kind))
            reply, told = await house.ask(opening)
            assert (reply == "speaker.confirm") is asks
            assert bool(told) is not asks
            if asks:
                await yes(house)

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


async def yes(house: Household) -> None:
    """Say yes to the question, and see that it is done once."""
    await house.asked()
    _, told = await house.ask(Request(Intent.YES), FOLLOW_UP)
    assert told
    assert await house.ask(Request(Intent.YES), FOLLOW_UP) == ("speaker.nothing_to_answer", [])


@needs_mosquitto
def test_opening_the_garage_asks_once_with_confirm(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with living(tmp_path, careful(household("en", port))) as house:
            garage = Request(Intent.OPEN, slots(kind=Kind.GARAGE))
            assert await house.ask(garage) == ("speaker.confirm", [])
            await yes(house)

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))
