"""Chimes are short and differ; resampling keeps what was there and adds nothing."""

from __future__ import annotations

import numpy as np
import pytest

from device.hands.sound.chimes import RATE, Chime, chime, resample, ring


def test_chimes_are_short_clean_and_unlike_each_other() -> None:
    made = [chime(c) for c in Chime]
    for sound in made:
        assert 0.05 < len(sound) / RATE < 0.4
        assert np.abs(sound).max() < 12_000
        assert abs(int(sound[0])) < 50 and abs(int(sound[-1])) < 300
    assert len({s.tobytes() for s in made}) == len(Chime)


def test_a_turn_of_the_ring_has_sound_and_a_pause() -> None:
    for kind in ("timer", "alarm"):
        turn = ring(kind)
        assert len(turn) == int(1.6 * RATE)
        assert np.abs(turn).max() > 10_000
        assert not turn[-RATE // 3 :].any()


@pytest.mark.parametrize(("rate", "wanted"), [(22_050, 48_000), (22_050, 16_000), (16_000, 44_100)])
def test_a_tone_is_the_same_at_another_rate(rate: int, wanted: int) -> None:
    tone = (10_000 * np.sin(2 * np.pi * 1_000 * np.arange(rate) / rate)).astype(np.int16)
    out = resample(tone, rate, wanted).astype(float)
    expected = 10_000 * np.sin(2 * np.pi * 1_000 * np.arange(len(out)) / wanted)
    assert len(out) == wanted
    assert np.abs(out - expected)[500:-500].max() < 60


def test_what_the_lower_rate_cannot_hold_is_left_out() -> None:
    tone = (10_000 * np.sin(2 * np.pi * 10_000 * np.arange(22_050) / 22_050)).astype(np.int16)
    out = resample(tone, 22_050, 16_000)
    assert np.abs(out[500:-500].astype(int)).max() < 100


def test_the_same_rate_changes_nothing() -> None:
    tone = np.arange(100, dtype=np.int16)
    assert resample(tone, 16_000, 16_000) is tone
