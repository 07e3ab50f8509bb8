"""The features of the openWakeWord family: an embedding of 96 numbers for every 80 ms frame.

Two ways to the same numbers. `StreamingFeatures` computes only what is new, with the graph that
`graphs.py` builds: eight rows of mel from one frame and 26.5 ms of sound before it, then each
layer's new rows. `WindowFeatures` is openWakeWord's own way, for models that cannot be streamed:
it keeps 76 rows of mel and runs the whole network over them.

What is kept, in milliseconds of sound:

    buffer           | Streaming      | Window          | overwritten by
    -----------------|----------------|-----------------|--------------------------------------
    audio, overlap   | 26.5 ms raw    | 30 ms raw       | every frame, in place
    audio, frame     | none (zeroed)  | none (zeroed)   | the step that read it
    layer states     | 37 KiB, no mel | none            | every frame, in place
      (the first of them is two mel rows, 35 ms)
    mel              | none           | 76 rows, 775 ms | every frame, shifted in place
    history          | embeddings: the input of the word model that looks furthest back

The libraries keep no arena; what their freed memory still holds is from the last runs of the same
sizes, and `forget` is followed by `prime`, which runs them on noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device.ears.wake.inference import Floats, OnnxGraph, open_onnx
from device.mind.types import FRAME_SAMPLES, RATE

EMBEDDING = 96
OVERLAP = 480
"""Samples before a frame that openWakeWord's mel windows reach back to: 30 ms."""
UNUSED = 56
"""Samples at the start of the overlap that its window weighs with zero."""
MEL_ROWS = 76
NEW_ROWS = 8
MEL_BINS = 32


class Features(Protocol):
    """Embeddings, frame by frame."""

    history: Floats
    """The last embeddings, float32 (rows, 96), the newest last."""

    def step(self, frame: NDArray[np.int16]) -> None:
        """Take in a frame, int16 (1280,), and move its embedding into `history`."""

    def forget(self) -> None:
        """Overwrite everything kept with zeros."""

    def kept_ms(self) -> dict[str, float]:
        """Milliseconds of sound that the live buffers hold between frames, by kind."""


class StreamingFeatures:
    """The streaming graph with its state, exact to openWakeWord's windows.

    graph: the file that graphs.build made. rows: embeddings to keep.
    """

    def __init__(self, graph: Path, rows: int) -> None:
        self.history: Floats = np.zeros((rows, EMBEDDING), np.float32)
        self._audio: Floats = np.zeros(OVERLAP - UNUSED + FRAME_SAMPLES, np.float32)
        overlap = OVERLAP - UNUSED
        # views, made once: beside a run that has filled the caches each making costs microseconds
        self._new, self._old = self._audio[overlap:], self._audio[:overlap]
        self._last = self._audio[-overlap:]
        self._kept, self._moved = self.history[:-1], self.history[1:]
        session = open_onnx(graph)
        inputs = {end.name: end for end in session.get_inputs()}
        # the graph reads up to where the frame's last window ends
        arrays = {"audio": self._audio[: inputs["audio"].shape[3]], "embedding": self.history[-1:]}
        for name, end in inputs.items():
            if name.startswith("state"):
                # read (joined with the new rows) before its successor is written: one memory
                state = np.zeros(end.shape, np.float32)
                arrays[name] = arrays[name.replace("state", "next")] = state
        self._graph = OnnxGraph(session, arrays)

    def step(self, frame: NDArray[np.int16]) -> None:
        self._new[:] = frame
        self._kept[:] = self._moved
        self._graph.run()
        self._old[:] = self._last
        self._new.fill(0.0)

    def forget(self) -> None:
        for array in self._graph.arrays.values():
            array[...] = 0.0
        self._audio[:] = 0.0
        self.history[:] = 0.0

    def kept_ms(self) -> dict[str, float]:
        raw = np.count_nonzero(np.trim_zeros(self._audio)) * 1000 / RATE
        # the first state is two rows of mel; all others are outputs of layers
        first = self._graph.arrays["state0"].shape[2]
        return {
            "raw": raw,
            "mel": 25.0 + 10.0 * (first - 1),
            "embeddings": float(len(self.history)),
        }


class WindowFeatures:
    """openWakeWord's own way: the mel model on 110 ms, the network on 76 rows."""

    def __init__(self, mel: Path, embedding: Path, rows: int) -> None:
        self.history: Floats = np.zeros((rows, EMBEDDING), np.float32)
        self._audio: Floats = np.zeros((1, OVERLAP + FRAME_SAMPLES), np.float32)
        self._rows: Floats = np.zeros((1, MEL_ROWS, MEL_BINS, 1), np.float32)
        self._mel, self._network = open_onnx(mel), open_onnx(embedding)
        self._mel_input, self._rows_input = (
            session.get_inputs()[0].name for session in (self._mel, self._network)
        )

    def step(self, frame: NDArray[np.int16]) -> None:
        self._audio[0, OVERLAP:] = frame
        rows = self._mel.run(None, {self._mel_input: self._audio})[0]
        self._rows[0, :-NEW_ROWS] = self._rows[0, NEW_ROWS:]
        self._rows[0, -NEW_ROWS:, :, 0] = rows.reshape(NEW_ROWS, MEL_BINS) / 10 + 2
        found = self._network.run(None, {self._rows_input: self._rows})[0]
        self.history[:-1] = self.history[1:]
        self.history[-1] = found.reshape(EMBEDDING)
        self._audio[0, :OVERLAP] = self._audio[0, -OVERLAP:]
        self._audio[0, OVERLAP:] = 0.0

    def forget(self) -> None:
        for array in (self.history, self._audio, self._rows):
            array[...] = 0.0

    def kept_ms(self) -> dict[str, float]:
        raw = np.count_nonzero(np.trim_zeros(self._audio[0])) * 1000 / RATE
        mel = 25.0 + 10.0 * (self._rows.shape[1] - 1)
        return {"raw": raw, "mel": mel, "embeddings": float(len(self.history))}
