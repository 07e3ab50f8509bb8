"""Hands take letters, act, answer and ring; what is no letter shuts the door, aloud."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

from device.config import Config
from device.events import Did, Gap, Hushed, Parted, Quieted, Rang, Refused, Said
from device.letter import MAX_BYTES, Ended, Fault, FaultCode, Woke
from device.mind.types import FOLLOW_UP, Hint, Intent, Outcome, Slot
from tests.hands.houses import home


def test_a_command_is_done_answered_and_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.TIME)
            did = await h.watch.until(Did)
            assert (did.number, did.reply) == (1, "clock.time")
            assert (await h.watch.until(Said)).text == "It's 3:04 PM."
            await h.watch.until(Hushed)
            assert [await h.ears.hint() for _ in range(3)] == [
                Hint.QUIET,
                Hint.SPEAKING,
                Hint.QUIET,
            ]

    asyncio.run(story())


def test_a_timer_rings_until_stop(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 5))
            await h.watch.until(Hushed)
            await h.settled()
            h.clock.go(4.9)
            await h.settled()
            assert not h.watch.of(Rang)
            h.clock.go(0.1)
            assert (await h.watch.until(Rang)).kind == "timer"
            while await h.ears.hint() is not Hint.RINGING:
                continue
            h.ears.ask(Intent.STOP)
            assert (await h.watch.until(Quieted)).by == "stop"
            assert h.context.timers.all() == []
            assert await h.ears.hint() is Hint.QUIET

    asyncio.run(story())


def test_a_question_is_asked_and_its_answer_taken(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(60)
            h.context.timers.add(600)
            h.ears.ask(Intent.TIMER_CANCEL)
            assert (await h.watch.until(Did)).reply == "timer.which"
            while await h.ears.hint() is not Hint.ASKED:
                continue
            h.ears.ask(Intent.ANSWER, (Slot.DURATION, 600), cause=FOLLOW_UP)
            assert (await h.watch.until(Did, 2)).reply == "timer.cancelled"
            assert [t.length for t in h.context.timers.all()] == [60]
            h.ears.ask(Intent.ANSWER, (Slot.DURATION, 60))
            assert (await h.watch.until(Did, 3)).reply == "speaker.nothing_to_answer"
            assert [t.length for t in h.context.timers.all()] == [60]

    asyncio.run(story())


def test_what_no_permit_allows_is_refused_and_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 10**9))
            assert (await h.watch.until(Refused)).why == "a number is out of its range"
            assert (await h.watch.until(Did)).reply == "speaker.not_permitted"
            assert h.context.timers.all() == []

    asyncio.run(story())


def test_bytes_that_are_no_letter_shut_the_door_aloud(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            for count, nonsense in enumerate((b"\x01\x09abc", bytes(MAX_BYTES + 1), b"\x01"), 1):
                h.ears.send(nonsense)
                assert (await h.watch.until(Parted, count)).why == "malformed"
                await h.ears.closed()
                await h.ears.accept()
            assert (await h.watch.until(Said)).reply == "alert.malformed"
            h.ears.ask(Intent.TIME)
            assert (await h.watch.until(Did)).reply == "clock.time"

    asyncio.run(story())


def test_too_many_activations_an_hour_shut_the_door_aloud(tmp_path: Path) -> None:
    def capped(config: Config) -> Config:
        service = dataclasses.replace(config.service, activations_per_hour=3)
        return dataclasses.replace(config, service=service)

    async def story() -> None:
        async with home(tmp_path, change=capped) as h:
            for _ in range(4):
                h.ears.ask(Intent.NEVERMIND)
            assert (await h.watch.until(Parted)).why == "too_many"
            assert (await h.watch.until(Said)).reply == "alert.too_many"
            assert len(h.watch.of(Woke)) == 3

    asyncio.run(story())


def test_a_gap_in_the_numbers_is_counted_and_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.NEVERMIND)
            h.ears.number += 2
            h.ears.ask(Intent.NEVERMIND)
            assert (await h.watch.until(Gap)).missing == 2
            assert "2 activations are missing" in (await h.watch.until(Said)).text

    asyncio.run(story())


def test_ears_with_other_names_are_not_acted_for(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.send(b"\x01")
            await h.ears.closed()
            await h.ears.accept(digest=b"another!")
            h.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 60))
            assert (await h.watch.until(Parted, 2)).why == "names_differ"
            assert not h.watch.of(Did)
            assert h.context.timers.all() == []

    asyncio.run(story())


def test_waking_hushes_the_voice(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path, slow=True) as h:
            h.ears.ask(Intent.HELP)
            await h.watch.until(Said)
            h.ears.send(Woke(2, 0, 15))
            assert (await h.watch.until(Hushed)).cut
            h.ears.send(Ended(2, Outcome.NO_SPEECH, 40))

    asyncio.run(story())


def test_a_fault_of_the_ears_is_told_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.send(Fault(FaultCode.MICROPHONE_LOST))
            h.ears.send(Fault(FaultCode.MICROPHONE_LOST))
            assert (await h.watch.until(Said)).reply == "alert.microphone_lost"
            async with asyncio.timeout(5):
                while h.hands.focus.now.busy:  # an alert that is cut short is told once more
                    await asyncio.sleep(0)
            h.ears.ask(Intent.TIME)
            assert (await h.watch.until(Said, 2)).reply == "clock.time"

    asyncio.run(story())
