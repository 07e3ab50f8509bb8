"""Sound of any card's rate arrives at 16 kHz as it was, and what is above 8 kHz does not."""

from __future__ import annotations

import numpy as np
import pytest

from device.ears.capture.rates import RATES, ToOurRate
from device.mind.types import FRAME_SAMPLES, RATE

OTHERS = [rate for rate in RATES if rate != RATE]


def converted(
    rate: int, hertz: float, count: int = 12
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    to = ToOurRate(rate)
    wave = 10_000 * np.sin(2 * np.pi * hertz * np.arange(to.samples * count) / rate)
    out, got = np.zeros(FRAME_SAMPLES, np.int16), []
    for block in wave.astype(np.int16).reshape(count, to.samples):
        to.step(block, out)
        got.append(out.astype(float))
    return np.concatenate(got[2:])


@pytest.mark.parametrize("rate", OTHERS)
def test_speech_arrives_as_it_was_without_a_seam(rate: int) -> None:
    for hertz in (300, 1_000, 4_000):
        heard = converted(rate, hertz)
        t = np.arange(len(heard)) / RATE
        basis = np.stack([np.sin(2 * np.pi * hertz * t), np.cos(2 * np.pi * hertz * t)])
        fit = np.linalg.lstsq(basis.T, heard, rcond=None)[0]
        assert np.hypot(*fit) == pytest.approx(10_000, rel=0.01)
        assert np.abs(heard - fit @ basis).max() < 60  # a seam between frames would be thousands


@pytest.mark.parametrize("rate", OTHERS)
def test_what_is_above_8_khz_does_not_come_back_as_speech(rate: int) -> None:
    for hertz, most in ((9_000, 100), (10_000, 30), (15_000, 30)):
        assert np.abs(converted(rate, hertz)).max() < most


@pytest.mark.parametrize("rate", OTHERS)
def test_no_more_than_a_millisecond_and_a_bit_is_held_and_forgotten(rate: int) -> None:
    to, out = ToOurRate(rate), np.zeros(FRAME_SAMPLES, np.int16)
    to.step(np.full(to.samples, 9_000, np.int16), out)
    held = to._held
    assert np.count_nonzero(held) / rate <= 0.0012
    assert not to._out.any()
    to.forget()
    assert not held.any()


def test_silence_stays_silence_and_full_scale_stays_within_bounds() -> None:
    to, out = ToOurRate(48_000), np.ones(FRAME_SAMPLES, np.int16)
    to.step(np.zeros(to.samples, np.int16), out)
    assert not out.any()
    square = np.tile(np.repeat(np.array([32767, -32768], np.int16), 40), to.samples // 80)
    to.step(square, out)
    assert out.max() > 32_000 > -32_000 > out.min()


def test_a_rate_that_frames_do_not_fit_is_refused() -> None:
    for rate in (22_050, 8_000, 0, -1):
        with pytest.raises(ValueError, match="Hz"):
            ToOurRate(rate) if rate else ToOurRate(11_025)
