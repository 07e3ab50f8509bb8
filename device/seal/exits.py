"""All that leaves sealed ears, in one place: every channel that an enemy in them would have.

What may be written where is the seal's to say (`seccomp.seal_ears`), how often is each receiver's.
Bits are counted as the logarithm of what an hour can hold. When things happen within that is not
in the sum: rhythm is named as what it is, and so is what no filter sees (the processor's load).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from device.seal import capacity

HOUR_S = 3600.0
BEAT_S = 0.5
EXIT_CODES = 256
LAMP_CHANGES, LAMP_BURST = 4, 16
"""The panel's pace (device/panel/pace.py); a test holds them against it."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out: what it is, how it is bounded, and how much an hour of it can hold."""

    name: str
    bound: str
    bits_per_hour: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the receivers let through in an hour."""

    letters_bits: float
    lives: int
    """Ears that were met by hands; half of them at once, the rest spread."""
    lamp_changes: int
    """Changes away from a pattern that the panel shows; going on is bounded by going off."""


def channels(limits: Limits) -> tuple[Channel, ...]:
    """Every descriptor that ears may write to outside of their unit, and their end."""
    lives, lamp = limits.lives, limits.lamp_changes
    return (
        Channel("letters", "closed schema, caps of the receiver", limits.letters_bits),
        # going off has two patterns to go to; going on has one
        Channel("lamp", f"{lamp} changes an hour, no log", 2.0 * lamp),
        # what is said outside is steady until the one moment at which they die
        Channel("pulse", "its own clock, until death", lives * log2(HOUR_S / BEAT_S)),
        Channel("end", "an exit code for each life", lives * log2(EXIT_CODES)),
    )


def limits_of(activations: int, letters: int, faults: int) -> Limits:
    """What the receivers let through with these caps; lives are capped like activations."""
    return Limits(
        capacity.bits_per_hour(activations=activations, letters=letters, faults=faults),
        activations,
        activations * LAMP_CHANGES + LAMP_BURST,
    )


def bits_per_hour(limits: Limits) -> float:
    """The sum."""
    return sum(channel.bits_per_hour for channel in channels(limits))
