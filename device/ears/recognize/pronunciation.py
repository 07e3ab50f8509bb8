"""How words are pronounced: the English dictionary of the pocketsphinx wheel, and what follows.

A word that isn't in it (a room's or a device's name, say) is put together from words that are
("downlight"), or read by rules of English spelling: good enough for a recognizer that need only
tell it from the rest of the grammar. Phones are those of CMUdict without stress.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Phones = tuple[str, ...]
Known = Mapping[str, tuple[Phones, ...]]

ALL_PHONES: Phones = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G"),
    *("HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T"),
    *("TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
_ENTRY = re.compile(rb"^([^\s(]+)(?:\(\d+\))?[ \t]+(.+?)\r?$", re.MULTILINE)
_SHORTEST_PART = 3
_ENDINGS = ("'s", "s'", "s")
_MOST_PHONES = 40

_RULES = (
    # longest first within a letter; enough for names, no more
    *(("ough", "AO"), ("augh", "AO"), ("eigh", "EY"), ("igh", "AY"), ("tion", "SH AH N")),
    *(("tch", "CH"), ("sch", "SH"), ("dge", "JH"), ("eau", "OW"), ("qu", "K W"), ("ch", "CH")),
    *(("ck", "K"), ("sh", "SH"), ("th", "TH"), ("ph", "F"), ("wh", "W"), ("gh", "G")),
    *(("ng", "NG"), ("kn", "N"), ("wr", "R"), ("ee", "IY"), ("ea", "IY"), ("oo", "UW")),
    *(("ou", "AW"), ("ow", "OW"), ("oi", "OY"), ("oy", "OY"), ("ai", "EY"), ("ay", "EY")),
    *(("au", "AO"), ("aw", "AO"), ("ie", "IY"), ("ei", "AY"), ("ey", "IY"), ("oa", "OW")),
    *(("ue", "UW"), ("ar", "AA R"), ("er", "ER"), ("ir", "ER"), ("or", "AO R"), ("ur", "ER")),
    *(("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G")),
    *(("h", "HH"), ("i", "IH"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N")),
    *(("o", "AA"), ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"), ("u", "AH")),
    *(("v", "V"), ("w", "W"), ("x", "K S"), ("y", "IY"), ("z", "Z")),
)
_LONG = {"a": "EY", "i": "AY", "o": "OW", "u": "UW", "e": "IY"}
_VOICED = frozenset(("B", "D", "G", "V", "DH", "M", "N", "NG", "L", "R", "W", "Y"))
_HISSING = frozenset(("S", "Z", "SH", "ZH", "CH", "JH"))


class Lexicon:
    """Pronunciations of the words of one grammar."""

    def __init__(self, words: Iterable[str], dictionary: Path | None = None) -> None:
        """`words`: those to know; `dictionary`: in CMUdict's form, the wheel's if None."""
        wanted = {word: word.lower() for word in words}
        known = _read(dictionary or english(), {p for w in wanted.values() for p in _parts(w)})
        self._of: dict[str, tuple[Phones, ...]] = {}
        guessed = []
        for word, low in wanted.items():
            ways = known.get(low) or _derived(low, known) or _compound(low, known)
            if not ways:
                guessed.append(word)
                ways = (spell(low),)
            self._of[word] = tuple(dict.fromkeys(way for way in ways if way))
        self.guessed = tuple(guessed)
        """Words that no dictionary has: pronounced by their spelling, or not at all."""

    def pronounce(self, word: str) -> Phones | None:
        """The phones of one of the words, the commonest way; None if there is none."""
        ways = self._of.get(word, ())
        return ways[0] if ways else None

    def ways(self, word: str) -> tuple[Phones, ...]:
        """Every pronunciation of one of the words."""
        return self._of.get(word, ())


class Dictionary:
    """Phones of any English word, for comparing: the wheel's dictionary as it is (3 MB)."""

    def __init__(self, dictionary: Path | None = None) -> None:
        """`dictionary`: in CMUdict's form, the wheel's if None."""
        self._text = b"\n" + (dictionary or english()).read_bytes()

    def phones(self, word: str) -> Phones:
        """The commonest pronunciation of `word`; of one that it hasn't, by its spelling."""
        low = word.lower().encode()
        at = self._text.find(b"\n" + low + b" ")
        if at < 0:
            return spell(word)
        end = self._text.find(b"\n", at + 1)
        line = self._text[at + len(low) + 2 : end if end >= 0 else None]
        return tuple(line.decode("ascii", "replace").split())


def _parts(word: str) -> Iterator[str]:
    """Everything that a pronunciation of `word` could be made of."""
    yield word
    yield from (word.removesuffix(ending) for ending in _ENDINGS)
    for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        yield word[:at]
        yield word[at:]


def _derived(word: str, known: Known) -> tuple[Phones, ...]:
    """Plurals and possessives of words that are known."""
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and stem in known:
            return tuple((*phones, *_plural(phones[-1])) for phones in known[stem])
    return ()


def _compound(word: str, known: Known) -> tuple[Phones, ...]:
    for at in range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        head, tail = word[:at], word[at:]
        if head in known and tail in known:
            return (known[head][0] + known[tail][0],)
    return ()


def _plural(last: str) -> Phones:
    if last in _HISSING:
        return ("IH", "Z")
    return ("Z",) if last in _VOICED or last[0] in "AEIOU" else ("S",)


def spell(word: str) -> Phones:
    """The phones of a word that nobody knows, by its spelling; empty if it has no Latin letter."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    long_e = re.fullmatch(r"(.*)([aiou])([^aeiouyw])e", letters)
    if long_e and len(letters) <= _MOST_PHONES:
        head, vowel, last = long_e.groups()
        return (*spell(head), _LONG[vowel], *spell(last))
    phones: list[str] = []
    while letters:
        rule = next((r for r in _RULES if letters.startswith(r[0])), ("", ""))
        letters = letters[len(rule[0]) :]
        for phone in rule[1].split():
            if not phones or phones[-1] != phone:
                phones.append(phone)
    return tuple(phones[:_MOST_PHONES])


def english() -> Path:
    """The dictionary in the pocketsphinx wheel."""
    import pocketsphinx

    return Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))


def _read(path: Path, wanted: set[str]) -> Known:
    """The entries of `wanted` only: the whole dictionary would take more memory than the engine."""
    known: dict[str, tuple[Phones, ...]] = {}
    keys = {word.encode() for word in wanted}
    for word, phones in _ENTRY.findall(path.read_bytes()):
        if word in keys:
            key = word.decode()
            known[key] = (*known.get(key, ()), tuple(phones.decode().split()))
    return known
