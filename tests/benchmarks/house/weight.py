"""What the hands weigh after some work: proportional set size, with and without the voice."""

from __future__ import annotations

import tempfile
from pathlib import Path

from device.mind.types import Intent, Slot
from tests.benchmarks.harness import Goal, at_most, pss_mb
from tests.hands.process import Hands, listening, settings

GOALS: dict[str, Goal] = {"hands_pss_mb": at_most(80)}
REPLIES = 20


def weigh(folder: Path, voice: str) -> tuple[float, float]:
    """Megabytes of the hands, and of all programs that they started."""
    with listening(folder / "s") as server:
        hands = Hands(settings(folder, voice), server)
        for n in range(REPLIES):
            hands.answered(hands.ask(Intent.TIMER_SET, (Slot.DURATION, 3600 + n)))
        if voice != "none":
            hands.ask(Intent.TIME)
            hands.said()
        pid = hands.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        weights = pss_mb(pid), sum(pss_mb(int(c)) for c in children)
        hands.end(kill=False)
        hands.close()
    return weights


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    with tempfile.TemporaryDirectory() as silent, tempfile.TemporaryDirectory() as speaking:
        alone, _ = weigh(Path(silent), "none")
        hands, voice = weigh(Path(speaking), "auto")
    return {
        "hands_pss_mb": (alone, f"after {REPLIES} commands, no voice"),
        "hands_with_voice_pss_mb": (hands + voice, f"hands {hands:.0f}, voice {voice:.0f}"),
    }
