"""How alike two words sound: the measure of the error-tolerant matcher.

Words are compared by their phones (ARPAbet, as in CMUdict, stress marks ignored), so that "their"
is "there" and "lights" is near "light" but "on" is far from "off". A word that has no
pronunciation is compared by its letters, accents aside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from device.language.text import fold

Pronounce = Callable[[str], Sequence[str] | None]

GAP = 0.8
"""Cost of a phone too many or too few, where exchanging two unlike phones costs 1."""
_VOWELS = frozenset(
    (
        "AA",
        "AE",
        "AH",
        "AO",
        "AW",
        "AY",
        "EH",
        "ER",
        "EY",
        "IH",
        "IY",
        "OW",
        "OY",
        "UH",
        "UW",
        "a",
        "e",
        "i",
        "o",
        "u",
        "y",
    )
)
_OTHER_VOWEL = 0.5
_OTHER_CONSONANT = 0.8
_VOWEL_AND_CONSONANT = 1.1
_FAMILIES = (
    # consonants made at one place, told apart by voice or little else
    ("B P", 0.3), ("D T DH TH", 0.35), ("G K", 0.3), ("V F", 0.3), ("Z S ZH SH", 0.35),
    ("CH JH SH ZH", 0.35), ("M N NG", 0.3), ("L R W", 0.5), ("TH F S", 0.45), ("V B DH", 0.5),
    ("HH F", 0.6),
    # vowels next to each other in the mouth
    ("IH IY EH", 0.25), ("EH AE EY IH", 0.25), ("AH AA AO AE UH", 0.25), ("UH UW OW", 0.25),
    ("ER AH R", 0.35), ("AW AA OW", 0.3), ("AY IY EY AA", 0.35), ("AO OW OY", 0.3),
    # letters, for words without pronunciation
    ("c k q", 0.2), ("s c z", 0.3), ("i y", 0.1), ("d t", 0.5), ("b p", 0.5), ("m n", 0.4),
    ("f v", 0.5), ("a e i o u", 0.5),
)  # fmt: skip


def _pairs() -> dict[tuple[str, str], float]:
    costs: dict[tuple[str, str], float] = {}
    for family, cost in _FAMILIES:
        members = family.split()
        for one in members:
            for other in members:
                if one != other:
                    costs[one, other] = min(cost, costs.get((one, other), cost))
    return costs


_ALIKE = _pairs()


def exchange(one: str, other: str) -> float:
    """Cost of one phone (or letter) in the place of another."""
    if one == other:
        return 0.0
    known = _ALIKE.get((one, other))
    if known is not None:
        return known
    vowels = (one in _VOWELS) + (other in _VOWELS)
    return (_OTHER_CONSONANT, _VOWEL_AND_CONSONANT, _OTHER_VOWEL)[vowels]


def apart(one: Sequence[str], other: Sequence[str], limit: float = 1e9) -> float:
    """The least cost to turn the phones `one` into `other`, in phones; over `limit`: any number
    greater than it (weighted Levenshtein distance).
    """
    if abs(len(one) - len(other)) * GAP > limit:
        return limit + 1
    row = [GAP * i for i in range(len(other) + 1)]
    for phone in one:
        diagonal, row[0] = row[0], row[0] + GAP
        least = row[0]
        for i, against in enumerate(other, 1):
            cost = min(row[i] + GAP, row[i - 1] + GAP, diagonal + exchange(phone, against))
            diagonal, row[i] = row[i], cost
            least = min(least, cost)
        if least > limit:
            return limit + 1
    return row[-1]


class Ear:
    """Pronunciations and how alike they are, remembered."""

    def __init__(self, pronounce: Pronounce) -> None:
        self._pronounce = pronounce
        self._spoken: dict[str, tuple[str, ...]] = {}

    def spoken(self, word: str) -> tuple[str, ...]:
        """The phones of `word` without stress marks; none if it has no pronunciation."""
        known = self._spoken.get(word)
        if known is None:
            phones = self._pronounce(word) or ()
            known = self._spoken[word] = tuple(phone.rstrip("012") for phone in phones)
        return known

    def phones(self, word: str) -> tuple[str, ...]:
        """The phones of `word`; of one without pronunciation its letters."""
        return self.spoken(word) or tuple(fold(word))

    def weight(self, word: str) -> float:
        """What it costs to miss `word` or hear it by mistake: 0.25 for "a", 1 for four phones
        or more.
        """
        return min(1.0, 0.25 * max(1, len(self.phones(word))))

    def unlike(self, one: str, other: str) -> float:
        """0 for the same sound, 1 for nothing in common."""
        if fold(one) == fold(other):
            return 0.0
        a, b = self.spoken(one), self.spoken(other)
        return unlike(a, b) if a and b else unlike(fold(one), fold(other))


def unlike(one: Sequence[str], other: Sequence[str], limit: float = 1e9) -> float:
    """`apart` as a share of the mean length of the two: 0 the same, 1 nothing in common."""
    length = (len(one) + len(other)) / 2 or 1
    return apart(one, other, limit * length) / length
