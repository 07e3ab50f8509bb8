"""What every heard word could have been, and at what cost: all that the search needs to know.

A word that carries meaning is never exchanged for another, left out or put in. What is forgiven:
small words that add nothing, another spelling of the same sound, one word written as two or two as
one, and what the sentence file names as a known confusion of recognizers. Costs are in words: 1
is a whole word of four phones or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from device.language.phones import Ear, unlike
from device.language.sentences import Sentences
from device.language.soundalikes import Lexicon
from device.language.text import fold

SMALL = 0.6
"""A small word missing or too many costs this part of its weight."""
SAME_SOUND = 0.06
"""Words more unlike than this are never exchanged: "tyme" is "time", "inside" isn't "outside"."""
SLIP = 0.05
"""The least cost of anything that isn't word for word."""
CONFUSED = 0.3
"""A known confusion."""
CLIPPED_AWAY = 0.2
"""A first word that the wake word swallowed, in whole or but for its end."""
MOST_UNLIKE_END = 0.25
NEVER = 1e9


class Vocabulary(Protocol):
    """The words of all sentences, as the hearing needs them."""

    sentences: Sentences
    ear: Ear
    lexicon: Lexicon
    known: frozenset[str]
    """All words, without accents."""


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
        self.left = self._least_cost_left()
        """left[i]: the words heard from i on cost at least this."""

    def missed(self, word: str) -> float:
        """What it costs that `word` was not heard: only a small word may be missing."""
        return SMALL * self._of.ear.weight(word) if word in self._small else NEVER

    def fills(self, word: str, place: int) -> bool:
        """Whether the word heard at `place` may stand for `word`, which fills a slot: it must
        be no other word of a sentence, and no small one ("for", "four").
        """
        return self.folded[place] not in self._of.known and self.words[place] not in self._small

    def end_of(self, word: str) -> float:
        """What it costs to take the first heard word for the end of `word`."""
        ear = self._of.ear
        phones, heard = ear.spoken(word), ear.spoken(self.words[0])
        if not phones or not heard:
            phones, heard = tuple(fold(word)), tuple(self.folded[0])
        if 2 * len(heard) < len(phones) or len(heard) >= len(phones):
            return NEVER
        unlikeness = unlike(phones[-len(heard) :], heard)
        return CLIPPED_AWAY / 2 + unlikeness if unlikeness <= MOST_UNLIKE_END else NEVER

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
        sentences, weight = self._of.sentences, self._of.ear.weight
        apart = self._opposites.get(heard, frozenset())
        alike = {
            word: max(SLIP, max(weight(word), weight(heard)) * unlikeness)
            for word, unlikeness in self._of.lexicon.near((heard,), SAME_SOUND).items()
            if word not in apart and fold(word) != fold(heard)
        }
        return dict.fromkeys(sentences.confusions.get(heard, ()), CONFUSED) | alike

    def _joins(self, place: int) -> dict[str, float]:
        pair = self.words[place : place + 2]
        if len(pair) < 2:
            return {}
        near = self._of.lexicon.near(pair, SAME_SOUND)
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
        """What it costs that `word` was heard and is left out: only a small one may be."""
        return SMALL * self._of.ear.weight(word) if word in self._small else NEVER

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
