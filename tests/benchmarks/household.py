"""What a household does all day, measured: make bench NAME=household.

Each module of tests/benchmarks/house is a part, with GOALS and a `figures` that gives numbers and
a note beside each. KEEPMUM_PARTS=kept,replies runs only those.
"""

from __future__ import annotations

import importlib
import os
import pkgutil

from tests.benchmarks import harness, house


def main() -> bool:
    """Run every part and report."""
    there = sorted(m.name for m in pkgutil.iter_modules(house.__path__))
    wanted = [p for p in os.environ.get("KEEPMUM_PARTS", "").split(",") if p] or there
    figures: dict[str, float] = {}
    goals: dict[str, harness.Goal] = {}
    notes: dict[str, str] = {}
    for name in wanted:
        part = importlib.import_module(f"tests.benchmarks.house.{name}")
        harness.console.print(f"[dim]{name}: {str(part.__doc__).splitlines()[0]}")
        measured: dict[str, tuple[float, str]] = part.figures()
        figures |= {k: value for k, (value, _) in measured.items()}
        notes |= {k: note for k, (_, note) in measured.items()}
        goals |= part.GOALS
    return harness.report("household", figures, goals, notes)
