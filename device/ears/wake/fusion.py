"""One score from two detectors that err almost independently.

openWakeWord's and microWakeWord's agreement is evidence: the fused score is a weighted mean of
their log-odds, each the maximum over its own last moments, because their peaks lie up to half a
second apart. microWakeWord's log-odds are capped: its output has 8 bits and is as sure of a few
wrong words as of any right one. How weight, cap and moments were chosen, and what they give on
sound that they were not chosen on, is measured by `make bench NAME=wakeword_accuracy`.

Over the speaker's own voice a head that was taught on it (heads.py) has most to say, in the same
kind of mean. What is kept is the numbers of each `Latest`, from which no sound can be made, until
its `forget`.
"""

from __future__ import annotations

from math import exp, log

OPENWAKEWORD_FRAMES = 6
"""openWakeWord's score is its maximum over this many 80 ms frames."""
MICROWAKEWORD_FRAMES = 9
"""microWakeWord's score is its maximum over this many 80 ms frames."""
WEIGHT = 0.6
"""Share of openWakeWord in the fused log-odds."""
CAP = 2.0
"""microWakeWord's log-odds count up to here."""
OVER_WEIGHTS = (0.55, 0.15, 0.3)
"""Shares of a taught head, of openWakeWord's own and of microWakeWord in the fused log-odds over
the speaker's own voice."""
CERTAIN = 1e-4
"""No probability counts as nearer to 0 or 1 than this."""


def fuse(openwakeword: float, microwakeword: float) -> float:
    """One score from both detectors' maxima: the weighted mean of log-odds, as a probability."""
    log_odds = WEIGHT * _logit(openwakeword) + (1 - WEIGHT) * min(_logit(microwakeword), CAP)
    return 1 / (1 + exp(-log_odds))


def fuse_over(taught: float, openwakeword: float, microwakeword: float) -> float:
    """The same over the speaker's own voice, where a taught head has most to say."""
    odds = (_logit(taught), _logit(openwakeword), min(_logit(microwakeword), CAP))
    return 1 / (1 + exp(-sum(w * one for w, one in zip(OVER_WEIGHTS, odds, strict=True))))


def _logit(probability: float) -> float:
    kept = min(max(probability, CERTAIN), 1 - CERTAIN)
    return log(kept / (1 - kept))


class Latest:
    """The maximum of the last `length` numbers, which it overwrites when told to forget."""

    def __init__(self, length: int) -> None:
        self._numbers = [0.0] * length

    def add(self, number: float) -> float:
        del self._numbers[0]
        self._numbers.append(number)
        return max(self._numbers)

    def forget(self) -> None:
        self._numbers[:] = [0.0] * len(self._numbers)
