"""The voice activity detector: chunking, forgetting, and the stand-in without a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.vad import CHUNK, CONTEXT, Levels, Silero, Vad, speaks
from device.mind.types import FRAME_SAMPLES, RATE
from tests.ears.sounds import silero, voice

Samples = NDArray[np.int16]


def frames(sound: Samples) -> list[Samples]:
    count = len(sound) // FRAME_SAMPLES
    return list(sound[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES))


def noise(seconds: float, sigma: float, seed: int = 1) -> Samples:
    rng = np.random.default_rng(seed)
    return (rng.normal(0, sigma, int(seconds * RATE))).astype(np.int16)


@pytest.fixture(scope="module")
def model() -> Path:
    return silero()


def test_the_soft_end_of_a_word_is_speech_too() -> None:
    speech, said = False, []
    for probability in (0.4, 0.75, 0.49, 0.4, 0.3, 0.4):
        speech = speaks(probability, 0.5, speech)
        said.append(speech)
    assert said == [False, True, True, True, False, False]


def test_chunks_are_those_of_one_long_sound(model: Path) -> None:
    """Frames of 1,280 give the network the chunks that it would see in one piece of sound."""
    import onnxruntime

    sound = voice("turn on the kitchen lights")[: 20 * FRAME_SAMPLES]
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    extra = {"sr": np.array(RATE, np.int64)} if len(session.get_inputs()) == 3 else {}
    state, window = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT + CHUNK), np.float32)
    expected = []
    for at in range(0, len(sound) - CHUNK + 1, CHUNK):
        window[0, :CONTEXT] = window[0, -CONTEXT:]
        window[0, CONTEXT:] = sound[at : at + CHUNK] / 32768.0
        p, state = session.run(None, {"input": window, "state": state, **extra})
        expected.append(float(p[0, 0]))
    vad = Silero(model)
    got = [vad.step(f) for f in frames(sound)]
    # two chunks in the first frame of a pair, three in the second
    pairs = [
        value
        for i in range(0, len(expected) - 4, 5)
        for value in (max(expected[i : i + 2]), max(expected[i + 2 : i + 5]))
    ]
    assert np.allclose(got[: len(pairs)], pairs, atol=1e-5)


def test_keeps_no_more_sound_than_the_next_chunk_needs(model: Path) -> None:
    vad = Silero(model)
    kept = []
    for frame in frames(noise(2, 300)):
        vad.step(frame)
        kept.append(vad.kept)
    assert set(kept) == {CONTEXT, CONTEXT + 256}


def test_after_forgetting_it_is_as_at_start(model: Path) -> None:
    vad, fresh = Vad(model), Vad(model)
    for frame in frames(voice("stop the music")):
        vad.step(frame)
    vad.forget()
    sound = frames(voice("what time is it"))
    assert [vad.step(f) for f in sound] == [fresh.step(f) for f in sound]


def test_forgetting_leaves_no_sample(model: Path) -> None:
    vad = Silero(model)
    vad.step(noise(0.08, 4000))
    vad.forget()
    assert not vad._window.any()
    assert not vad._state.any()


@pytest.mark.parametrize("by_model", [True, False])
def test_tells_speech_from_a_quiet_room(by_model: bool, model: Path) -> None:
    vad = Vad(model if by_model else None)
    room = noise(1.6, 3)
    speech = voice("set a timer for ten minutes")
    before = [vad.step(f) for f in frames(room)]
    during = [vad.step(f) for f in frames(speech + noise(len(speech) / RATE, 3)[: len(speech)])]
    after = [vad.step(f) for f in frames(room)]
    assert max(before) < 0.5
    assert np.mean(np.array(during) > 0.5) > 0.6
    assert max(after[4:]) < 0.5
    assert vad.by_model is by_model


def test_levels_get_used_to_a_fan() -> None:
    vad = Levels()
    fan = frames(noise(20, 1000))
    heard = [vad.step(f) for f in fan]
    assert heard[0] > 0.5
    assert max(heard[-20:]) < 0.5
