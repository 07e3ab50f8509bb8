"""The work of the wake path, beside the engines it is made from.

Every engine is a process of its own (see contenders.py); rounds are interleaved, CPU time is each
process's own, one thread each, after 24 s of sound that fill every buffer. A ratio is the median
over rounds of (ours / theirs in the same round).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import numpy as np

from device.cli.fetch import fetch
from device.mind.types import FRAME_SAMPLES, RATE
from device.modelstore import ModelStore
from tests.benchmarks import harness, recordings
from tests.voices import in_room, room, say

WARM_UP = 300
ROUND = 200
ROUNDS = 12
STARTS = 9
FIVE = ("alexa", "hey_jarvis", "hey_mycroft", "hey_marvin", "timer")
GOALS = {
    "features_max_abs_diff": harness.at_most(1e-4),
    "score_max_abs_diff": harness.at_most(1e-4),
    "cpu_ratio_owwpath_vs_stock_onnx": harness.at_most(0.20),
    "cpu_ratio_owwpath_vs_stock_onnx_5words": harness.at_most(0.18),
    "cpu_ratio_fused_vs_stock_onnx": harness.at_most(0.32),
    "frame_ms_p99_over_budget": harness.at_most(0.10),
    "load_s": harness.at_most(0.5),
    "pss_mb": harness.at_most(90),
}
STOCK = ["openwakeword==0.6.0"]
STOCK_NEEDS = ["onnxruntime<1.29", "numpy<2", "tqdm", "requests", "scipy", "scikit-learn"]


class Engine:
    """One contender's process."""

    def __init__(self, python: str, kind: str, folder: Path, *models: str) -> None:
        script = Path(__file__).with_name("contenders.py")
        begun = time.monotonic()
        self._process = subprocess.Popen(
            [python, str(script), kind, str(folder), *models],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()
        self.load_s = time.monotonic() - begun
        self.pid = self._process.pid

    def tell(self, command: str, argument: object) -> str:
        assert self._process.stdin
        print(command, argument, file=self._process.stdin, flush=True)
        return self._answer()

    def run(self, count: int) -> tuple[float, float]:
        """CPU milliseconds a frame, and the 99th percentile of a frame's wall milliseconds."""
        spent, slow = self.tell("run", count).split()
        return float(spent) / count * 1000, float(slow) * 1000

    def stop(self) -> None:
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"{' '.join(map(str, self._process.args))} ended")  # type: ignore[arg-type]
        return answer


def stock_python() -> tuple[str, bool]:
    """The Python of an environment with the stock engines, and whether it has tflite-runtime."""
    folder = harness.ROOT / "build" / "stock-engines"
    python = str(folder / "bin" / "python")
    if not (folder / "done").exists():
        harness.console.print("Installing the stock engines into build/stock-engines …")
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, "--no-deps", *STOCK], check=True)
        subprocess.run([*pip, *STOCK_NEEDS, "pyopen-wakeword", "pymicro-wakeword"], check=True)
        got = subprocess.run([*pip, "tflite-runtime"], check=False).returncode == 0
        (folder / "done").write_text("tflite" if got else "no tflite-runtime for this Python")
    return python, (folder / "done").read_text() == "tflite"


def sound() -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """At least ten minutes: recordings if there are any, else synthesized speech and noise."""
    data = harness.recordings()
    if data:
        parts = [c.sound for name in ("alexa", "commands") for c in recordings.clips(data, name)]
    else:
        said = ("alexa", "hey jarvis", "what time is it", "set a timer for ten minutes")
        parts = [in_room(say(text, speed=s)) for text in said for s in (0.8, 1.0, 1.25)]
        parts = parts * 20
    whole = np.concatenate([*parts, room(60)])[: 12 * 60 * RATE]
    return whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES]


def compare(ours: Engine, theirs: Engine, folder: Path) -> dict[str, float]:
    """Embeddings and scores of both on the same sound, after the stock buffer is full."""
    found = []
    for number, engine in enumerate((ours, theirs)):
        file = folder / f"trace{number}.npz"
        engine.tell("trace", file)
        with np.load(file) as trace:
            found.append((trace["rows"][WARM_UP:], trace["scores"][WARM_UP:]))
    (rows, scores), (stock_rows, stock_scores) = found
    return {
        "features_max_abs_diff": float(np.abs(rows - stock_rows).max()),
        "score_max_abs_diff": float(np.abs(scores - stock_scores).max()),
        "compared_minutes": len(rows) * FRAME_SAMPLES / RATE / 60,
    }


def rounds(engines: dict[str, Engine]) -> dict[str, list[tuple[float, float]]]:
    """ROUNDS interleaved rounds of every engine: (CPU ms a frame, p99 wall ms) each."""
    for engine in engines.values():
        engine.run(WARM_UP)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in engines}
    for number in range(ROUNDS):
        # a different one first each time, so that no one always follows the same neighbour
        names = list(engines)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(engines[name].run(ROUND))
    return found


