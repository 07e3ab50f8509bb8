"""Numbers as they are spoken: every spelling of an integer, in words of one language."""

from __future__ import annotations

from functools import lru_cache

LARGEST = 9_999

_EN_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_EN_TENS = ("_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_FR_ONES = (
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix_sept",
    "dix_huit",
    "dix_neuf",
)
_FR_TENS = (
    "_",
    "_",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre_vingt",
    "quatre_vingt",
)


@lru_cache(maxsize=4096)
def spell(number: int, language: str) -> tuple[tuple[str, ...], ...]:
    """All spellings of `number` (0..9999) as tuples of words, the usual one first.

    Raises ValueError for any other.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not in 0..{LARGEST}")
    speak = {"en": _english, "fr": _french}.get(language, _english)
    texts = dict.fromkeys(text.replace("_", " ") for text in speak(number))
    return tuple(tuple(text.split()) for text in texts)


def _english(number: int) -> list[str]:
    if number < 20:
        return [_EN_ONES[number]]
    if number < 100:
        tens, ones = divmod(number, 10)
        return [_EN_TENS[tens] + (f" {_EN_ONES[ones]}" if ones else "")]
    unit, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    many, rest = divmod(number, unit)
    heads = [f"{text} {name}" for text in _english(many)] + ([f"a {name}"] if many == 1 else [])
    if not rest:
        return heads
    tails = _english(rest)
    joints = (" and ", " ") if rest < 100 else (" ",)
    return [f"{head}{joint}{tail}" for head in heads for joint in joints for tail in tails]


def _french(number: int) -> list[str]:
    if number == 1:
        return ["un", "une"]
    if number < 20:
        return [_FR_ONES[number]]
    if number < 100:
        return _french_tens(number)
    unit, name = (1000, "mille") if number >= 1000 else (100, "cent")
    many, rest = divmod(number, unit)
    heads = [name] if many == 1 else [f"{_french(many)[0]} {name}"]
    if not rest:
        return heads + [f"{head}s" for head in heads if many > 1 and name == "cent"]
    return [f"{head} {tail}" for head in heads for tail in _french(rest)]


def _french_tens(number: int) -> list[str]:
    tens, ones = divmod(number, 10)
    head = _FR_TENS[tens]
    if tens in (7, 9):  # soixante-dix, quatre-vingt-dix: counted on from ten
        ones += 10
    if number == 80:
        return ["quatre vingts", "quatre vingt"]
    if not ones:
        return [head]
    if ones in (1, 11) and tens < 8:
        tails = ["et onze"] if ones == 11 else ["et un", "et une"]
        return [f"{head} {tail}" for tail in tails]
    return [f"{head} {tail}" for tail in _french(ones)]
