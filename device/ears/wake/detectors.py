"""The two families of wake word detectors, each behind the same three calls.

`OpenWakeWord` is a small classifier over the last embeddings of `features.py`. `MicroWakeWord` is
a streaming network over its own 40-channel features (TensorFlow Lite's micro frontend), one
inference for every 30 ms, whose state lives inside the library: its length in time is bounded by
the shapes of the model's state tensors (a test reads them), under 2 s for every model of the
manifest, and `prime`'s 2 s of noise overwrite all of it.

    buffer of MicroWakeWord  | holds                          | overwritten by
    -------------------------|--------------------------------|--------------------------
    frontend's window        | up to 30 ms raw                | every 10 ms, in place
    frontend's noise floor   | 40 slow averages, no time      | every 10 ms
    input tensor             | up to 3 rows of features, 50 ms| the next row, in place
    first state tensor       | 2 rows of features, 40 ms      | every inference
    other state tensors      | outputs of layers              | every inference
    recent probabilities     | 5 numbers                      | every inference
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from device.ears.wake.features import EMBEDDING
from device.ears.wake.inference import Floats, OnnxGraph, TfliteGraph, open_onnx
from device.errors import WrongModel

ROWS_LIMIT = 128
"""Embeddings a word model may look back on: 10 s."""
STEP = 160
"""Samples of one step of the micro frontend: 10 ms."""
CHANNELS = 40
HEAD_SHAPE = "input float32 [1, N, 96] with N up to 128, output float32 [1, 1] (or [1, classes])"
MICRO_SHAPE = "input int8 [1, steps, 40], output one uint8 or int8"


class Head(Protocol):
    """An openWakeWord word model over `rows` embeddings."""

    rows: int

    def attach(self, history: Floats) -> None:
        """Read from the end of these embeddings, float32 (rows or more, 96), from now on."""

    def score(self) -> float:
        """The probability that the word ends about now."""


class OnnxHead:
    """A word model in ONNX. Raises WrongModel if its shapes are not a word model's."""

    def __init__(self, model: Path) -> None:
        self._session = open_onnx(model)
        ends = self._session.get_inputs()
        shape, kind = ends[0].shape, ends[0].type
        if shape and isinstance(shape[0], str):
            # a batch of any size: ever one here, and most of such a model is about that size
            self._session = open_onnx(model, ones=[shape[0]])
        fits = len(ends) == 1 and kind == "tensor(float)" and len(shape) == 3
        if not fits or shape[2] != EMBEDDING or not isinstance(shape[1], int):
            raise WrongModel(file=model.name, why=f"its input is {shape}", expected=HEAD_SHAPE)
        self.rows = _checked_rows(shape[1], model)
        trial = np.zeros((1, self.rows, EMBEDDING), np.float32)
        found = self._session.run(None, {ends[0].name: trial})[0]
        if found.dtype != np.float32 or not 1 <= found.size <= ROWS_LIMIT:
            raise WrongModel(
                file=model.name, why=f"its output is {list(found.shape)}", expected=HEAD_SHAPE
            )
        self._input, self._output = ends[0].name, self._session.get_outputs()[0].name
        self._scores: Floats = np.zeros(found.shape, np.float32)
        self._counted = _counted(self._scores)

    def attach(self, history: Floats) -> None:
        window = history[-self.rows :]
        self._graph = OnnxGraph(self._session, {self._input: window, self._output: self._scores})

    def score(self) -> float:
        self._graph.run()
        return float(max(self._counted.tolist()))


class TfliteHead:
    """A word model in TensorFlow Lite. Raises WrongModel if its shapes are not a word model's."""

    def __init__(self, model: Path) -> None:
        self._graph = TfliteGraph(model)
        shape = self._graph.input.shape
        fits = len(shape) == 3 and shape[2] == EMBEDDING and self._graph.output.size >= 1
        if not fits or self._graph.input.dtype != np.float32:
            raise WrongModel(
                file=model.name, why=f"its input is {list(shape)}", expected=HEAD_SHAPE
            )
        self.rows = _checked_rows(shape[1], model)
        self._counted = _counted(self._graph.output)

    def attach(self, history: Floats) -> None:
        self._window = history[-self.rows :]

    def score(self) -> float:
        self._graph.input[0] = self._window
        self._graph.run()
        return float(max(self._counted.tolist()))


