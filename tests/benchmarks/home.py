"""What a home announces, asks and is told, measured: make bench NAME=home.

Each part below gives figures with a note beside each. KEEPMUM_PARTS=announcers runs only those.
All three announcers were looked at, and what was learnt wrongly of them was mended, while the
learner was written: zigbee2mqtt's devices, Shelly's and ESPHome's alike. So their figures say that
what these announce is learnt, and nothing about announcers that weren't looked at.
"""

from __future__ import annotations

import importlib
import os
import pkgutil

from tests.benchmarks import harness, homes


def main() -> bool:
    """Run every part and report."""
    folder = harness.recordings()
    there = sorted(m.name for m in pkgutil.iter_modules(homes.__path__))
    wanted = [p for p in os.environ.get("KEEPMUM_PARTS", "").split(",") if p] or there
    figures: dict[str, float] = {}
    goals: dict[str, harness.Goal] = {}
    notes: dict[str, str] = {}
    for name in wanted:
        part = importlib.import_module(f"tests.benchmarks.homes.{name}")
        harness.console.print(f"[dim]{name}: {str(part.__doc__).splitlines()[0]}")
        measured: dict[str, tuple[float, str]] = part.figures(folder)
        figures |= {k: value for k, (value, _) in measured.items()}
        notes |= {k: note for k, (_, note) in measured.items()}
        goals |= part.GOALS
    return harness.report("home", figures, goals, notes)
