"""The ring is taken out of the sound, and little else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.recognize.engines.notch import FLOOR, TAPS, Notch
from device.hands.sound import chimes
from device.mind.ringing import OVERTONES, RING_NOTES
from device.mind.types import FRAME_SAMPLES, RATE
from tests.voices import resample

Line = NDArray[np.float64]


def through(sound: Line) -> Line:
    """The sound after the notch, its delay taken off."""
    notch = Notch()
    count = len(sound) // FRAME_SAMPLES
    frames = np.round(sound[: count * FRAME_SAMPLES]).astype(np.int16).reshape(count, -1)
    out = b"".join(notch.take(frame.tobytes()) for frame in frames)
    return np.frombuffer(out, np.int16)[TAPS // 2 :].astype(np.float64)


def level(sound: Line) -> float:
    return float(np.sqrt((sound**2).mean()))


@pytest.mark.parametrize("kind", sorted(RING_NOTES))
def test_the_ring_is_18_db_softer(kind: str) -> None:
    turn = resample(chimes.ring(kind).astype(np.float64), chimes.RATE / RATE)
    assert level(through(np.tile(turn, 3))) < 0.126 * level(turn)


def test_speech_sized_noise_passes() -> None:
    noise = np.random.default_rng(2).normal(0, 1000, 4 * RATE)
    after = through(noise)
    before = noise[: len(after)]
    assert np.corrcoef(before, after)[0, 1] > 0.95
    assert level(after) > 0.93 * level(before)


def test_silence_becomes_the_floor_and_no_more() -> None:
    assert level(through(np.zeros(4 * RATE))) == pytest.approx(FLOOR, rel=0.05)


def test_every_note_and_overtone_is_taken_out() -> None:
    at = np.arange(2 * RATE) / RATE
    for hz in {n * note for notes in RING_NOTES.values() for note in notes for n in OVERTONES}:
        assert level(through(5000 * np.sin(2 * np.pi * hz * at))[RATE:]) < 3 * FLOOR, hz
