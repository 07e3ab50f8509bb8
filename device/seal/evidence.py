"""What a proof is made of: a promise, what was looked at, what was seen, and the verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum, unique

PROMISES = {
    1: "No sound is kept before the wake word",
    2: "A command is bounded and forgotten",
    3: "Only an intent crosses",
    4: "The ears have no network and no disk",
    5: "Nobody can open the microphone from afar",
}


@unique
class Verdict(Enum):
    """How a look ended."""

    HOLDS = "holds"
    WEAKER = "weaker"
    """The promise holds, with less behind it than on other machines."""
    BROKEN = "broken"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    promise: int
    what: str
    evidence: str
    verdict: Verdict

    def as_record(self) -> dict[str, object]:
        """For machines."""
        return {**asdict(self), "verdict": self.verdict.value}


def found(promise: int, what: str, evidence: str, holds: bool) -> Finding:
    """A finding that holds or is broken."""
    return Finding(promise, what, evidence, Verdict.HOLDS if holds else Verdict.BROKEN)
