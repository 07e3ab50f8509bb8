"""A word model taught further: it learns, the same way every time, and is a word model again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.ears.wake.detectors import OnnxHead
from device.errors import WrongModel
from device.training import heads
from device.training.heads import BATCH, Floats, Lesson, Weights
from tests.voices import models

ROWS = 2
WIDTH = 96 * ROWS


def small(seed: int = 0) -> Weights:
    """A word model over two embeddings with random weights."""
    chance = np.random.default_rng(seed)
    shapes = ((WIDTH, 8), (8,), (8, 8), (8,), (8, 1), (1,))
    return tuple(chance.normal(0, 0.1, shape).astype(np.float32) for shape in shapes)


def examples(
    count: int = 4 * BATCH,
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float16]], Floats]:
    """Inputs whose first number decides."""
    inputs = np.random.default_rng(1).normal(0, 1, (count, WIDTH)).astype(np.float16)
    return inputs, (inputs[:, 0] > 0).astype(np.float32)


def right(weights: Weights) -> float:
    inputs, labels = examples()
    found = heads.logits(weights, inputs.astype(np.float32)) > 0
    return float((found == (labels > 0.5)).mean())


def test_it_learns_what_it_is_shown() -> None:
    how = Lesson(epochs=80, rate=1e-2, noise=0.0, dropout=0.0, pull=0.0)
    assert right(small()) < 0.7
    assert right(heads.learn(small(), *examples(), how)) > 0.95


def test_the_slopes_are_those_of_the_cross_entropy() -> None:
    weights = [part.astype(np.float64) for part in small()]
    inputs, labels = examples(BATCH)
    chance = np.random.default_rng(0)
    x = inputs.astype(np.float64)
    found = heads._slopes(weights, x, labels, 0.0, chance)  # type: ignore[arg-type]

    def loss() -> float:
        odds = heads.logits(tuple(weights), x)  # type: ignore[arg-type]
        return float((np.log1p(np.exp(odds)) - labels * odds).mean())

    for part, slope in zip(weights, found, strict=True):
        place = np.unravel_index(int(np.abs(slope).argmax()), slope.shape)
        part[place] += 1e-4
        above = loss()
        part[place] -= 2e-4
        measured = (above - loss()) / 2e-4
        part[place] += 1e-4
        assert slope[place] == pytest.approx(measured, rel=1e-3)


def test_the_same_examples_and_seed_give_the_same_weights() -> None:
    one, two = (heads.learn(small(), *examples(), Lesson(epochs=2)) for _ in range(2))
    other = heads.learn(small(), *examples(), Lesson(epochs=2, seed=1))
    assert heads.build(one) == heads.build(two) != heads.build(other)


def test_it_stays_near_the_weights_it_began_with() -> None:
    def moved(pull: float) -> float:
        weights = heads.learn(small(), *examples(), Lesson(epochs=40, rate=1e-2, pull=pull))
        return sum(float(abs(a - b).sum()) for a, b in zip(weights, small(), strict=True))

    assert moved(1.0) < 0.5 * moved(0.0)


def test_what_is_built_is_a_word_model_with_the_same_scores(tmp_path: Path) -> None:
    file = tmp_path / "head.onnx"
    file.write_bytes(heads.build(small()))
    head = OnnxHead(file)
    assert head.rows == ROWS
    history = np.random.default_rng(2).normal(0, 1, (ROWS, 96)).astype(np.float32)
    head.attach(history)
    odds = float(heads.logits(small(), history.reshape(1, -1))[0])
    assert head.score() == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-5)


def test_openwakewords_model_is_read_as_it_is(tmp_path: Path) -> None:
    model = models().path("openwakeword/alexa_v0.1.onnx")
    (tmp_path / "head.onnx").write_bytes(heads.build(heads.read(model)))
    history = np.random.default_rng(3).normal(0, 3, (16, 96)).astype(np.float32)
    scores = []
    for file in (model, tmp_path / "head.onnx"):
        head = OnnxHead(file)
        head.attach(history)
        scores.append(head.score())
    assert scores[0] == pytest.approx(scores[1], abs=1e-6)


def test_a_model_of_other_layers_is_refused() -> None:
    with pytest.raises(WrongModel, match="hey_jarvis"):
        heads.read(models().path("openwakeword/hey_jarvis_v0.1.onnx"))
