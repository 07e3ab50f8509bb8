"""Stop, help, repeat, the time, the volume: what the speaker does of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device.events import Did, Hushed, Said
from device.hands.home.surroundings import Surroundings
from device.mind.types import Intent, Slot
from tests.hands.houses import Home, home
from tests.hands.skills.test_timer import Ask, tell


def test_the_time_and_the_date(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIME) == "It's 3:04 PM."
        assert await ask(Intent.DATE) == "It's Sunday, November 22nd."

    tell(tmp_path, story)


def test_the_time_and_the_date_in_french(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        assert await ask(Intent.TIME) == "Il est 15 heures 04."
        assert await ask(Intent.DATE) == "Nous sommes le dimanche 22 novembre."

    tell(tmp_path, story, "fr")


def test_the_volume_goes_in_steps_and_to_a_number(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        for intent, slots, percent in (
            (Intent.VOLUME_UP, (), 70),
            (Intent.VOLUME_UP, ((Slot.PERCENT, 25),), 95),
            (Intent.VOLUME_UP, (), 100),
            (Intent.VOLUME_SET, ((Slot.PERCENT, 12),), 12),
            (Intent.VOLUME_DOWN, (), 5),
            (Intent.VOLUME_DOWN, (), 5),
            (Intent.VOLUME_SET, ((Slot.PERCENT, 0),), 0),
        ):
            await ask(intent, *slots)
            assert h.context.volume.percent == percent
        assert await ask(Intent.VOLUME_STATUS) == "The volume is 0 percent."

    tell(tmp_path, story)


def test_silence_and_back(tmp_path: Path) -> None:
    async def story(h: Home, ask: Ask) -> None:
        await ask(Intent.SILENCE)
        assert h.context.volume.heard == 0
        assert await ask(Intent.UNSILENCE) == "Sound is back on."
        assert h.context.volume.heard == 60

    tell(tmp_path, story)


def test_the_last_reply_is_repeated(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.REPEAT)
            assert (await h.watch.until(Said)).reply == "speaker.nothing_to_repeat"
            h.ears.ask(Intent.DATE)
            await h.watch.until(Hushed, 2)
            h.ears.ask(Intent.VOLUME_UP)  # answered by a chime: nothing to repeat
            await h.watch.until(Did, 3)
            h.ears.ask(Intent.REPEAT)
            assert (await h.watch.until(Said, 3)).text == "It's Sunday, November 22nd."

    asyncio.run(story())


def test_stop_stops_the_ring_and_leaves_the_music(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            stopped: list[bool] = []

            async def music(around: Surroundings) -> None:
                stopped.append(True)

            monkeypatch.setattr(Surroundings, "hush", music)
            h.context.timers.add(5)
            await h.settled()
            h.clock.go(5)
            await h.settled()
            h.ears.ask(Intent.STOP)
            await h.watch.until(Did)
            assert not h.context.ringer.ringing and not stopped
            h.ears.ask(Intent.STOP)
            await h.watch.until(Did, 2)
            assert stopped == [True]

    asyncio.run(story())
