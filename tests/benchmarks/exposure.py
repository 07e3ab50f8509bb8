"""What could get out of ears that were taken over: counted, and tried by an enemy in their place.

The sum is computed from what each receiver lets in; the lamp's rate is what a flood of patterns
made of the real pace in an hour of its clock; the ways out are every descriptor of sealed ears
times every call that might let something out by it.
"""

from __future__ import annotations

import random

from device.config import Config
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION
from device.mind.types import Lamp
from device.panel.pace import Pace
from device.seal import exits
from tests.benchmarks.harness import Goal, at_most, exactly, report
from tests.seal.test_exits import ALLOWED, tried


def flooded_lamp(per_hour: int) -> int:
    """Changes away from a pattern that an enemy gets shown in an hour of saying what it likes."""
    now, changes, before, dice = 0.0, 0, None, random.Random(3)
    pace = Pace(per_hour, lambda: now)
    while now < 3600:
        pace.show(dice.choice((Lamp.ASLEEP, Lamp.LISTENING, Lamp.THINKING)))
        changes += pace.shown is not before and pace.shown is not Lamp.LISTENING
        before = pace.shown
        now += 0.02
    return changes


def main() -> bool:
    """Print and write the figures."""
    per_hour = Config().service.activations_per_hour
    limits = exits.limits_of(per_hour, LETTERS_PER_ACTIVATION, FAULTS_PER_HOUR)
    count, found = tried("sealed")
    beyond = sum(len(names - ALLOWED[what]) for what, names in found.items())
    _, free = tried("free")
    figures = {
        "bits_per_hour_out_of_ears": exits.bits_per_hour(limits),
        **{f"bits_per_hour_{c.name}": c.bits_per_hour for c in exits.channels(limits)},
        "lamp_changes_per_hour_by_an_enemy": float(flooded_lamp(per_hour)),
        "ways_out_tried": float(count),
        "ways_out_found": float(beyond),
        "ways_out_without_the_seal": float(
            sum(len(names - ALLOWED[what]) for what, names in free.items())
        ),
    }
    goals: dict[str, Goal] = {
        "bits_per_hour_out_of_ears": at_most(40_000),
        "lamp_changes_per_hour_by_an_enemy": at_most(limits.lamp_changes + 1),
        "ways_out_found": exactly(0),
    }
    return report("exposure", figures, goals)
