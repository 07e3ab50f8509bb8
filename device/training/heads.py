"""A word model of openWakeWord taught further: the same small network, for another situation.

openWakeWord's word models are two or three layers over the last embeddings. `learn` goes on from
their weights with examples of the situation in which the word is to be heard, by gradient descent
(Adam, Kingma and Ba, https://arxiv.org/abs/1412.6980) with dropout, noise on the embeddings, and
a pull back to the weights it began with, so that what those know of many voices stays.

The same examples and seed give the same weights on one machine; another processor rounds
differently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from device.ears.wake.features import EMBEDDING
from device.errors import WrongModel

Floats = NDArray[np.float32]
Weights = tuple[Floats, ...]
"""Of each layer its matrix (inputs, outputs) and its bias; all but the last are rectified."""

BATCH = 256
WARM_UP = 100
"""Steps until the full rate of learning is reached; from there it falls to zero."""
SHAPE = "an openWakeWord model of three dense layers with rectifiers between them"


@dataclass(frozen=True)
class Lesson:
    """How `learn` goes about it."""

    epochs: int = 8
    rate: float = 3e-4
    noise: float = 0.05
    """Gaussian, in standard deviations of each input."""
    dropout: float = 0.1
    pull: float = 1e-3
    """Back to the weights it began with."""
    seed: int = 0


def read(model: Path) -> Weights:
    """The weights of a word model. Raises WrongModel if it has other layers."""
    graph = onnx.load(model).graph
    kinds = [node.op_type for node in graph.node]
    known = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found: list[Floats] = []
    if kinds == ["Flatten", "Gemm", "Relu", "Gemm", "Relu", "Gemm", "Sigmoid"]:
        for node in graph.node:
            if node.op_type == "Gemm":
                matrix, bias = (known[name] for name in node.input[1:])
                turned = any(a.name == "transB" and a.i for a in node.attribute)
                found += [
                    np.array(part, np.float32) for part in (matrix.T if turned else matrix, bias)
                ]
    if not found or found[0].shape[0] % EMBEDDING or found[4].shape[1] != 1:
        raise WrongModel(file=model.name, why="its layers are others", expected=SHAPE)
    return tuple(found)


def logits(weights: Weights, inputs: Floats) -> Floats:
    """The log-odds of each of `inputs`, (n, rows * 96); result (n,)."""
    x = inputs
    for layer in range(0, len(weights), 2):
        x = x @ weights[layer] + weights[layer + 1]
        if layer + 2 < len(weights):
            x = np.maximum(x, 0)
    return np.asarray(x[:, 0])


def learn(
    begin: Weights, inputs: NDArray[np.float16], labels: Floats, how: Lesson | None = None
) -> Weights:
    """Weights that tell the examples apart, cross entropy, from those of `begin`.

    inputs: (n, rows * 96); labels: (n,), 1 for the word and 0 for anything else; n >= BATCH.
    """
    how = how or Lesson()
    chance = np.random.default_rng(how.seed)
    weights = [part.copy() for part in begin]
    spread = np.float32(how.noise) * inputs.std(axis=0, dtype=np.float32)
    slope, square = ([np.zeros_like(part) for part in begin] for _ in range(2))
    total = how.epochs * (len(labels) // BATCH)
    for step, batch in enumerate(_batches(len(labels), how.epochs, chance), start=1):
        x = inputs[batch].astype(np.float32)
        x += chance.standard_normal(x.shape, np.float32) * spread
        slopes = _slopes(weights, x, labels[batch], how.dropout, chance)
        rate = how.rate * min(1.0, step / WARM_UP) * (1 - step / (total + 1))
        for n in range(len(weights)):
            found = slopes[n] + how.pull * (weights[n] - begin[n])
            slope[n] += 0.1 * (found - slope[n])
            square[n] += 0.001 * (found**2 - square[n])
            along = slope[n] / (1 - 0.9**step)
            weights[n] -= rate * along / (np.sqrt(square[n] / (1 - 0.999**step)) + 1e-8)
    return tuple(weights)


def _batches(count: int, epochs: int, chance: np.random.Generator) -> Iterator[NDArray[Any]]:
    for _ in range(epochs):
        yield from np.array_split(chance.permutation(count), count // BATCH)


def _slopes(
    weights: list[Floats], x: Floats, labels: Floats, dropout: float, chance: np.random.Generator
) -> list[Floats]:
    """The slope of the mean cross entropy for each part of the weights, by back propagation."""
    seen, kept = [x], []
    for layer in (0, 2):
        keep = (chance.random((len(x), weights[layer].shape[1])) >= dropout) / (1 - dropout)
        kept.append(keep.astype(np.float32))
        seen.append(np.maximum(seen[-1] @ weights[layer] + weights[layer + 1], 0) * kept[-1])
    odds = np.clip((seen[2] @ weights[4] + weights[5])[:, 0], -30, 30)
    wrong: Floats = ((1 / (1 + np.exp(-odds)) - labels) / len(labels)).astype(np.float32)[:, None]
    found: list[Floats] = []
    for layer in (4, 2, 0):
        below = seen[layer // 2]
        found = [below.T @ wrong, wrong.sum(axis=0), *found]
        if layer:
            wrong = (wrong @ weights[layer].T) * (below > 0) * kept[layer // 2 - 1]
    return found


def build(weights: Weights) -> bytes:
    """An ONNX word model of these weights, [1, rows, 96] to [1, 1], as the bytes of a file."""
    rows = len(weights[0]) // EMBEDDING
    ends = [
        helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, [1, rows, EMBEDDING]),
        helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 1]),
    ]
    constants = [numpy_helper.from_array(part, f"w{n}") for n, part in enumerate(weights)]
    nodes = [helper.make_node("Flatten", ["embeddings"], ["x0"])]
    for n in range(0, len(weights), 2):
        last = n + 2 == len(weights)
        nodes.append(helper.make_node("Gemm", [f"x{n}", f"w{n}", f"w{n + 1}"], [f"y{n}"]))
        nodes.append(
            helper.make_node(
                "Sigmoid" if last else "Relu", [f"y{n}"], ["score" if last else f"x{n + 2}"]
            )
        )
    graph = helper.make_graph(nodes, "head", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
