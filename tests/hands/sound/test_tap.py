"""What is played reaches the ring as it is played, whatever the device's rate."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from device.hands.sound.chimes import resample
from device.hands.sound.player import Clip, Player
from device.hands.sound.sinks import NullSink
from device.hands.sound.tap import Tap
from device.ring import RATE, SAMPLES, Reader, Writer


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ring() -> Writer:
    return Writer()


def last(ring: Writer, length: int) -> np.ndarray:
    out = np.zeros(length, np.int16)
    Reader(ring.readable).copy(ring.written - length, out)
    return out


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    times = np.arange(round(rate * seconds)) / rate
    return (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("block", [20, 7])
def test_blocks_are_joined_without_a_seam(ring: Writer, rate: int, block: int) -> None:
    tap, sound = Tap(ring), tone(rate)
    tap.open(rate)
    size = rate * block // 1000
    for at in range(0, len(sound), size):
        tap.write(sound[at : at + size])
    assert abs(ring.written - RATE // 2) <= 1
    got, whole = last(ring, SAMPLES - 2), resample(sound, rate, RATE)
    shifts = [np.abs(got[400:7000] - np.roll(whole, n)[400:7000]).mean() for n in range(40)]
    assert min(shifts) < 400, "the same sine, some samples late"
    spectrum = np.abs(np.fft.rfft(got[100:7780] * np.hanning(7680)))
    peak = int(spectrum.argmax())
    assert peak == pytest.approx(440 * 7680 / RATE, abs=1)
    spectrum[peak - 4 : peak + 5] = 0
    assert spectrum.max() < 8000 * 7680 / 4 / 300


def test_silence_costs_no_filter_and_keeps_the_count(ring: Writer) -> None:
    tap = Tap(ring)
    tap.open(22_050)
    for _ in range(500):
        tap.write(np.zeros(441, np.int16))
    assert ring.written == pytest.approx(10 * RATE, abs=1)
    tap.write(tone(22_050, 0.02))
    assert last(ring, 300).any()


def test_the_ring_runs_with_the_clock_while_the_device_is_closed(ring: Writer) -> None:
    clock = Clock()
    tap = Tap(ring, clock)
    tap.open(RATE)
    began = ring.written
    tap.write(tone(RATE))
    tap.rest()
    assert not last(ring, 4000).any()
    clock.now += 60.0
    tap.open(22_050)
    assert ring.written - began == 60 * RATE
    clock.now += 0.001  # sooner than what was written ahead
    tap.write(tone(22_050))
    before = ring.written
    tap.open(RATE)
    assert ring.written == before


def test_what_the_player_plays_is_in_the_ring(ring: Writer) -> None:
    async def play() -> None:
        player = Player(NullSink(), Tap(ring))
        clip = player.play(Clip(22_050, tone(22_050, 0.2)))
        await clip.ended.wait()
        assert np.abs(last(ring, 3000)).max() > 7000
        await player.close()

    asyncio.run(play())
    assert not last(ring, 4000).any(), "nothing stays when the player ends"


def test_a_device_that_stays_open_is_given_silence(ring: Writer) -> None:
    async def play() -> None:
        player = Player(NullSink(), Tap(ring), stays_open=True)
        clip = player.play(Clip(22_050, tone(22_050, 0.05)))
        await clip.ended.wait()
        before = ring.written
        async with asyncio.timeout(5):
            while ring.written < before + RATE // 5:
                await asyncio.sleep(0.01)
        assert not last(ring, RATE // 10).any()
        await player.close()

    asyncio.run(play())
