"""Clips are mixed, repeated, held, grown and silenced at once; a lost device is survived."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine

import numpy as np
import pytest

from device.errors import NoLoudspeaker
from device.hands.sound.chimes import Pcm
from device.hands.sound.player import Clip, Player

DEADLINE = 5.0
RATE = 22_050


class StepSink:
    """Takes a block whenever the test lets it, and keeps what it was given."""

    rate = RATE

    def __init__(self) -> None:
        self.blocks: list[Pcm] = []
        self.broken = False
        self.opened = 0
        self._steps = threading.Semaphore(0)
        self.free = False

    def open(self) -> None:
        if self.broken:
            raise NoLoudspeaker(device="step", there="It is broken.")
        self.opened += 1

    def write(self, block: bytes) -> None:
        if not self.free:
            assert self._steps.acquire(timeout=DEADLINE)
        if self.broken:
            raise NoLoudspeaker(device="step", there="It is broken.")
        self.blocks.append(np.frombuffer(block, np.int16))

    def close(self) -> None:
        return

    def go(self, blocks: int) -> None:
        for _ in range(blocks):
            self._steps.release()

    def all(self) -> Pcm:
        return np.concatenate(self.blocks)


def constant(value: int, seconds: float) -> Pcm:
    return np.full(round(seconds * RATE), value, dtype=np.int16)


def play(story: Callable[[StepSink, Player], Coroutine[None, None, None]]) -> StepSink:
    """Run a story with a player whose sink goes by itself unless it is told not to."""
    sink = StepSink()
    sink.free = True

    async def run() -> None:
        player = Player(sink)
        try:
            await asyncio.wait_for(story(sink, player), DEADLINE)
        finally:
            sink.free = True
            sink.go(100)
            await player.close()

    asyncio.run(run())
    return sink


def test_clips_played_at_once_are_added_and_held_to_what_fits() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        sink.free = False
        clips = [Clip(RATE, constant(20_000, 0.02)), Clip(RATE, constant(20_000, 0.04))]
        first, second = (player.play(c) for c in clips)
        sink.free = True
        sink.go(3)
        await second.ended.wait()
        await first.ended.wait()

    out = play(story).all()
    assert out.max() == 32_767
    assert 20_000 in out


def test_a_repeated_clip_goes_round_until_it_is_stopped() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        sink.free = False
        clip = player.play(Clip(RATE, np.arange(100, dtype=np.int16), repeat=True))
        sink.go(3)
        await clip.started.wait()
        player.stop(clip)
        assert clip.ended.is_set()

    out = play(story).all()
    assert list(out[:300]) == [*range(100)] * 3


def test_a_stopped_clip_is_silent_from_the_next_block_on() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        sink.free = False
        clip = player.play(Clip(RATE, constant(1_000, 10)))
        sink.go(1)
        await clip.started.wait()
        player.stop(clip)
        after = player.play(Clip(RATE, constant(7, 0.02)))
        sink.free = True
        sink.go(5)
        await after.ended.wait()

    blocks = play(story).blocks
    loud = [b for b in blocks if b.max() >= 1_000]
    assert len(loud) <= 2  # the one that was heard, and the one that was being written


def test_a_held_clip_goes_on_where_it_was() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        clip = Clip(RATE, constant(1_000, 0.1))
        player.hold(clip, True)
        player.play(clip)
        other = player.play(Clip(RATE, constant(5, 0.04)))
        await other.ended.wait()
        assert not clip.started.is_set()
        player.hold(clip, False)
        await clip.ended.wait()

    out = play(story).all()
    assert np.count_nonzero(out == 1_000) == round(0.1 * RATE)


def test_a_growing_clip_ends_when_it_is_complete() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        clip = player.play(Clip.growing())
        player.feed(clip, constant(3, 0.1), RATE)
        await clip.started.wait()
        player.feed(clip, constant(4, 0.1), RATE)
        assert not clip.ended.is_set()
        player.complete(clip)
        await clip.ended.wait()

    out = play(story).all()
    assert np.count_nonzero(out == 4) == round(0.1 * RATE)


def test_other_rates_are_brought_to_the_sinks() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        clip = player.play(Clip(16_000, np.full(1_600, 5_000, dtype=np.int16)))
        await clip.ended.wait()

    out = play(story).all()
    assert np.count_nonzero(np.abs(out - 5_000) < 50) == pytest.approx(2_205, abs=60)


def test_the_level_makes_everything_softer() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        player.level = 0.5
        await player.play(Clip(RATE, constant(1_000, 0.02))).ended.wait()

    assert play(story).all().max() == 500


def test_a_lost_device_ends_what_plays_and_one_that_is_back_plays_again() -> None:
    async def story(sink: StepSink, player: Player) -> None:
        sink.broken = True
        lost = player.play(Clip(RATE, constant(1, 0.1)))
        await lost.ended.wait()
        assert not lost.started.is_set()
        assert player.failed is not None
        sink.broken = False
        back = player.play(Clip(RATE, constant(2, 0.1)))
        await back.ended.wait()
        assert back.started.is_set()
        assert player.failed is None

    play(story)
