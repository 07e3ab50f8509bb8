"""Pronunciations of words that the recognizer's dictionary doesn't have: names, mostly.

A word made of two that are known is said like them ("ecobee": eco, bee). Anything else is spelled
out by the commonest sounds of English letters: good enough to be recognized among few words, and
`keepmum sentences check` names every word that was guessed so.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.mind.sounds import Pronounce
from device.mind.text import fold

SHORTEST_PART = 2
_SOUNDS = {
    "tion": "SH AH N", "sion": "ZH AH N", "ough": "AO", "augh": "AO", "eigh": "EY",
    "igh": "AY", "tch": "CH", "sch": "SH", "eau": "OW", "air": "EH R", "ear": "IH R",
    "eer": "IH R", "oor": "AO R", "our": "AO R", "qu": "K W", "ch": "CH", "sh": "SH", "th": "TH",
    "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "gh": "G", "kn": "N", "wr": "R", "ee": "IY",
    "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oi": "OY", "oy": "OY", "ai": "EY",
    "ay": "EY", "ey": "IY", "ei": "AY", "ie": "IY", "oa": "OW", "au": "AO", "aw": "AO",
    "ew": "UW", "ue": "UW", "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER",
    "ce": "S EH", "ci": "S IH", "cy": "S IY", "ge": "JH EH", "gi": "JH IH", "a": "AE", "b": "B",
    "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K",
    "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S", "t": "T",
    "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "Y", "z": "Z",
}  # fmt: skip
_AT_THE_END = {
    "y": "IY", "o": "OW", "i": "IY", "a": "AH", "u": "UW", "er": "ER", "or": "ER", "es": "S",
    "ed": "D", "ce": "S", "ge": "JH", "e": "",
}  # fmt: skip
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW"}
"""Vowels before a single consonant and a silent e ("home")."""
_VOWEL_LETTERS = frozenset("aeiouy")


def guess(word: str, pronounce: Pronounce) -> tuple[str, ...]:
    """ARPAbet phones of `word`, by the dictionary's parts of it or by its letters."""
    known = pronounce(word)
    if known:
        return tuple(known)
    whole = fold(word)
    for cut in sorted(range(SHORTEST_PART, len(whole) - 1), key=lambda c: abs(2 * c - len(whole))):
        parts = [pronounce(whole[:cut]), pronounce(whole[cut:])]
        if all(parts):
            return tuple(phone for part in parts for phone in part or ())
    if whole.endswith("s") and (stem := pronounce(whole[:-1])):
        return (*stem, "Z")
    return _by_letters(whole)


def _by_letters(word: str) -> tuple[str, ...]:
    phones: list[str] = []
    place = 0
    while place < len(word):
        sound, taken = _sound_at(word, place)
        for phone in sound.split():
            if not phones or phones[-1] != phone:  # "nn" is one n
                phones.append(phone)
        place += taken
    return tuple(phones)


def _sound_at(word: str, place: int) -> tuple[str, int]:
    """The sound of the longest known run of letters at `place`, and how many letters it takes."""
    rest = word[place:]
    if place and rest in _AT_THE_END:
        return _AT_THE_END[rest], len(rest)
    if rest[0] in _LONG and _silent_e(rest):
        return _LONG[rest[0]], 1
    for length in range(4, 0, -1):
        sound = _SOUNDS.get(rest[:length])
        if sound is not None:
            return sound, length
    return "", 1


def _silent_e(rest: Sequence[str]) -> bool:
    return len(rest) == 3 and rest[2] == "e" and rest[1] not in _VOWEL_LETTERS
