"""What every benchmark shares: the recordings' folder, the table, the JSON, the interval.

A benchmark is a module here with a `main()`; `make bench NAME=name` runs it. It calls `report`
with its figures, which prints them beside their goals and writes build/bench/NAME.json as
{"figures": {name: number}, "machine": ..., "date": ..., "commit": ...}.
"""

from __future__ import annotations

import datetime
import importlib
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "bench"
console = Console(width=110)


@dataclass(frozen=True)
class Goal:
    """What a figure should be: at most or at least a number, or only reported."""

    low: float | None = None
    high: float | None = None

    def met(self, value: float) -> bool:
        """Whether `value` is within the goal; a figure that is only reported always is."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is not None and self.low == self.high:
            return f"= {self.low:g}"
        parts = [f"≥ {self.low:g}"] if self.low is not None else []
        parts += [f"≤ {self.high:g}"] if self.high is not None else []
        return ", ".join(parts) or "report"


def at_most(value: float) -> Goal:
    """The figure must not be greater."""
    return Goal(high=value)


def at_least(value: float) -> Goal:
    """The figure must not be smaller."""
    return Goal(low=value)


def exactly(value: float) -> Goal:
    """The figure must be this."""
    return Goal(value, value)


def recordings() -> Path | None:
    """The folder of real recordings (KEEPMUM_DATA), or None, said aloud, if there is none."""
    folder = Path(os.environ.get("KEEPMUM_DATA", ROOT.parent / "shared" / "data"))
    if folder.is_dir():
        return folder
    console.print(f"[yellow]No recordings in {folder.name} (KEEPMUM_DATA): synthesized sound only.")
    return None


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson, 1927)."""
    if n == 0:
        return 0.0, 1.0
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def percentile(values: Iterable[float], percent: float) -> float:
    """The nearest-rank percentile; nan of nothing."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def pss_mb(pid: int) -> float:
    """Proportional set size of a process in MB, as the kernel counts it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return math.nan


def report(
    name: str,
    figures: Mapping[str, float],
    goals: Mapping[str, Goal] | None = None,
    notes: Mapping[str, str] | None = None,
) -> bool:
    """Print the table, write the JSON; True if every goal is met."""
    goals, notes = goals or {}, notes or {}
    table = Table(title=f"{name}, {machine()}, {_commit()}", title_justify="left")
    for column in ("figure", "measured", "goal", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    for figure, value in figures.items():
        goal = goals.get(figure, Goal())
        mark = "" if goal == Goal() else "[green]met" if goal.met(value) else "[red]missed"
        table.add_row(figure, f"{value:.4g}", f"{goal}", f"{mark} {notes.get(figure, '')}")
    console.print(table)
    RESULTS.mkdir(parents=True, exist_ok=True)
    record = {
        "figures": dict(figures),
        "notes": dict(notes),
        "machine": machine(),
        "date": datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return all(goals.get(k, Goal()).met(v) for k, v in figures.items())


def machine() -> str:
    """Processor, cores and Python, without a name of the machine itself."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"


def run(arguments: Sequence[str]) -> int:
    """`python -m tests.benchmarks.harness NAME`: run one benchmark, or list what there is."""
    modules = Path(__file__).parent.glob("*.py")
    there = sorted(p.stem for p in modules if "\ndef main() -> bool:" in p.read_text("utf-8"))
    if len(arguments) != 1 or arguments[0] not in there:
        console.print(f"make bench NAME=…   one of: {', '.join(there)}")
        return 2
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["OMP_NUM_THREADS"] = "1"  # as in the product: no pool of a library's own
    result = importlib.import_module(f"tests.benchmarks.{arguments[0]}").main()
    return 0 if result in (None, True) else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
