"""Timers as people talk about them: names, lengths, which one, more time, pauses."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from device.config import Config, General
from device.hands.context import Context
from device.hands.permits import TABLE
from device.hands.voice.replies import Reply, Which
from device.mind.types import Intent, Request, Slot
from tests.hands.houses import Home, home

Ask = Callable[..., Awaitable[str]]
MINUTE = 60


def tell(
    tmp_path: Path, story: Callable[[Home, Ask], Awaitable[None]], language: str = "en"
) -> None:
    """A story in which `ask` does what is asked and gives what would be said, or the chime."""

    def spoken_in(config: Config) -> Config:
        return dataclasses.replace(config, general=General(language=language))

    async def run() -> None:
        async with home(tmp_path, change=spoken_in) as h:
            asked: list[Reply] = []

            async def ask(intent: int, *slots: tuple[Slot, int]) -> str:
                request = Request(intent, slots)
                question = asked.pop().ask if asked else None
                if isinstance(question, Which):
                    choose = TABLE[question.request.intent].choose
                    assert choose is not None
                    reply = await choose(question, request, h.context)
                else:
                    reply = await TABLE[intent].skill(request, h.context)
                if reply.ask:
                    asked.append(reply)
                return h.context.conversation.replies.text(reply) or reply.key

            await story(h, ask)

    asyncio.run(run())


def named(context: Context, text: str) -> tuple[Slot, int]:
    return Slot.TIMER_NAME, next(n.id for n in context.names.of_kind("timer") if n.text == text)


def test_setting_one_says_for_how_long(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIMER_SET, (Slot.DURATION, 5)) == "5 seconds, starting now."
        pasta = named(h.context, "pasta")
        said = await ask(Intent.TIMER_SET, (Slot.DURATION, 12 * MINUTE), pasta)
        assert said == "Pasta timer, 12 minutes, starting now."
        assert [(t.name, t.length) for t in h.context.timers.all()] == [("", 5), ("pasta", 720)]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("slot", "minutes", "said", "left"),
    [
        (Slot.TIME, 16 * 60, "4 PM", 56),
        (Slot.TIME, 9 * 60, "9 AM", 17 * 60 + 56),
        (Slot.TIME12, 4 * 60, "4 PM", 56),
        (Slot.TIME12, 2 * 60, "2 AM", 10 * 60 + 56),
    ],
)
def test_a_timer_until_a_time_of_day(
    tmp_path: Path, slot: Slot, minutes: int, said: str, left: int
) -> None:
    async def story(h: Home, ask: Ask) -> None:  # it is 15:04
        assert await ask(Intent.TIMER_SET, (slot, minutes)) == f"Timer until {said}."
        assert h.context.timers.all()[0].left == left * MINUTE

    tell(tmp_path, story)


def test_how_much_is_left_of_one_and_of_several(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIMER_STATUS) == "There are no timers."
        h.context.timers.add(600)
        h.clock.go(90)
        assert await ask(Intent.TIMER_STATUS) == "8 minutes and 30 seconds left."
        h.context.timers.add(1200, "pasta")
        assert await ask(Intent.TIMER_STATUS) == (
            "2 timers: one of 10 minutes with 8 minutes and 30 seconds left "
            "and pasta with 20 minutes left."
        )
        pasta = named(h.context, "pasta")
        assert await ask(Intent.TIMER_STATUS, pasta) == "20 minutes left on the pasta timer."
        egg = named(h.context, "egg")
        assert await ask(Intent.TIMER_STATUS, egg) == "There is no egg timer."

    tell(tmp_path, story)


def test_the_only_timer_is_cancelled_without_asking(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        h.context.timers.add(600)
        assert await ask(Intent.TIMER_CANCEL) == "Timer cancelled."
        assert await ask(Intent.TIMER_CANCEL) == "There are no timers."

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("answer", "said", "rest"),
    [
        ((Slot.DURATION, 600), "Timer cancelled.", {300, 1200}),
        ((Slot.NUMBER, 1), "Timer cancelled.", {600, 1200}),
        ((Slot.ALL, 1), "Pasta timer cancelled.", set()),
        ((Slot.DURATION, 601), "Sorry, I didn't understand.", {300, 600, 1200}),
        (None, "Pasta timer cancelled.", {300, 600}),
    ],
)
def test_which_one_is_asked_and_the_answer_understood(
    tmp_path: Path, answer: tuple[Slot, int] | None, said: str, rest: set[int]
) -> None:
    async def story(h: Home, ask: Ask) -> None:
        for seconds, name in ((300, ""), (600, ""), (1200, "pasta")):
            h.context.timers.add(seconds, name)
        question = await ask(Intent.TIMER_CANCEL)
        assert question == "Which one? the 5 minute timer, the 10 minute timer or pasta?"
        given = answer or named(h.context, "pasta")
        assert await ask(Intent.ANSWER, given) == said
        assert {t.length for t in h.context.timers.all()} == rest

    tell(tmp_path, story)


def test_a_name_or_a_length_says_which_at_once(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        for seconds, name in ((300, ""), (600, ""), (1200, "pasta")):
            h.context.timers.add(seconds, name)
        assert await ask(Intent.TIMER_CANCEL, (Slot.DURATION, 600)) == "Timer cancelled."
        pasta = named(h.context, "pasta")
        assert await ask(Intent.TIMER_CANCEL, pasta) == "Pasta timer cancelled."
        assert [t.length for t in h.context.timers.all()] == [300]

    tell(tmp_path, story)


def test_all_are_cancelled_and_counted(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIMER_CANCEL_ALL) == "There are no timers."
        for _ in range(3):
            h.context.timers.add(300)
        assert await ask(Intent.TIMER_CANCEL, (Slot.ALL, 1)) == "3 timers cancelled."

    tell(tmp_path, story)


def test_time_is_added_and_its_length_is_not_taken_for_a_timers(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        h.context.timers.add(300)
        said = await ask(Intent.TIMER_ADD, (Slot.DURATION, 120))
        assert said == "7 minutes left now."
        h.context.timers.add(600)
        await ask(Intent.TIMER_ADD, (Slot.DURATION, 60))
        assert await ask(Intent.ANSWER, (Slot.DURATION, 600)) == "11 minutes left now."

    tell(tmp_path, story)


def test_pause_and_resume(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIMER_RESUME) == "There are no timers."
        h.context.timers.add(300, "pasta")
        assert await ask(Intent.TIMER_RESUME) == "No timer is paused."
        assert await ask(Intent.TIMER_PAUSE) == "timer.paused"
        h.clock.go(1_000)
        said = await ask(Intent.TIMER_STATUS)
        assert said == "The pasta timer is paused, with 5 minutes left."
        assert await ask(Intent.TIMER_RESUME) == "5 minutes left."
        h.clock.go(60)
        assert await ask(Intent.TIMER_STATUS) == "4 minutes left on the pasta timer."

    tell(tmp_path, story)


def test_too_many_are_refused(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        for _ in range(50):
            await ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        said = await ask(Intent.TIMER_SET, (Slot.DURATION, 300))
        assert said == "There are too many timers already."

    tell(tmp_path, story)


def test_in_french_too(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        said = await ask(Intent.TIMER_SET, (Slot.DURATION, 90))
        assert said == "1 minute et 30 secondes, c'est parti."
        pasta = named(h.context, "pâtes")
        await ask(Intent.TIMER_SET, (Slot.DURATION, 600), pasta)
        said = await ask(Intent.TIMER_CANCEL)
        assert said == "Lequel ? celui de 1 minute et 30 secondes ou pâtes ?"
        assert await ask(Intent.ANSWER, pasta) == "Minuteur pâtes annulé."

    tell(tmp_path, story, "fr")
