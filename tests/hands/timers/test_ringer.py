"""What is due rings until stop, snooze or its limit, over kills and reboots, loud enough."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.config import Config
from device.events import Did, Hushed, Quieted, Rang, Said
from device.letter import Ended, Woke
from device.mind.types import Hint, Intent, Outcome, Slot
from tests.hands.houses import DEADLINE, Home, ManualClock, home
from tests.hands.sound.test_player import StepSink


async def pass_by(h: Home, seconds: float) -> None:
    await h.settled()
    h.clock.go(seconds)


def test_several_ring_together_and_stop_together(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5)
            h.context.timers.add(6)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            await pass_by(h, 1)
            await h.watch.until(Rang, 2)
            h.ears.ask(Intent.STOP)
            await h.watch.until(Quieted, 2)
            assert h.context.timers.all() == []

    asyncio.run(story())


def test_a_ring_ends_at_its_limit(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            await pass_by(h, 599)
            await h.settled()
            assert not h.watch.of(Quieted)
            h.clock.go(1)
            assert (await h.watch.until(Quieted)).by == "limit"

    asyncio.run(story())


def test_a_named_ring_says_its_name(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5, "pasta")
            await pass_by(h, 5)
            await h.watch.until(Rang)
            await pass_by(h, 4.7)
            assert (await h.watch.until(Said)).text == "Your pasta timer is done."

    asyncio.run(story())


def test_an_alarm_snoozes_and_rings_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.ALARM_SET, (Slot.TIME, 15 * 60 + 5))
            await h.watch.until(Did)
            await pass_by(h, 60)
            assert (await h.watch.until(Rang)).kind == "alarm"
            h.ears.ask(Intent.ALARM_SNOOZE, (Slot.DURATION, 300))
            assert (await h.watch.until(Quieted)).by == "snooze"
            await pass_by(h, 300)
            await h.watch.until(Rang, 2)
            h.ears.ask(Intent.STOP)
            await h.watch.until(Quieted, 2)
            assert h.context.alarms.all() == []

    asyncio.run(story())


def test_cancelling_the_alarm_that_rings_ends_the_ring_and_keeps_its_other_days(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.alarms.add(15 * 60 + 5, 127)
            h.context.alarms.add(20 * 60)
            await pass_by(h, 60)
            await h.watch.until(Rang)
            h.ears.ask(Intent.ALARM_CANCEL)
            assert (await h.watch.until(Did)).reply == "speaker.stopped"
            assert not h.context.ringer.ringing
            assert sorted(a.days for a in h.context.alarms.all()) == [0, 127]

    asyncio.run(story())


def test_the_timer_that_rings_is_the_one_meant(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5)
            h.context.timers.add(600)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            h.ears.ask(Intent.TIMER_CANCEL)
            assert (await h.watch.until(Did)).reply == "timer.cancelled"
            assert [t.length for t in h.context.timers.all()] == [600]

    asyncio.run(story())


def test_a_ring_waits_while_somebody_is_listened_to(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path, slow=True) as h:
            h.context.timers.add(5)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            clip = h.context.ringer._sound._clip
            assert clip is not None and not clip.held
            h.ears.send(Woke(1, 0, 12))
            await h.watch.until(Woke)
            assert clip.held
            h.ears.send(Ended(1, Outcome.NO_SPEECH, 40))
            await h.watch.until(Ended)
            assert not clip.held
            assert h.hands.focus.now.loud is Hint.RINGING

    asyncio.run(story())


def test_a_loudspeaker_that_comes_back_rings_on(tmp_path: Path) -> None:
    async def story() -> None:
        sink = StepSink()
        sink.free = sink.broken = True
        async with home(tmp_path, sink=sink) as h:
            h.context.timers.add(5)
            await pass_by(h, 5)
            async with asyncio.timeout(DEADLINE):
                while h.hands.player.failed is None:
                    await asyncio.sleep(0)
                await h.settled()
                assert not h.watch.of(Rang)
                sink.broken = False
                while not h.watch.of(Rang):
                    h.clock.go(1)
                    await asyncio.sleep(0)
            assert h.watch.of(Rang)[0].late >= 2

    asyncio.run(story())


def test_a_ring_that_a_kill_cut_short_begins_again(tmp_path: Path) -> None:
    async def story() -> None:
        clock = ManualClock(datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
        async with home(tmp_path, clock=clock) as h:
            h.context.timers.add(5)
            await pass_by(h, 5)
            await h.watch.until(Rang)
        async with home(tmp_path, clock=clock) as h:
            clock.go(2)
            assert (await h.watch.until(Rang)).late >= 0

    asyncio.run(story())


def test_what_ran_out_while_the_power_was_off_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        clock = ManualClock(datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
        async with home(tmp_path, clock=clock) as h:
            h.context.timers.add(600, "pasta")
            h.context.alarms.add(17 * 60, 127)
        clock.reboot(seconds_off=3 * 3600)
        async with home(tmp_path, clock=clock) as h:
            await h.watch.until(Said, 2)
            assert {s.text for s in h.watch.of(Said)} == {
                "While I was off, your pasta timer ended, 2 hours and 50 minutes ago.",
                "While I was off, your 5 PM alarm was missed, 1 hour and 4 minutes ago.",
            }
            assert not h.watch.of(Rang)
            assert h.context.timers.all() == []
            assert len(h.context.alarms.all()) == 1

    asyncio.run(story())


@pytest.mark.parametrize(("late", "rings"), [(599.0, True), (600.0, True), (601.0, False)])
def test_what_is_later_than_a_ring_may_last_is_told_instead(
    tmp_path: Path, late: float, rings: bool
) -> None:
    async def story() -> None:
        clock = ManualClock(datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
        async with home(tmp_path, clock=clock) as h:
            h.context.timers.add(600, "pasta")
        clock.reboot(seconds_off=600 + late)
        async with home(tmp_path, clock=clock) as h:
            if rings:
                assert (await h.watch.until(Rang)).late == late
            else:
                assert (await h.watch.until(Said)).reply == "timer.missed_named"
            assert h.context.ringer.ringing is rings

    asyncio.run(story())


def test_what_ran_out_is_told_once_the_clock_is_right(tmp_path: Path) -> None:
    async def story() -> None:
        clock = ManualClock(datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
        async with home(tmp_path, clock=clock) as h:
            h.context.timers.add(600)
        clock.reboot(seconds_off=0)  # it thinks that no time has passed
        async with home(tmp_path, clock=clock) as h:
            await h.settled()
            assert not h.watch.of(Said)
            clock.set_wall(7200)
            clock.go(5)
            assert (await h.watch.until(Said)).reply == "timer.missed"
            assert not h.watch.of(Rang)

    asyncio.run(story())


def test_what_is_told_unasked_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    def at_night(config: Config) -> Config:
        sound = dataclasses.replace(config.sound, quiet_from="22:00", quiet_to="07:00")
        return dataclasses.replace(config, sound=sound)

    async def story() -> None:
        clock = ManualClock(datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
        async with home(tmp_path, clock=clock, change=at_night) as h:
            h.context.timers.add(600)
            assert h.context.volume.heard == 60
        clock.reboot(seconds_off=3 * 3600)
        async with home(tmp_path, clock=clock, change=at_night) as h:
            await h.settled()
            assert not h.watch.of(Said)
            assert h.context.volume.heard == 25
            h.ears.ask(Intent.TIME)
            assert (await h.watch.until(Said)).reply == "clock.time"
            assert (await h.watch.until(Said, 2)).reply == "timer.missed"

    asyncio.run(story())


def test_rings_have_a_volume_of_their_own_even_in_silence(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.ears.ask(Intent.SILENCE)
            await h.watch.until(Did)
            assert await h.context.volume.mixer.get() == 0
            h.context.timers.add(5)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            assert await h.context.volume.mixer.get() == 70
            h.ears.ask(Intent.STOP)
            await h.watch.until(Did, 2)
            await h.context.volume.apply()
            assert await h.context.volume.mixer.get() == 0

    asyncio.run(story())


def test_a_timer_cancelled_or_given_time_while_it_rings_falls_silent(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5)
            await pass_by(h, 5)
            await h.watch.until(Rang)
            h.ears.ask(Intent.TIMER_ADD, (Slot.DURATION, 60))
            assert (await h.watch.until(Quieted)).by == "cancel"
            await h.watch.until(Hushed)
            await pass_by(h, 60)
            await h.watch.until(Rang, 2)

    asyncio.run(story())


def test_a_disk_that_takes_nothing_costs_no_ring_and_no_stop(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            h.context.timers.add(5)
            h.hands.state.execute("PRAGMA query_only = ON")
            await pass_by(h, 5)
            await h.watch.until(Rang)
            h.ears.ask(Intent.STOP)
            await h.watch.until(Quieted)
            await h.settled()
            assert not h.context.ringer.ringing
            h.ears.ask(Intent.TIMER_SET, (Slot.DURATION, 60))
            assert (await h.watch.until(Did, 2)).reply == "speaker.failed"
            h.ears.ask(Intent.VOLUME_SET, (Slot.PERCENT, 30))
            assert (await h.watch.until(Did, 3)).reply != "speaker.failed"
            assert h.context.volume.percent == 30
            await pass_by(h, 60)
            assert len(h.watch.of(Rang)) == 1

    asyncio.run(story())