def open_head(model: Path) -> Head:
    """The word model of this file, by its suffix. Raises WrongModel."""
    if model.suffix == ".onnx":
        return OnnxHead(model)
    if model.suffix == ".tflite":
        return TfliteHead(model)
    raise WrongModel(
        file=model.name, why="its name ends otherwise", expected="a name in .onnx or .tflite"
    )


def _checked_rows(rows: int, model: Path) -> int:
    if not 1 <= rows <= ROWS_LIMIT:
        raise WrongModel(
            file=model.name, why=f"it looks back on {rows} embeddings", expected=HEAD_SHAPE
        )
    return rows


def _counted(scores: NDArray[Any]) -> NDArray[Any]:
    """Those of a word model's scores whose highest counts, as a view: of several classes, all but
    the first, which openWakeWord's own models keep for "none of them"."""
    flat = scores.reshape(-1)
    return flat if flat.size == 1 else flat[1:]


class MicroFeatures:
    """The micro frontend: eight feature rows of 40 numbers for every 80 ms frame."""

    def __init__(self) -> None:
        from pymicro_features import MicroFrontend

        self._frontend = MicroFrontend()

    def step(self, frame: NDArray[np.int16]) -> Floats:
        """The rows that `frame`, int16 (1280,), completes: float32 (8, 40), or (6, 40) at first."""
        parts = range(0, len(frame), STEP)
        found = (self._frontend.process_samples(frame[i : i + STEP].tobytes()) for i in parts)
        return np.array([one.features for one in found if one.features], np.float32)

    def forget(self) -> None:
        self._frontend.reset()


class MicroWakeWord:
    """A microWakeWord model: probabilities every 30 ms, averaged over its own window.

    model: the .tflite; its .json is beside it. Raises WrongModel.
    """

    def __init__(self, model: Path) -> None:
        settings = model.with_suffix(".json")
        try:
            about = json.loads(settings.read_text())["micro"]
            self.window = int(about["sliding_window_size"])
            self.cutoff = float(about["probability_cutoff"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WrongModel(
                file=settings.name,
                why="it cannot be read",
                expected='JSON with "micro": {"sliding_window_size", "probability_cutoff"}',
            ) from error
        self._graph = TfliteGraph(model)
        shape, out = self._graph.input.shape, self._graph.output
        fits = len(shape) == 3 and shape[0] == 1 and shape[2] == CHANNELS and out.size == 1
        if not fits or self._graph.input.dtype != np.int8 or out.dtype == np.float32:
            raise WrongModel(
                file=model.name, why=f"its input is {list(shape)}", expected=MICRO_SHAPE
            )
        self._output = out.reshape(-1)
        self._filled = 0
        self._recent = [0.0] * self.window
        self._scale, self._zero = self._graph.input_scale

    def step(self, rows: Floats) -> list[float]:
        """The averaged probability after each inference that these feature rows, float32 (n, 40),
        complete."""
        quantized = np.rint(rows / self._scale + self._zero)
        np.clip(quantized, -128, 127, out=quantized)
        steps, found, at = self._graph.input.shape[1], [], 0
        while at < len(quantized):
            take = min(steps - self._filled, len(quantized) - at)
            self._graph.input[0, self._filled : self._filled + take] = quantized[at : at + take]
            self._filled += take
            at += take
            if self._filled == steps:
                self._filled = 0
                self._graph.run()
                found.append(self._average())
        return found

    def _average(self) -> float:
        scale, zero = self._graph.output_scale
        del self._recent[0]
        self._recent.append((int(self._output[0]) - zero) * scale)
        return sum(self._recent) / self.window

    def forget(self) -> None:
        """Clear what is ours; the library's state is overwritten by priming."""
        self._filled = 0
        self._graph.input[...] = 0
        self._recent[:] = [0.0] * self.window
