"""How much could cross from ears to hands if ears were an enemy: counted from the letters' table.

Every value that `letter.unpack` and the receiver's guard let in counts, whether any permit knows it
or not. The rhythm of letters is not counted.
"""

from __future__ import annotations

from math import log2, perm

from device.letter import MAX_SLOTS, OF_HANDS, FaultCode
from device.mind.types import SCORE_STEPS, Outcome, Slot

_U16, _U32, _U64 = 16, 32, 64


def hello_bits() -> float:
    """The first letter of a life: a boot id, and whether the digest is that of the hands' table.

    Another digest than theirs is looked at no further, and written nowhere.
    """
    return _U64 + 1


def woke_bits() -> float:
    """A number that may leap a little (the guard's MOST_MISSING), any cause, a score."""
    return 8 + 8 + log2(SCORE_STEPS)


def command_bits() -> float:
    """Any intent, and up to six different slots of any value."""
    ways = sum(perm(len(Slot), count) * 2 ** (_U32 * count) for count in range(MAX_SLOTS + 1))
    return _U16 + log2(ways)


def ended_bits() -> float:
    """An outcome and a time; the number is known."""
    return log2(len(Outcome)) + _U16


def fault_bits() -> float:
    """A code that is the ears' to say."""
    return log2(len(FaultCode) - len(OF_HANDS))


def bits_per_hour(*, activations: int, letters: int, faults: int) -> float:
    """The most that an hour's letters hold.

    activations, and as many lives, an hour; letters an activation, the first of which is woke and
    the last ended; faults an hour.
    """
    activation = woke_bits() + ended_bits() + (letters - 2) * command_bits()
    return activations * (activation + hello_bits()) + faults * fault_bits()
