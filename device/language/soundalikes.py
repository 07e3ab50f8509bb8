"""All words that can be said, found by their sound: which of them is like what was heard?

The words stand in a trie of phones, so that one row of the edit distance is computed once for all
words that begin alike, and whole branches are left out once they cost too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from device.language.phones import GAP, Ear, exchange
from device.language.text import fold


@dataclass(slots=True)
class _Node:
    after: dict[str, _Node] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    longest: int = 0
    """Phones of the longest word through here."""


class Lexicon:
    """Words by sound; those without a pronunciation by their letters."""

    def __init__(self, ear: Ear, words: Iterable[str]) -> None:
        self._ear = ear
        self._by_sound = _Node()
        self._unspoken = _Node()
        self._by_letters = _Node()
        for word in sorted(words):
            spoken = ear.spoken(word)
            _put(self._by_letters, tuple(fold(word)), word)
            if spoken:
                _put(self._by_sound, spoken, word)
            else:
                _put(self._unspoken, tuple(fold(word)), word)
        self._near: dict[tuple[tuple[str, ...], float], dict[str, float]] = {}

    def near(self, heard: Sequence[str], limit: float) -> dict[str, float]:
        """The words that sound like the words `heard`, spoken as one, and how unlike each is
        (0 the same, at most `limit`).
        """
        key = (tuple(heard), limit)
        known = self._near.get(key)
        if known is None:
            known = self._near[key] = self._find(key[0], limit)
        return known

    def _find(self, heard: tuple[str, ...], limit: float) -> dict[str, float]:
        spoken = [self._ear.spoken(word) for word in heard]
        letters = tuple(letter for word in heard for letter in fold(word))
        if not all(spoken):
            return _search(self._by_letters, letters, limit)
        phones = tuple(phone for part in spoken for phone in part)
        found = _search(self._unspoken, letters, limit)
        return found | _search(self._by_sound, phones, limit)


def _put(root: _Node, phones: tuple[str, ...], word: str) -> None:
    node = root
    node.longest = max(node.longest, len(phones))
    for phone in phones:
        node = node.after.setdefault(phone, _Node())
        node.longest = max(node.longest, len(phones))
    node.words.append(word)


def _search(root: _Node, heard: tuple[str, ...], limit: float) -> dict[str, float]:
    """The words of the trie that are at most `limit` unlike `heard` (see `sounds.unlike`)."""
    found: dict[str, float] = {}
    length = len(heard)
    if not length:
        return found
    # a word longer than this has too many phones more
    longest = length * (2 * GAP + limit) / (2 * GAP - limit)
    costs: dict[str, list[float]] = {}
    stack = [(root, 0, [GAP * i for i in range(length + 1)])]
    while stack:
        node, depth, row = stack.pop()
        if node.words:
            unlikeness = 2 * row[-1] / (length + depth)
            if unlikeness <= limit:
                found.update(dict.fromkeys(node.words, unlikeness))
        for phone, after in node.after.items():
            cost = costs.get(phone)
            if cost is None:
                cost = costs[phone] = [exchange(phone, against) for against in heard]
            following = _next_row(row, cost)
            if min(following) <= limit * (length + min(after.longest, longest)) / 2:
                stack.append((after, depth + 1, following))
    return found


def _next_row(row: list[float], costs: list[float]) -> list[float]:
    """The next row of the edit distance; `costs`: of the new phone against each heard one."""
    left = row[0] + GAP
    following = [left]
    above = row[0]
    for cost, here in zip(costs, row[1:], strict=True):
        best = above + cost
        above = here
        gap = (here if here < left else left) + GAP
        left = gap if gap < best else best
        following.append(left)
    return following
