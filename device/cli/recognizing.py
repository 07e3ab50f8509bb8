"""The recognizer, tried by `keepmum doctor`: that of the language, with all sentences, on sound.

What a wake would run is run: the engine is loaded, takes two seconds of sound at the pace of time
and answers. What counts is the time after the end, which somebody waits through.
"""

from __future__ import annotations

import time

import numpy as np

from device import names
from device.config import Config
from device.errors import RecognizerSlow
from device.mind.types import FRAME_SAMPLES, FRAME_SECONDS, RATE
from device.modelstore import ModelStore
from device.names.sentences import load

SECONDS = 2.0


def check(settings: Config) -> str:
    """Load it and try it. Raises ModelMissing, ModelChanged, RecognizerSlow."""
    from device.ears.recognize import pace
    from device.ears.recognize.build import build_crew, engine_of

    store = ModelStore.of(settings)
    if pace.has_network(store):
        pace.write(store)  # what `auto` takes is decided by it
    began = time.perf_counter()
    crew = build_crew(settings, load(settings, names.in_force(settings)), store)
    loaded = time.perf_counter() - began
    crew.engine.start()
    due = time.perf_counter()
    for frame in _sound().reshape(-1, FRAME_SAMPLES):
        due += FRAME_SECONDS
        time.sleep(max(0.0, due - time.perf_counter()))
        crew.engine.feed(frame.tobytes(), True)
    crew.engine.finish()
    took = max(0.0, time.perf_counter() - due)
    engine, most = engine_of(settings, store), settings.listen.think_s
    if took > most:
        raise RecognizerSlow(engine=engine, took=f"{took:.1f}", most=f"{most:g}")
    return f"{engine}, loads in {loaded:.1f} s, answers {took:.1f} s after the end of a command"


def _sound() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Something with the rhythm and pitch of speech."""
    t = np.arange(round(SECONDS / FRAME_SECONDS) * FRAME_SAMPLES) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(4.4 * t)) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    return np.asarray(6000 * voice * np.clip(np.sin(22 * t), 0, 1), np.int16)
