"""The stop word is heard over a ring and over speech; a ring, or other talk, is not it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.engines.stopword import WORD, StopWord
from device.ears.lexicon import Lexicon
from device.mind.types import FRAME_SAMPLES, RATE
from tests.ears.sounds import voice

Samples = NDArray[np.int16]


@pytest.fixture(scope="module")
def spotter() -> StopWord:
    return StopWord(Lexicon([WORD]))


def spotted(spotter: StopWord, sound: Samples, *, strict: bool = False) -> bool:
    spotter.start()
    if strict:
        spotter.strict()
    count = len(sound) // FRAME_SAMPLES
    heard = [spotter.feed(f.tobytes()) for f in sound[: count * FRAME_SAMPLES].reshape(count, -1)]
    spotter._decoder.end_utt()
    return any(heard)


def ring(seconds: float) -> NDArray[np.float64]:
    """A ringing tone, on and off four times a second, in a quiet room."""
    at = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(1).normal(0, 8, len(at))
    return np.asarray(4000 * np.sin(2 * np.pi * 880 * at) * (at % 0.5 < 0.25) + noise)


@pytest.mark.parametrize("name", ["slt", "rms"])
def test_is_heard_over_a_ring(spotter: StopWord, name: str) -> None:
    sound = ring(3.0)
    word = voice("stop", name)
    sound[16_000 : 16_000 + len(word)] += 0.5 * word
    assert spotted(spotter, sound.astype(np.int16))


def test_a_ring_is_not_it(spotter: StopWord) -> None:
    assert not spotted(spotter, ring(15.0).astype(np.int16))


def test_a_reply_is_not_it(spotter: StopWord) -> None:
    reply = voice("it is ten minutes past seven. the pasta timer has four minutes left.")
    assert not spotted(spotter, reply, strict=True)