def gate_saving(store: ModelStore) -> float:
    """Share of the openWakeWord path's work that an exact energy gate could save in a quiet room.

    Features carry state from frame to frame, so only the word model can be left out and still be
    exact when sound returns.
    """
    from device.config import Wake, Word
    from device.ears.wake.wakeword import WakeWords

    file = "openwakeword/alexa_v0.1.onnx"
    words = WakeWords(Wake(words=(), word=(Word(name="alexa", openwakeword=file),)), store)
    frame = room(0.08)
    head = words.words[0].head
    assert head
    spent = {}
    for name, step in (("all", lambda: words.step(frame)), ("head", head.score)):
        for _ in range(100):
            step()
        begun = time.process_time()
        for _ in range(1000):
            step()
        spent[name] = time.process_time() - begun
    return spent["head"] / spent["all"]


def main() -> bool:
    store = ModelStore()
    fetch(["default", "more-words"], lambda what, done, total: None, store)
    python, tflite = stock_python()
    wanted = {
        "ours, 1 word": (sys.executable, "ours", ("alexa",)),
        "ours, 5 words": (sys.executable, "ours", FIVE),
        "ours, fused": (sys.executable, "fused", ("alexa",)),
        "ours, microWakeWord": (sys.executable, "micro", ("alexa",)),
        "openwakeword onnx, 1 word": (python, "stock-onnx", ("alexa",)),
        "openwakeword onnx, 5 words": (python, "stock-onnx", FIVE),
        "pyopen-wakeword, 1 word": (python, "pyopen", ("alexa",)),
        "pymicro-wakeword, 1 word": (python, "pymicro", ("alexa",)),
    }
    if tflite:
        wanted["openwakeword tflite, 1 word"] = (python, "stock-tflite", ("alexa",))
    else:
        harness.console.print("tflite-runtime has no wheel for this Python: left out.")
    with tempfile.TemporaryDirectory(prefix="keepmum-bench-") as place:
        np.save(f"{place}/sound.npy", sound())
        engines = {n: Engine(p, kind, store.home, *m) for n, (p, kind, m) in wanted.items()}
        for engine in engines.values():
            engine.tell("load", f"{place}/sound.npy")
        stock = engines["openwakeword onnx, 1 word"]
        figures = compare(engines["ours, 1 word"], stock, Path(place))
        figures |= measure(engines, python, store)
        for engine in engines.values():
            engine.stop()
    figures["energy_gate_saving"] = gate_saving(store)
    return harness.report("wakeword_speed", figures, GOALS, NOTES)


def measure(engines: dict[str, Engine], python: str, store: ModelStore) -> dict[str, float]:
    """Ratios, milliseconds, start and memory."""
    found = rounds(engines)
    figures: dict[str, float] = {}
    one, five = "openwakeword onnx, 1 word", "openwakeword onnx, 5 words"
    for figure, ours, theirs in (
        ("cpu_ratio_owwpath_vs_stock_onnx", "ours, 1 word", one),
        ("cpu_ratio_owwpath_vs_stock_onnx_5words", "ours, 5 words", five),
        ("cpu_ratio_fused_vs_stock_onnx", "ours, fused", one),
    ):
        pairs = zip(found[ours], found[theirs], strict=True)
        figures[figure] = statistics.median(a[0] / b[0] for a, b in pairs)
    budget = FRAME_SAMPLES / RATE * 1000
    slowest = [slow / budget for _, slow in found["ours, fused"]]
    figures["frame_ms_p99_over_budget"] = min(slowest)
    figures["frame_ms_p99_over_budget_median_round"] = statistics.median(slowest)
    for name, numbers in found.items():
        key = "cpu_ms_" + name.replace(", ", "_").replace(" ", "_").replace("-", "_")
        figures[key] = statistics.median(spent for spent, _ in numbers)
    starts = [Engine(sys.executable, "fused", store.home, "alexa") for _ in range(STARTS)]
    figures["load_s"] = min(engine.load_s for engine in starts)
    figures["load_s_median"] = statistics.median(engine.load_s for engine in starts)
    for engine in starts[1:]:
        engine.stop()
    starts[0].run(100)
    figures["pss_mb"] = harness.pss_mb(starts[0].pid)
    starts[0].stop()
    return figures


NOTES = {
    "load_s": f"start of the process to the first frame, primed; the best of {STARTS} starts",
    "energy_gate_saving": "exact on opening: only the word model can be left out, so none is built",
    "frame_ms_p99_over_budget": "both detectors, wall time over 80 ms; the round least disturbed",
}
