"""Sounds for the tests of the ears: said by a synthesizer, kept nowhere but in memory."""

from __future__ import annotations

import functools
import io
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

Samples = NDArray[np.int16]
_MODELS = Path(__file__).parents[2] / "models"


@functools.cache
def voice(text: str, name: str = "slt") -> Samples:
    """`text` said by flite's voice `name`, int16 (samples,) at 16 kHz, peak near -6 dB."""
    said = subprocess.run(
        ["flite", "-voice", name, "-t", text, "-o", "/dev/stdout"], capture_output=True, check=True
    ).stdout
    with wave.open(io.BytesIO(said)) as file:
        rate = file.getframerate()
    sound = np.frombuffer(said[44:], np.int16).astype(np.float64)
    if rate != 16_000:
        at = np.arange(0, len(sound) - 1, rate / 16_000)
        sound = np.interp(at, np.arange(len(sound)), sound)
    loudest = max(float(np.abs(sound).max()), 1.0)
    return np.asarray(sound * (16_000 / loudest), np.int16)


def silero() -> Path:
    """The voice activity model of the models folder; skips the test where it is not fetched."""
    path = _MODELS / "silero" / "silero_vad.onnx"
    if not path.exists():
        pytest.skip("silero/silero_vad.onnx is not in models/: keepmum models fetch")
    return path
