"""Is that speech? One probability per frame; the machine counts the silence that ends a command.

Silero VAD (a recurrent network of 0.3 M weights) through onnxruntime on one thread, without
torch. It looks at chunks of 512 samples with the 64 samples before them, while a frame has 1,280:
frames give two and three chunks in turn. What is kept between two frames:

    buffer    | samples          | overwritten by
    ----------|------------------|---------------------------------------------
    context   | 64 (4 ms)        | every chunk
    rest      | 0 or 256 (16 ms) | the next frame
    network   | 2 x 128 numbers  | every chunk; no sound can be made of them

Without the model a tracker of the background's level stands in. It knows nothing of speech: a
loud fan that starts is speech to it until its background has risen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from device.mind.types import FRAME_SAMPLES, RATE
from device.ring import Sound

CHUNK = 512
CONTEXT = 64


RELEASE = 0.15
"""Once somebody speaks, so much less is enough to go on (as in Silero's own iterator): the soft end
of a short word is as much part of it as its loud beginning."""


def speaks(probability: float, threshold: float, spoke: bool) -> bool:
    """Whether that is speech; `spoke`: whether the frame before was."""
    return probability >= threshold - RELEASE * spoke


class _Detector(Protocol):
    def step(self, frame: Sound) -> float: ...

    def forget(self) -> None: ...


class Vad:
    """The voice activity detector of the ears."""

    def __init__(self, model: Path | None) -> None:
        """`model`: Silero's .onnx file; None runs on levels alone."""
        self._detector: _Detector = Levels() if model is None else Silero(model)

    @property
    def by_model(self) -> bool:
        """False if it runs on levels alone, which the owner is told."""
        return isinstance(self._detector, Silero)

    def step(self, frame: Sound) -> float:
        """The probability of speech in `frame`, int16 (1280,): the highest of its chunks."""
        return self._detector.step(frame)

    def forget(self) -> None:
        """Back to the state at start; no sample of the past is left."""
        self._detector.forget()


class Silero:
    """Silero VAD, chunk by chunk."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The arena keeps what was computed last; without it nothing outlives a run.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        names = {i.name for i in self._session.get_inputs()}
        self._state = np.zeros((2, 1, 128), np.float32)
        self._window = np.zeros((1, CONTEXT + CHUNK), np.float32)
        self._filled = CONTEXT
        self._inputs: dict[str, Any] = {"input": self._window}
        if "sr" in names:
            self._inputs["sr"] = np.array(RATE, np.int64)
        self.step(np.zeros(FRAME_SAMPLES, np.int16))
        self.forget()

    def step(self, frame: Sound) -> float:
        highest, at = 0.0, 0
        end = CONTEXT + CHUNK
        while at < len(frame):
            take = min(end - self._filled, len(frame) - at)
            part = self._window[0, self._filled : self._filled + take]
            np.divide(frame[at : at + take], 32768.0, out=part, casting="unsafe")
            self._filled += take
            at += take
            if self._filled == end:
                highest = max(highest, self._chunk())
        return highest

    def _chunk(self) -> float:
        probability, state = self._session.run(None, {**self._inputs, "state": self._state})
        self._state[:] = state
        self._window[0, :CONTEXT] = self._window[0, -CONTEXT:]
        self._window[0, CONTEXT:] = 0.0
        self._filled = CONTEXT
        return float(probability[0, 0])

    @property
    def kept(self) -> int:
        """Samples of sound held for the next frame."""
        return self._filled

    def forget(self) -> None:
        self._window[:] = 0.0
        self._state[:] = 0.0
        # One run on silence overwrites what the library's own buffers hold of the last one.
        self._session.run(None, {**self._inputs, "state": self._state})
        self._filled = CONTEXT


class Levels:
    """Speech is what stands out of the background's level.

    The background falls at once and rises by 3 dB a second (minimum tracking, as in R. Martin's
    noise estimation by minimum statistics, with one minimum).
    """

    _MARGIN_DB = 9.0
    _SLOPE_DB = 2.0
    _RISE_DB = 3.0 * FRAME_SAMPLES / RATE
    _QUIETEST_DB = 20.0

    def __init__(self) -> None:
        self._floor: float | None = None

    def step(self, frame: Sound) -> float:
        power = float(np.mean(np.square(frame.astype(np.float32) - frame.mean())))
        level = max(10.0 * np.log10(power + 1e-3), self._QUIETEST_DB)
        floor = level if self._floor is None else min(level, self._floor + self._RISE_DB)
        # A command may begin in the first frame: the background is not louder than a quiet room
        # until a quieter frame has shown what it is.
        self._floor = min(floor, 35.0) if self._floor is None else floor
        return float(1.0 / (1.0 + np.exp((self._floor + self._MARGIN_DB - level) / self._SLOPE_DB)))

    def forget(self) -> None:
        self._floor = None
