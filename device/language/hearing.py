"""What every heard word could have been, and at what cost: all that the search needs to know.

Costs are in words: 1 is a whole word of four phones or more that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from device.language.phones import Ear, unlike
from device.language.sentences import Sentences
from device.language.soundalikes import Lexicon
from device.language.text import fold

MISSED = 0.75
"""A word of the sentence that was not heard; of a small word, a part of its length."""
SMALL = 0.6
"""A small word missing or too many costs this part of its weight."""
MOST_UNLIKE = 0.4
"""Words less alike than this are never exchanged."""
MOST_UNLIKE_VALUE = 0.3
"""The same for words that fill a slot."""
MOST_UNLIKE_JOINED = 0.2
SLIP = 0.05
"""The least cost of anything that isn't word for word."""
CLIPPED_AWAY = 0.2
"""A first word that the wake word swallowed, in whole or but for its end."""
NEVER = 1e9


class Vocabulary(Protocol):
    """The words of all sentences, as the hearing needs them."""

    sentences: Sentences
    ear: Ear
    lexicon: Lexicon
    known: frozenset[str]
    """All words, without accents."""
    values: frozenset[str]
    """Those that fill a slot."""


class Hearing:
    """The heard words; `clipped`: the first may be the end of a word, or be missing."""

    def __init__(self, vocabulary: Vocabulary, words: Sequence[str], clipped: bool) -> None:
        self._of = vocabulary
        self._opposites = vocabulary.sentences.opposites
        self._small = vocabulary.sentences.small_words
        self.clipped = clipped
        self.words = tuple(words)
        self.folded = tuple(fold(word) for word in words)
        self._exchanged: dict[int, dict[str, float]] = {}
        self._joined: dict[int, dict[str, float]] = {}
        self.parted = [self._parts(word) for word in words]
        """Place → words of sentences that a heard word begins with."""
        self.too_many = [self._too_many(word) for word in words]
        if clipped and words:
            self.too_many[0] = min(self.too_many[0], self._leftover(words[0]))
        self.left = self._least_cost_left()
        """left[i]: the words heard from i on cost at least this."""

    def missed(self, word: str) -> float:
        """What it costs that `word` was not heard; a word with an opposite must be."""
        if word in self._opposites:
            return NEVER
        return SMALL * self._of.ear.weight(word) if word in self._small else MISSED

    def fills(self, word: str, place: int) -> bool:
        """Whether the word heard at `place` may stand for `word`, which fills a slot: it must
        sound much like it, and be neither another such word nor a small one ("for", "four").
        """
        if self.folded[place] in self._of.values or self.words[place] in self._small:
            return False
        return self._of.ear.unlike(word, self.words[place]) <= MOST_UNLIKE_VALUE

    def end_of(self, word: str) -> float:
        """What it costs to take the first heard word for the end of `word`."""
        ear = self._of.ear
        phones, heard = ear.spoken(word), ear.spoken(self.words[0])
        if not phones or not heard:
            phones, heard = tuple(fold(word)), tuple(self.folded[0])
        if 2 * len(heard) < len(phones) or len(heard) >= len(phones):
            return NEVER
        unlikeness = unlike(phones[-len(heard) :], heard)
        return CLIPPED_AWAY / 2 + unlikeness if unlikeness <= MOST_UNLIKE else NEVER

    def seconds(self, place: int, first: str, words: Sequence[str]) -> dict[str, float]:
        """Which of `words` the word heard at `place` goes on with after `first`, and the cost."""
        rest = self.folded[place][len(fold(first)) :]
        return {word: SLIP for word in words if fold(word) == rest}

    def exchanged(self, place: int) -> dict[str, float]:
        """Words of sentences that the word heard at `place` may stand for, and the cost."""
        if place not in self._exchanged:
            self._exchanged[place] = self._exchanges(self.words[place])
        return self._exchanged[place]

    def joined(self, place: int) -> dict[str, float]:
        """Words of sentences that it and the next may stand for together, and the cost."""
        if place not in self._joined:
            self._joined[place] = self._joins(place)
        return self._joined[place]

    def _exchanges(self, heard: str) -> dict[str, float]:
        apart = self._opposites.get(heard, frozenset())
        weight = self._of.ear.weight
        return {
            word: max(SLIP, max(weight(word), weight(heard)) * unlikeness)
            for word, unlikeness in self._of.lexicon.near((heard,), MOST_UNLIKE).items()
            if word not in apart and fold(word) != fold(heard)
        }

    def _joins(self, place: int) -> dict[str, float]:
        pair = self.words[place : place + 2]
        if len(pair) < 2:
            return {}
        near = self._of.lexicon.near(pair, MOST_UNLIKE_JOINED)
        return {word: SLIP + unlikeness for word, unlikeness in near.items()}

    def _parts(self, heard: str) -> list[str]:
        whole = fold(heard)
        if whole in self._of.known or len(whole) < 4:
            return []
        return [
            word
            for word in self._of.sentences.graph.words
            if len(fold(word)) > 1
            and whole.startswith(fold(word))
            and whole[len(fold(word)) :] in self._of.known
        ]

    def _too_many(self, word: str) -> float:
        """What it costs that `word` was heard and is left out."""
        if word in self._opposites:
            return NEVER
        return self._of.ear.weight(word) * (SMALL if word in self._small else 1.0)

    def _leftover(self, word: str) -> float:
        """The same for what may be left of the wake word or a clipped one."""
        return CLIPPED_AWAY if self._of.ear.weight(word) <= 0.5 else NEVER

    def _least_cost_left(self) -> list[float]:
        left = [0.0, 0.0]
        for place in reversed(range(len(self.words))):
            clipped = self.clipped and not place
            if self.folded[place] in self._of.known:
                least = left[-1]
            else:
                ways = (
                    self.too_many[place],
                    min(self.exchanged(place).values(), default=NEVER),
                    SLIP if self.parted[place] else NEVER,
                    CLIPPED_AWAY / 2 if clipped else NEVER,
                )
                least = left[-1] + min(ways)
            if least > left[-2]:  # else no joining could be cheaper
                least = min(least, left[-2] + min(self.joined(place).values(), default=NEVER))
            left.append(least)
        return left[:0:-1]
