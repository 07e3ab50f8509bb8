"""Timers survive kill -9: 20 that run, 100 kills at random moments, while others come and go.

Every round starts the real hands on the same state folder, asks for timers to be set and cancelled
as fast as they are answered, and kills the process at a random moment. A timer counts as kept if
its answer was given before the kill and it is on the disk, with its time, after it.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from device.hands.clock import SystemClock
from device.hands.state import open_state
from device.hands.timers.table import Timers
from device.mind.types import Intent, Slot
from tests.benchmarks.harness import Goal, exactly
from tests.hands.process import Hands, listening, settings

KILLS = 100
RUNNING = 20
SEED = 7
GOALS: dict[str, Goal] = {"timers_kept_percent": exactly(100)}


def on_disk(folder: Path) -> dict[int, float]:
    """Length and seconds left of every timer in the state folder."""
    state = open_state(folder / "state")
    try:
        timers = Timers(state, SystemClock(), lambda: None)
        return {round(t.length): t.left for t in timers.all()}
    finally:
        state.close()


def one_round(hands: Hands, chance: random.Random, due: dict[int, float]) -> None:
    """Set and cancel until a random moment, then kill; `due` follows what was answered."""
    moment = time.monotonic() + chance.uniform(0.0, 0.15)
    while time.monotonic() < moment:
        spare = [n for n in due if n % 2]
        length = chance.choice(spare) if len(spare) > 10 else 2 * chance.randrange(4000, 90_000) + 1
        setting = length not in due
        if setting:
            number = hands.ask(Intent.TIMER_SET, (Slot.DURATION, length))
        else:
            number = hands.ask(Intent.TIMER_CANCEL, (Slot.DURATION, length))
            del due[length]  # either way from now on
        hands.answered(number)
        if setting:
            due[length] = time.monotonic() + length
    # one more whose answer nobody waits for: the kill may come in the midst of writing it
    hands.ask(Intent.TIMER_SET, (Slot.DURATION, 2 * chance.randrange(4000, 90_000) + 1))
    time.sleep(chance.uniform(0.0, 0.004))


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    chance = random.Random(SEED)
    asked = kept = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        due: dict[int, float] = {}
        with listening(folder / "s") as server:
            for kill in range(KILLS):
                hands = Hands(settings(folder), server)
                for n in range(RUNNING if not kill else 0):
                    hands.answered(hands.ask(Intent.TIMER_SET, (Slot.DURATION, 7200 + 2 * n)))
                    due[7200 + 2 * n] = time.monotonic() + 7200 + 2 * n
                one_round(hands, chance, due)
                hands.end(kill=True)
                hands.close()
                there = on_disk(folder)
                asked += len(due)
                kept += sum(
                    n in there and abs(there[n] - (end - time.monotonic())) < 1
                    for n, end in due.items()
                )
                _clear_unanswered(folder, due)
    note = f"{KILLS} kills, seed {SEED}; {asked} timers looked for, {asked - kept} lost or moved"
    return {"timers_kept_percent": (100 * kept / asked, note)}


def _clear_unanswered(folder: Path, due: dict[int, float]) -> None:
    """Take away what was never answered, so that it doesn't pile up."""
    state = open_state(folder / "state")
    timers = Timers(state, SystemClock(), lambda: None)
    for timer in timers.all():
        if round(timer.length) not in due:
            timers.cancel(timer.id)
    state.close()
