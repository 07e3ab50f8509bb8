"""One wake word engine in a process of its own, commanded line by line on its standard input.

    python contenders.py KIND FOLDER MODEL...     prints `ready`, then answers each line:
    load FILE          take the frames of this .npy (int16) as the sound
    run N              N more frames of it (round and round): CPU seconds, worst-percentile seconds
    trace FILE         the whole sound once; embeddings and scores of every frame into this .npz

The other engines run in a virtual environment of their own (tflite-runtime wants an older numpy),
so nothing of the project is imported unless KIND is one of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FRAME = 1280
Step = Callable[[Any], Any]
Read = Callable[[], Any]


def ours(kind: str, folder: Path, models: list[str]) -> tuple[Step, Read]:
    """keepmum's detectors: `ours` openWakeWord's path only, `fused` and `micro` by name."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from device.config import Wake, Word
    from device.ears.wake.wakeword import WakeWords
    from device.modelstore import ModelStore

    if kind == "fused":
        wake = Wake(words=tuple(models))
    elif kind == "micro":
        own = (Word(name="x", microwakeword=f"microwakeword/{models[0]}.tflite"),)
        wake = Wake(words=(), word=own)
    else:
        files = [f"openwakeword/{model}_v0.1.onnx" for model in models]
        wake = Wake(words=(), word=tuple(Word(name=f, openwakeword=f) for f in files))
    words = WakeWords(wake, ModelStore(folder))
    words.prime()
    last: list[Any] = [None]

    def step(frame: Any) -> None:
        last[0] = words.step(frame)

    def read() -> Any:
        rows = words.features.history[-1].copy() if words.features else np.zeros(96)
        return rows, [reading.openwakeword or 0.0 for reading in last[0]]

    return step, read


def stock(kind: str, folder: Path, models: list[str]) -> tuple[Step, Read]:
    """openwakeword 0.6.0, on onnxruntime or (with its .tflite files) on tflite-runtime."""
    from openwakeword.model import Model

    suffix = "onnx" if kind == "stock-onnx" else "tflite"
    place = folder / "openwakeword"
    names = [str(place / f"{m}_v0.1.onnx") for m in models]
    if suffix == "tflite":
        import pyopen_wakeword

        place = Path(pyopen_wakeword.__file__).parent / "models"
        names = [str(place / f"{m}.tflite") for m in models]
    model = Model(
        wakeword_models=names,
        inference_framework=suffix,
        melspec_model_path=str(place / f"melspectrogram.{suffix}"),
        embedding_model_path=str(place / f"embedding_model.{suffix}"),
    )
    last: list[Any] = [None]

    def step(frame: Any) -> None:
        last[0] = model.predict(frame)

    def read() -> Any:
        return model.preprocessor.feature_buffer[-1].copy(), list(last[0].values())

    return step, read


def pyopen(models: list[str]) -> tuple[Step, Read]:
    """pyopen-wakeword."""
    from pyopen_wakeword import Model, OpenWakeWord, OpenWakeWordFeatures

    features = OpenWakeWordFeatures.from_builtin()
    words = [OpenWakeWord.from_builtin(Model(model)) for model in models]

    def step(frame: Any) -> None:
        for row in features.process_streaming(frame.tobytes()):
            for word in words:
                list(word.process_streaming(row))

    return step, lambda: None


def pymicro(models: list[str]) -> tuple[Step, Read]:
    """pymicro-wakeword."""
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

    features = MicroWakeWordFeatures()
    words = [MicroWakeWord.from_builtin(Model(model)) for model in models]

    def step(frame: Any) -> None:
        for row in features.process_streaming(frame.tobytes()):
            for word in words:
                word.process_streaming(row)

    return step, lambda: None


def main() -> None:
    kind, folder, *models = sys.argv[1:]
    if kind == "pyopen":
        step, read = pyopen(models)
    elif kind == "pymicro":
        step, read = pymicro(models)
    else:
        step, read = (stock if kind.startswith("stock") else ours)(kind, Path(folder), models)
    sound, at = np.zeros((1, FRAME), np.int16), 0
    print("ready", flush=True)
    for line in sys.stdin:
        command, argument = line.split(maxsplit=1)
        if command == "load":
            sound = np.load(argument.strip()).reshape(-1, FRAME)
            print("loaded", flush=True)
        elif command == "run":
            walls = []
            start = time.process_time()
            for _ in range(int(argument)):
                begun = time.perf_counter()
                step(sound[at])
                walls.append(time.perf_counter() - begun)
                at = (at + 1) % len(sound)
            spent = time.process_time() - start
            print(spent, float(np.percentile(walls, 99)), flush=True)
        else:
            rows, scores = [], []
            for frame in sound:
                step(frame)
                row, score = read()
                rows.append(row)
                scores.append(score)
            np.savez(argument.strip(), rows=np.array(rows), scores=np.array(scores))
            print("traced", flush=True)


if __name__ == "__main__":
    main()
