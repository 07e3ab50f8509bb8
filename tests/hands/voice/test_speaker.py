"""The speaker's voice says one thing at a time, and falls silent when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import numpy as np
import pytest

from device.errors import NoVoice
from device.events import Event, EventBus, Hushed, Said
from device.hands.sound.chimes import Chime, Pcm
from device.hands.sound.player import Player
from device.hands.voice.speaker import Speaker
from tests.hands.houses import DEADLINE, ShortVoice
from tests.hands.sound.test_player import StepSink


class Stage:
    """A speaker, its sink, and what it told."""

    def __init__(self, sink: StepSink, voice: ShortVoice, *, chimes: bool = True) -> None:
        self.sink = sink
        self.voice = voice
        self.events: list[Event] = []
        self.busy: list[bool] = []
        events = EventBus()
        events.subscribe(self.events.append)
        self.player = Player(sink)
        self.speaker = Speaker(
            voice,
            self.player,
            events,
            chimes=chimes,
            changed=lambda busy, afar: self.busy.append(busy),
        )


def tell(
    story: Callable[[Stage], Coroutine[None, None, None]],
    *,
    free: bool = True,
    voice: ShortVoice | None = None,
    chimes: bool = True,
) -> Stage:
    async def run() -> Stage:
        sink = StepSink()
        sink.free = free
        stage = Stage(sink, voice or ShortVoice(2_205), chimes=chimes)
        try:
            await asyncio.wait_for(story(stage), DEADLINE)
        finally:
            sink.free = True
            sink.go(1_000)
            await stage.player.close()
        return stage

    return asyncio.run(run())


def test_a_text_is_said_and_told() -> None:
    async def story(s: Stage) -> None:
        assert await s.speaker.say("Hello there. All is well.", "speaker.help")

    stage = tell(story)
    assert stage.voice.said == ["Hello there.", "All is well."]
    said, hushed = (e for e in stage.events if isinstance(e, Said | Hushed))
    assert isinstance(said, Said) and said.reply == "speaker.help"
    assert hushed == Hushed(cut=False)
    assert stage.busy == [True, False]


def test_two_texts_are_said_one_after_the_other() -> None:
    async def story(s: Stage) -> None:
        await asyncio.gather(s.speaker.say("One.", "a.a"), s.speaker.say("Two.", "a.b"))

    stage = tell(story)
    keys = [e.reply if isinstance(e, Said) else "" for e in stage.events]
    assert keys == ["a.a", "", "a.b", ""]


def test_hushed_it_says_no_more() -> None:
    async def story(s: Stage) -> None:
        saying = asyncio.ensure_future(s.speaker.say("One. Two. Three.", "a.a"))
        s.sink.go(2)
        while not s.events:
            await asyncio.sleep(0)
        s.speaker.hush()
        assert not await saying
        assert s.busy == [True, False]

    stage = tell(story, free=False, voice=ShortVoice(22_050))
    assert stage.events[-1] == Hushed(cut=True)
    loud = [b for b in stage.sink.blocks if b.any()]
    assert len(loud) <= 4  # of 150


def test_what_waits_for_its_turn_is_hushed_too() -> None:
    async def story(s: Stage) -> None:
        saying = [asyncio.ensure_future(s.speaker.say(t, "a.a")) for t in ("One.", "Two.")]
        s.sink.go(2)
        while not s.events:
            await asyncio.sleep(0)
        s.speaker.hush()
        assert await asyncio.gather(*saying) == [False, False]

    stage = tell(story, free=False, voice=ShortVoice(22_050))
    assert stage.voice.said == ["One."]


def test_hushing_a_silent_speaker_does_nothing() -> None:
    async def story(s: Stage) -> None:
        s.speaker.hush()
        assert await s.speaker.say("Still here.", "a.a")

    tell(story)


def test_a_voice_that_fails_is_not_heard(caplog: pytest.LogCaptureFixture) -> None:
    class Hoarse(ShortVoice):
        async def say(self, sentence: str) -> tuple[Pcm, int]:
            raise NoVoice(engine="hoarse", why="it has a cold")

    async def story(s: Stage) -> None:
        assert not await s.speaker.say("Hello.", "a.a")

    tell(story, voice=Hoarse(0))
    assert "it has a cold" in caplog.text
    assert "Hello" not in caplog.text


def test_prepared_texts_begin_without_the_voice() -> None:
    async def story(s: Stage) -> None:
        await s.speaker.prepare(["Ready. Steady."])
        s.voice.said.clear()
        await s.speaker.say("Steady.", "a.a")
        assert s.voice.said == []

    tell(story)


@pytest.mark.parametrize("chimes", [True, False])
def test_chimes_are_heard_if_they_are_wanted(chimes: bool) -> None:
    async def story(s: Stage) -> None:
        s.speaker.chime(Chime.DONE)
        await s.speaker.say("End.", "a.a")

    stage = tell(story, chimes=chimes)
    # the voice is a constant: anything else is a chime
    assert bool(np.setdiff1d(stage.sink.all(), [0, 1_000]).size) == chimes
