"""Who has the audio decides what the ears are told, what waits and what steps back."""

from __future__ import annotations

import asyncio

import pytest

from device.hands.focus import LAMPS, Audio, Focus
from device.mind.types import Hint


@pytest.mark.parametrize(
    ("audio", "loud", "voices", "busy"),
    [
        (Audio(), Hint.QUIET, False, False),
        (Audio(listening=True), Hint.QUIET, True, True),
        (Audio(speaking=True), Hint.SPEAKING, True, True),
        (Audio(speaking=True, afar=True), Hint.AFAR, True, True),
        (Audio(ringing=True), Hint.RINGING, False, True),
        (Audio(ringing=True, speaking=True), Hint.RINGING, True, True),
        (Audio(radio=True), Hint.RADIO, False, False),
        (Audio(radio=True, speaking=True), Hint.SPEAKING, True, True),
    ],
)
def test_what_is_going_on(audio: Audio, loud: Hint, voices: bool, busy: bool) -> None:
    assert (audio.loud, audio.voices, audio.busy) == (loud, voices, busy)


def test_every_hint_that_can_be_has_its_light() -> None:
    assert set(LAMPS) == set(Hint) - {Hint.ASKED}


def test_a_follower_is_called_when_its_value_changes_and_only_then() -> None:
    async def story() -> None:
        focus = Focus()
        seen: list[bool] = []
        focus.follow(lambda audio: audio.voices, seen.append)
        focus.listen(True)
        focus.speak(True, False)
        focus.listen(False)
        focus.ring(True)
        focus.speak(False, False)
        assert seen == [True, False]
        assert focus.now == Audio(ringing=True)

    asyncio.run(story())


def test_who_waits_goes_on_once_nobody_is_listened_to() -> None:
    async def story() -> None:
        focus = Focus()
        await focus.free()
        focus.listen(True)
        waiting = asyncio.ensure_future(focus.free())
        await asyncio.sleep(0)
        assert not waiting.done()
        focus.listen(False)
        await asyncio.wait_for(waiting, 10)

    asyncio.run(story())
