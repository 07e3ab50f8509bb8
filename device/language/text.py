"""Text as a recognizer would put it: lower-case words, digits spoken, no punctuation.

Everything that is compared with the word graph goes through `tokens` first: sentence templates,
names, transcripts of whichever engine, and what is typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache, partial

from device.language.numbers import LARGEST, spell

_PERCENT = {"en": " percent ", "fr": " pourcent "}
_POINT = {"en": " point ", "fr": " virgule "}
_DEGREES = {"en": " degrees ", "fr": " degrés "}
# French elisions are words of their own ("l' entrée"), as recognizers for French write them.
_ELISION = re.compile(r"\b(jusqu|lorsqu|puisqu|quoiqu|qu|[cdjlmnst])'(?!$)")
_CLOCK = re.compile(r"\b(\d{1,2}) ?[:h] ?(\d{2})\b")
_HOUR = re.compile(r"\b(\d{1,2}) ?h\b")
_DECIMAL = re.compile(r"(\d)[.,](\d)")
_HALF_OF_DAY = re.compile(r"(?<=\d)\s*([ap])\.?m\b\.?")
_DIGITS = re.compile(r"\d+")
_NOT_A_WORD = re.compile(r"[^\w' ]|_")
_LOOSE_QUOTE = re.compile(r"(?<!\w)'|'(?!\w)")


def tokens(text: str, language: str) -> tuple[str, ...]:
    """The words of `text`, numbers spelled out in the usual way of `language`."""
    plain = unicodedata.normalize("NFC", text).lower().replace("’", "'").replace("ʼ", "'")
    if language == "en":
        plain = _HALF_OF_DAY.sub(r" \1 m ", plain)  # "7:30am" is said "seven thirty a m"
    plain = _CLOCK.sub(partial(_clock_words, language), plain)
    if language == "fr":
        plain = _HOUR.sub(r"\1 heures ", plain)
    plain = _DECIMAL.sub(rf"\1{_POINT.get(language, ' ')}\2", plain)
    plain = plain.replace("%", _PERCENT.get(language, " "))
    plain = plain.replace("°", _DEGREES.get(language, " ")).replace("&", " and ")
    plain = _DIGITS.sub(lambda found: f" {_spoken(found.group(), language)} ", plain)
    plain = _NOT_A_WORD.sub(" ", plain)
    if language == "fr":
        return _french_words(plain)
    return tuple(_LOOSE_QUOTE.sub(" ", plain).split())


def _clock_words(language: str, found: re.Match[str]) -> str:
    """ "7:05" as it is said: "seven oh five", "7 heures 5"; "7:00" is "seven o'clock"."""
    hour, minute = found.groups()
    if language == "fr":
        return f" {hour} heures {minute if int(minute) else ''} "
    if not int(minute):  # "13:00" has no o'clock
        return f" {hour} o'clock " if 0 < int(hour) <= 12 else f" {hour} hundred "
    return f" {hour} {'oh ' * (minute[0] == '0')}{int(minute)} "


def _spoken(digits: str, language: str) -> str:
    number = int(digits)
    if number > LARGEST:
        return " ".join(" ".join(spell(int(digit), language)[0]) for digit in digits)
    return " ".join(spell(number, language)[0])


def _french_words(plain: str) -> tuple[str, ...]:
    parted = _ELISION.sub(r"\1' ", plain).replace("' '", "' ")
    return tuple(word for word in parted.split() if word != "'")


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """`word` without accents and apostrophes: what two spellings must share to be one word."""
    parted = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in parted if letter.isalnum())
