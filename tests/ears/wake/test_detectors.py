"""The detectors alone: microWakeWord equals its own package, and its state is short."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from pymicro_wakeword import MicroWakeWord as Stock
from pymicro_wakeword import MicroWakeWordFeatures as StockFeatures

from device.ears.wake.detectors import CHANNELS, MicroFeatures, MicroWakeWord, open_head
from device.ears.wake.features import EMBEDDING
from device.ears.wake.wakeword import PRIME_FRAMES
from device.mind.types import FRAME_SAMPLES, FRAME_SECONDS
from tests.ears.wake.tflite_shapes import state_shapes
from tests.voices import in_room, models, say

WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
ROW_MS = 10
INFERENCE_MS = 30


@pytest.mark.parametrize("word", WORDS)
def test_microwakewords_probabilities_are_those_of_its_own_package(word: str) -> None:
    file = models().path(f"microwakeword/{word}.tflite")
    ours, features = MicroWakeWord(file), MicroFeatures()
    stock, stock_features = Stock.from_config(file.with_suffix(".json")), StockFeatures()
    sound = in_room(say(word.replace("_", " ")))
    found: list[float] = []
    wanted: list[float] = []
    for frame in sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES):
        found += ours.step(features.step(frame))
        rows = list(stock_features.process_streaming(frame.tobytes()))
        wanted += [p for row in rows if (p := stock.process_streaming_prob(row)) is not None]
    # theirs is 0 at every row that completes no inference, and until its window is full
    theirs = [p for number, p in enumerate(wanted, start=1) if number % 3 == 0]
    skipped = ours.window - 1
    np.testing.assert_allclose(found[skipped:], theirs[skipped:], atol=1e-9)
    assert max(found) > 0.9


@pytest.mark.parametrize("word", ["alexa", "hey_jarvis", "hey_mycroft"])
def test_openwakewords_scores_are_those_of_the_model_as_it_was_fetched(word: str) -> None:
    """Also of hey_mycroft, whose batch of any size is fixed to one at load."""
    file = models().path(f"openwakeword/{word}_v0.1.onnx")
    head, stock = open_head(file), onnxruntime.InferenceSession(str(file))
    history = np.zeros((head.rows + 1, EMBEDDING), np.float32)
    head.attach(history)
    generator = np.random.default_rng(0)
    name = stock.get_inputs()[0].name
    for _ in range(20):
        history[:] = generator.normal(0, 20, history.shape)
        (wanted,) = stock.run(None, {name: history[None, 1:]})
        np.testing.assert_allclose(head.score(), wanted.item(), atol=1e-6)


@pytest.mark.parametrize("word", WORDS)
def test_the_state_inside_the_library_is_shorter_than_priming(word: str) -> None:
    """The first state holds feature rows, the others outputs of layers, one an inference."""
    first, *rest = state_shapes(models().path(f"microwakeword/{word}.tflite"))
    assert first[-1] == CHANNELS
    assert first[1] * ROW_MS + 20 <= 110, "features are sound: no more than the raw samples' limit"
    length_ms = first[1] * ROW_MS + sum(shape[1] for shape in rest) * INFERENCE_MS
    assert len(rest) >= 3
    assert length_ms <= PRIME_FRAMES * FRAME_SECONDS * 1000


def test_eight_rows_of_features_for_a_frame() -> None:
    features = MicroFeatures()
    frame = np.ones(FRAME_SAMPLES, np.int16)
    assert features.step(frame).shape == (6, CHANNELS)
    assert features.step(frame).shape == (8, CHANNELS)
    features.forget()
    assert features.step(frame).shape == (6, CHANNELS)
