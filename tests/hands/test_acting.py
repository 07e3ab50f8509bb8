"""Doors are asked about, failing skills cost one command, and unasked words wait their turn."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from device.errors import NoVoice
from device.events import Did, Hushed, Said
from device.hands import acting, permits
from device.hands.context import Context
from device.hands.permits import TABLE
from device.hands.skills.skill import Risk
from device.hands.voice.replies import Reply
from device.letter import Ended, Woke
from device.mind.types import FOLLOW_UP, Hint, Intent, Outcome, Request
from tests.hands.houses import Home, home

Skill = Callable[[Request, Context], Awaitable[Reply]]


@pytest.fixture
def skill(monkeypatch: pytest.MonkeyPatch) -> Callable[[Skill, Risk], None]:
    """Put another skill behind HELP."""

    def put(new: Skill, risk: Risk = Risk.NONE) -> None:
        permit = dataclasses.replace(TABLE[Intent.HELP], skill=new, risk=risk)
        monkeypatch.setitem(permits.TABLE, Intent.HELP, permit)

    return put


async def answered(h: Home, intent: Intent, cause: int = FOLLOW_UP) -> str:
    """Wait for the question to be asked, answer it, and give the key of the reply."""
    while await h.ears.hint() is not Hint.ASKED:
        continue
    number = h.ears.ask(intent, cause=cause)
    return (await h.watch.until(Did, number)).reply


@pytest.mark.parametrize(
    ("answer", "cause", "reply", "opened"),
    [
        (Intent.YES, FOLLOW_UP, "speaker.done", 1),
        (Intent.NO, FOLLOW_UP, "speaker.nevermind", 0),
        (Intent.NEVERMIND, FOLLOW_UP, "speaker.nevermind", 0),
        (Intent.ANSWER, FOLLOW_UP, "speaker.nevermind", 0),
        (Intent.TIME, FOLLOW_UP, "clock.time", 0),
        (Intent.YES, 0, "speaker.nothing_to_answer", 0),  # not the answer to the question
    ],
)
def test_what_lets_somebody_in_needs_a_yes(
    tmp_path: Path,
    *,
    skill: Callable[[Skill, Risk], None],
    answer: Intent,
    cause: int,
    reply: str,
    opened: int,
) -> None:
    done: list[int] = []

    async def unlock(request: Request, context: Context) -> Reply:
        done.append(request.intent)
        return Reply("speaker.done")

    async def story() -> None:
        async with home(tmp_path) as h:
            skill(unlock, Risk.ASK)
            h.ears.ask(Intent.HELP)
            assert (await h.watch.until(Did)).reply == "speaker.confirm"
            assert await answered(h, answer, cause) == reply
            assert len(done) == opened

    asyncio.run(story())


def test_a_yes_counts_once(tmp_path: Path, skill: Callable[[Skill, Risk], None]) -> None:
    done: list[int] = []

    async def unlock(request: Request, context: Context) -> Reply:
        done.append(request.intent)
        return Reply("speaker.done")

    async def story() -> None:
        async with home(tmp_path) as h:
            skill(unlock, Risk.ASK)
            h.ears.ask(Intent.HELP)
            await answered(h, Intent.YES)
            h.ears.ask(Intent.YES, cause=FOLLOW_UP)
            assert (await h.watch.until(Did, 3)).reply == "speaker.nothing_to_answer"
            assert len(done) == 1

    asyncio.run(story())


def test_a_skill_that_takes_too_long_is_given_up(
    tmp_path: Path, skill: Callable[[Skill, Risk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "SKILL_SECONDS", 0.05)

    async def endless(request: Request, context: Context) -> Reply:
        await asyncio.Event().wait()
        return Reply("speaker.done")

    async def story() -> None:
        async with home(tmp_path) as h:
            skill(endless, Risk.NONE)
            h.ears.ask(Intent.HELP)
            assert (await h.watch.until(Did)).reply == "speaker.slow"
            h.ears.ask(Intent.TIME)
            assert (await h.watch.until(Did, 2)).reply == "clock.time"

    asyncio.run(story())


@pytest.mark.parametrize("error", [NoVoice(engine="x", why="y"), ConnectionResetError()])
def test_a_skill_that_fails_says_so(
    tmp_path: Path, skill: Callable[[Skill, Risk], None], error: Exception
) -> None:
    async def failing(request: Request, context: Context) -> Reply:
        raise error

    async def story() -> None:
        async with home(tmp_path) as h:
            skill(failing, Risk.NONE)
            h.ears.ask(Intent.HELP)
            assert (await h.watch.until(Did)).reply == "speaker.failed"

    asyncio.run(story())


def test_unasked_words_that_were_hushed_are_said_once_more(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path, slow=True) as h:
            h.context.conversation.tell(Reply("alert.seal_weaker"))
            h.context.conversation.tell(Reply("alert.vad_missing"))
            await h.watch.until(Said)
            h.ears.send(Woke(1, 0, 9))
            await h.watch.until(Hushed)
            assert [s.reply for s in h.watch.of(Said)] == ["alert.seal_weaker"]
            h.ears.send(Ended(1, Outcome.NO_SPEECH, 40))
            await h.watch.until(Said, 3)
            said = [s.reply for s in h.watch.of(Said)]
            assert said == ["alert.seal_weaker", "alert.seal_weaker", "alert.vad_missing"]

    asyncio.run(story())


def test_unasked_words_wait_until_nobody_is_listened_to(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.send(Woke(1, 0, 9))
            await h.watch.until(Woke)
            h.context.conversation.tell(Reply("speaker.done"))
            await asyncio.sleep(0)
            assert not h.watch.of(Said)
            h.ears.send(Ended(1, Outcome.NO_SPEECH, 40))
            assert (await h.watch.until(Said)).reply == "speaker.done"

    asyncio.run(story())
