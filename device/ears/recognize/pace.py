"""How fast this machine is, and so which engine `auto` takes.

Measured where there is time for it, when models are fetched and by `keepmum doctor`: how long one
answer of the network takes, with what it would do for a command of two seconds. The figure lies
beside the model (`pace`); speakers only read it. The wait that matters is that of the person: the
silence before the network listens, and its work.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import numpy as np

from device.ears.recognize.engines.whisper import COMMON, EARLY, FILES, MODEL, padded
from device.ears.recognize.engines.whispernet import Listening, Network
from device.mind.types import FRAME_SECONDS
from device.modelstore import ModelStore

LONGEST_S = 1.5
"""Where an answer takes longer, pocketsphinx is taken."""
_FILE = "pace"
_TRIES, _PROMPT, _STEPS, _PATHS = 3, 100, 12, 5


def has_network(store: ModelStore) -> bool:
    """Whether the network's files are all there."""
    return all(store.has(f"{MODEL}/{file}") for file in FILES)


def folder(store: ModelStore) -> Path:
    """Where the network is, each of its files verified. Raises ModelMissing, ModelChanged."""
    return {store.path(f"{MODEL}/{file}").parent for file in FILES}.pop()


def measure(model: Path) -> float:
    """Seconds from the end of speech to an answer of the network in the folder `model`.

    The best of a few, in time of the processor (it works on one thread): what else the machine
    does meanwhile should not decide for years.
    """
    net = Network(model, range(COMMON))
    bands = padded(np.zeros((80, 200), np.float32))
    took = []
    for _ in range(_TRIES):
        began = time.thread_time()
        listening = Listening(net, net.listen(bands), [1] * _PROMPT)
        for _ in range(_STEPS):
            listening.step([0] * _PATHS, [1] * _PATHS)
        took.append(time.thread_time() - began)
    return EARLY * FRAME_SECONDS + min(took)


def write(store: ModelStore) -> float:
    """Measure, and write it down beside the model if that can be written. Raises ModelMissing."""
    model = folder(store)
    seconds = measure(model)
    with contextlib.suppress(OSError):
        (model / _FILE).write_text(f"{seconds:.3f}\n", encoding="ascii")
    return seconds


def read(store: ModelStore) -> float:
    """What was measured; measured now if it never was. Raises ModelMissing, ModelChanged."""
    model = folder(store)
    with contextlib.suppress(OSError, ValueError):
        return float((model / _FILE).read_text(encoding="ascii"))
    return measure(model)


def fast_enough(store: ModelStore) -> bool:
    """Whether the network is there and answers in time. Raises ModelChanged."""
    return has_network(store) and read(store) <= LONGEST_S
