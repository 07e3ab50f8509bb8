"""The stop word is heard over a ring and over speech; a ring, or other talk, is not it."""

from __future__ import annotations

import select
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.recognize.engines.stopword import StopWord
from device.ears.recognize.recognizer import start
from device.ears.start import _seals
from device.hands.sound import chimes
from device.mind.ringing import RING_NOTES
from device.mind.types import FRAME_SAMPLES, RATE
from tests.ears.recognize.strange_engines import crew
from tests.ears.sounds import voice
from tests.voices import resample

Samples = NDArray[np.int16]


@pytest.fixture(scope="module")
def spotter() -> StopWord:
    return StopWord()


def spotted(spotter: StopWord, sound: Samples, *, strict: bool = False) -> bool:
    spotter.start()
    if strict:
        spotter.strict()
    count = len(sound) // FRAME_SAMPLES
    heard = [spotter.feed(f.tobytes()) for f in sound[: count * FRAME_SAMPLES].reshape(count, -1)]
    spotter.end()
    return any(heard)


def ring(kind: str, seconds: float) -> NDArray[np.float64]:
    """The speaker's own ring, peak near 4000, in a quiet room."""
    turn = resample(chimes.ring(kind).astype(np.float64), chimes.RATE / RATE)
    rung = np.resize(turn * (4000 / np.abs(turn).max()), int(seconds * RATE))
    return np.asarray(rung + np.random.default_rng(1).normal(0, 8, len(rung)))


@pytest.mark.parametrize(
    ("name", "kind"), [("slt", "timer"), ("slt", "alarm"), ("rms", "timer"), ("awb", "alarm")]
)
def test_is_heard_over_a_ring(spotter: StopWord, name: str, kind: str) -> None:
    sound = ring(kind, 3.0)
    word = voice("stop", name)
    sound[16_000 : 16_000 + len(word)] += 0.5 * word
    assert spotted(spotter, sound.astype(np.int16))


@pytest.mark.parametrize("kind", sorted(RING_NOTES))
def test_a_ring_is_not_it(spotter: StopWord, kind: str) -> None:
    assert not spotted(spotter, ring(kind, 15.0).astype(np.int16))


@pytest.mark.parametrize("said", ["start the step counter", "the shop is at seven", "computer"])
def test_another_word_is_not_it(spotter: StopWord, said: str) -> None:
    sound, other = ring("timer", 4.0), voice(said)
    sound[16_000 : 16_000 + len(other)] += 0.5 * other
    assert not spotted(spotter, sound.astype(np.int16))


def test_a_reply_is_not_it(spotter: StopWord) -> None:
    reply = voice("it is ten minutes past seven. the pasta timer has four minutes left.")
    assert not spotted(spotter, reply, strict=True)


def test_a_sealed_child_hears_it() -> None:
    sound, word = ring("timer", 4.0), voice("stop")
    sound[16_000 : 16_000 + len(word)] += 0.5 * word
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].astype("<i2")
    recognizer = start(lambda: replace(crew(), spotter=StopWord()), longest=10, seals=_seals())
    try:
        deadline = time.monotonic() + 60
        while not recognizer._stop.ready:
            assert time.monotonic() < deadline
            select.select([recognizer._stop.answers], [], [], 1.0)
            recognizer.poll_spot()
        recognizer.spot_open()
        heard = False
        for frame in frames.reshape(-1, FRAME_SAMPLES):
            # a live microphone gives it 80 ms for each frame
            assert select.select([], [recognizer._stop.sound], [], 60)[1]
            recognizer.spot_push(memoryview(frame.tobytes()))
            heard = heard or recognizer.poll_spot()
        select.select([recognizer._stop.answers], [], [], 0 if heard else 60)
        assert heard or recognizer.poll_spot()
    finally:
        recognizer.close()
