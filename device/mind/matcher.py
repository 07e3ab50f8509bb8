"""From words that a recognizer heard to a request: the cheapest path through the sentences.

Exact sentences cost nothing. A word may be exchanged for one that sounds like it, two words heard
may be one (or one be two), a small word may be missing or too many: each at a cost by sound. What
costs more than the limit is no command. A word that fills a slot must have been heard, and when
two different requests cost nearly the same, neither is taken.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from device.mind.automaton import Arc, Meaning, Tag
from device.mind.sentences import Sentences
from device.mind.sounds import Ear, Pronounce, unlike
from device.mind.text import fold
from device.mind.types import Request, Slot

LIMIT_PER_WORD = 0.22
"""Mean cost of a word above which nothing was understood."""
LIMIT_LESS = 0.1
"""Taken off the limit: the shorter a sentence, the less may be wrong with it."""
LIMIT = 0.8
"""Cost of a whole sentence above which nothing was understood, however long it is."""
MARGIN = 0.12
"""A second, different request within this cost makes the sentence ambiguous: none is taken."""
MISSED = 0.75
"""Cost of a word of the sentence that was not heard; of a small word, a part of its length."""
SMALL = 0.6
"""A small word missing or too many costs this part of its weight."""
MOST_UNLIKE = 0.5
"""Words less alike than this are never exchanged."""
MOST_UNLIKE_VALUE = 0.4
"""The same for words that fill a slot."""
MOST_UNLIKE_JOINED = 0.3
JOIN = 0.05
"""Cost of reading two words as one or one as two, besides how alike they sound."""
CLIPPED_AWAY = 0.2
"""Cost of a first word that the wake word swallowed."""
MOST_STEPS = 6_000
"""The search gives up after this many steps: a bound on time, never reached by commands."""

_HALF_DAY, _DAY = 720, 1440


@dataclass(frozen=True)
class Match:
    """A request and what it cost to find it in what was heard."""

    request: Request
    cost: float
    rank: int
    words: tuple[str, ...]
    """The sentence it was taken for."""


_Node = tuple[int, int, Tag]
"""(state, words heard so far, what the slots hold so far)"""


class Matcher:
    """Finds what was said among everything that can be said.

    `pronounce` gives the phones of a word, or None; `limit_per_word` is the mean cost allowed.
    """

    def __init__(
        self,
        sentences: Sentences,
        pronounce: Pronounce = lambda _: None,
        limit_per_word: float = LIMIT_PER_WORD,
        limit: float = LIMIT,
    ) -> None:
        automaton = sentences.automaton
        self.sentences = sentences
        self.ear = Ear(pronounce)
        self.start = automaton.start
        self.meanings = automaton.meanings
        self.states = automaton.states
        self.by_word = tuple(_by_word(arcs) for arcs in automaton.states)
        arcs = [arc for state in automaton.states for arc in state]
        self.values = frozenset(fold(word) for word, tag, _ in arcs if tag)
        """Words that say a value: none is ever taken for another."""
        self.known = frozenset(fold(word) for word in sentences.graph.words)
        self.limit_per_word, self.limit = limit_per_word, limit

    def match(self, words: Sequence[str], clipped: bool = False) -> Request | None:
        """The request that `words` are, or None. `clipped`: the first word may be cut or gone."""
        found = self.find(words, clipped)
        return None if found is None else found.request

    def find(self, words: Sequence[str], clipped: bool = False) -> Match | None:
        """`match`, with cost and sentence. `words` are any text's words, in any case."""
        heard = self.sentences.tokens(" ".join(words))
        exact = self.exact(heard)
        strict = not self.sentences.never_ignore.isdisjoint(heard)
        if exact is not None or strict or not heard:
            return exact
        return _Search(self, heard, clipped).best()

    def exact(self, heard: Sequence[str]) -> Match | None:
        """The sentence that is said word for word; of several the one that counts first."""
        ways: dict[tuple[int, Tag], tuple[str, ...]] = {(self.start, ()): ()}
        for word in heard:
            after: dict[tuple[int, Tag], tuple[str, ...]] = {}
            for (state, held), path in ways.items():
                for said, tag, target in self.by_word[state].get(fold(word), ()):
                    after.setdefault((target, add(held, tag)), (*path, said))
            ways = after
        ends = [
            (meaning.rank, held, meaning, path)
            for (state, held), path in ways.items()
            for meaning in self.meanings.get(state, ())
        ]
        if not ends or not heard:
            return None
        rank, held, meaning, path = min(ends, key=lambda end: (end[0], end[1]))
        return Match(request(meaning, held), 0.0, rank, path)


class _Search:
    """One search for one utterance (Dijkstra with a bound on what is left to hear)."""

    def __init__(self, matcher: Matcher, heard: Sequence[str], clipped: bool) -> None:
        self._m = matcher
        self._heard = heard
        self._clipped = clipped
        self._limit = min(matcher.limit, matcher.limit_per_word * len(heard) - LIMIT_LESS)
        self._order = itertools.count()
        self._queue: list[tuple[float, int, _Node, bool]] = []
        self._cost: dict[_Node, float] = {}
        self._from: dict[_Node, tuple[_Node, tuple[str, ...]]] = {}
        self._left = self._least_cost_left()

    def _least_cost_left(self) -> list[float]:
        """left[i]: words heard from i on that no sentence knows cost at least this."""
        ear, known = self._m.ear, self._m.known
        left = [0.0]
        for word in reversed(self._heard):
            strange = 0.0 if fold(word) in known else min(0.06, ear.weight(word))
            left.append(left[-1] + strange)
        return left[::-1]

    def best(self) -> Match | None:
        """The cheapest match within the limits, unless another is nearly as cheap."""
        first: Match | None = None
        self._push((self._m.start, 0, ()), 0.0, None, ())
        for _ in range(MOST_STEPS):
            if not self._queue:
                return first
            bound, _, node, wide = heapq.heappop(self._queue)
            if first is not None and bound > first.cost + MARGIN:
                return first
            cost = self._cost[node]
            if wide:
                self._widen(node, cost)
                continue
            found = self._ended(node, cost)
            if found is not None and first is None:
                first = found
            elif found is not None and first is not None and found.request != first.request:
                return None
            self._step(node, cost)
        return None

    def _ended(self, node: _Node, cost: float) -> Match | None:
        state, place, _ = node
        if place < len(self._heard) or state not in self._m.meanings:
            return None
        path: tuple[str, ...] = ()
        back = node
        while back in self._from:
            back, words = self._from[back]
            path = words + path
        # the same words may be read in two ways: the reading is that of the exact sentence
        exact = self._m.exact(path)
        return None if exact is None else replace(exact, cost=cost)

    def _push(self, to: _Node, cost: float, back: _Node | None, said: tuple[str, ...]) -> None:
        bound = cost + self._left[to[1]]
        if bound > self._limit or cost >= self._cost.get(to, 1e9):
            return
        self._cost[to] = cost
        if back is not None:
            self._from[to] = (back, said)
        heapq.heappush(self._queue, (bound, next(self._order), to, False))

    def _step(self, node: _Node, cost: float) -> None:
        """Follows the next word as it was heard; leaves everything else for later."""
        state, place, held = node
        if place < len(self._heard):
            for word, tag, target in self._m.by_word[state].get(fold(self._heard[place]), ()):
                self._push((target, place + 1, add(held, tag)), cost, node, (word,))
        bound = cost + JOIN + self._left[place]
        if bound <= self._limit:
            heapq.heappush(self._queue, (bound, next(self._order), node, True))

    def _widen(self, node: _Node, cost: float) -> None:
        """Every other way on: words exchanged, joined, parted, missing, too many."""
        state, place, held = node
        room = self._limit - cost
        at_start = self._clipped and state == self._m.start and place == 0
        if place < len(self._heard):
            weight = self._too_many(self._heard[place])
            weight = min(weight, CLIPPED_AWAY) if at_start and weight < 0.6 else weight
            self._push((state, place + 1, held), cost + weight, node, ())
        for arc in self._m.states[state]:
            word, tag, target = arc
            if not tag:
                missing = CLIPPED_AWAY if at_start else self._missing(word)
                if missing <= room:
                    self._push((target, place, held), cost + missing, node, (word,))
            if place < len(self._heard):
                self._exchange(node, arc, cost, at_start)
                self._join(node, arc, cost)
                self._part(node, arc, cost)

    def _missing(self, word: str) -> float:
        """What it costs that `word` was not heard; a word with an opposite must be."""
        if word in self._m.sentences.opposites:
            return self._limit + 1
        small = word in self._m.sentences.small_words
        return SMALL * self._m.ear.weight(word) if small else MISSED

    def _too_many(self, word: str) -> float:
        """What it costs that `word` was heard and is left out."""
        if word in self._m.sentences.opposites:
            return self._limit + 1
        small = word in self._m.sentences.small_words
        return self._m.ear.weight(word) * (SMALL if small else 1.0)

    def _exchange(self, node: _Node, arc: Arc, cost: float, at_start: bool) -> None:
        (_, place, held), (word, tag, target) = node, arc
        ear, heard = self._m.ear, self._heard[place]
        if heard in self._m.sentences.opposites.get(word, ()):
            return
        if tag and fold(heard) in self._m.values:
            return
        weight = max(ear.weight(word), ear.weight(heard))
        most = min(MOST_UNLIKE_VALUE if tag else MOST_UNLIKE, (self._limit - cost) / weight)
        unlikeness = ear.unlike(word, heard, most)
        if at_start:
            tail = ear.phones(word)[-len(ear.phones(heard)) :]
            if len(tail) * 2 >= len(ear.phones(word)):
                unlikeness = min(unlikeness, CLIPPED_AWAY / 2 + unlike(tail, ear.phones(heard)))
        if unlikeness <= most:
            on = (target, place + 1, add(held, tag))
            self._push(on, cost + max(JOIN, weight * unlikeness), node, (word,))

    def _join(self, node: _Node, arc: Arc, cost: float) -> None:
        """Two words heard are one word of the sentence."""
        (_, place, held), (word, tag, target) = node, arc
        if place + 1 >= len(self._heard):
            return
        ear, pair = self._m.ear, self._heard[place : place + 2]
        most = min(MOST_UNLIKE_JOINED, self._limit - cost)
        unlikeness = self._joined(word, pair, most)
        if unlikeness <= most:
            on = (target, place + 2, add(held, tag))
            self._push(on, cost + JOIN + unlikeness * ear.weight(word), node, (word,))

    def _part(self, node: _Node, arc: Arc, cost: float) -> None:
        """One word heard is two words of the sentence."""
        (_, place, held), (word, tag, target) = node, arc
        ear, heard = self._m.ear, self._heard[place]
        most = min(MOST_UNLIKE_JOINED, self._limit - cost)
        if len(ear.phones(heard)) < len(ear.phones(word)) + 1 or fold(heard)[0] != fold(word)[0]:
            return
        for second, more, end in self._m.states[target]:
            unlikeness = self._joined(heard, (word, second), most)
            if unlikeness <= most:
                on = (end, place + 1, add(add(held, tag), more))
                self._push(on, cost + JOIN + unlikeness, node, (word, second))

    def _joined(self, whole: str, parts: Sequence[str], most: float) -> float:
        ear = self._m.ear
        if fold(whole) == "".join(fold(part) for part in parts):
            return 0.0
        phones = [phone for part in parts for phone in ear.phones(part)]
        return unlike(ear.phones(whole), phones, most)


def _by_word(arcs: tuple[Arc, ...]) -> dict[str, tuple[Arc, ...]]:
    table: dict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        table[fold(arc[0])].append(arc)
    return {word: tuple(found) for word, found in table.items()}


def add(held: Tag, tag: Tag) -> Tag:
    """The slots `held` with what `tag` adds to them."""
    if not tag:
        return held
    sums = dict(held)
    for slot, value in tag:
        sums[slot] = sums.get(slot, 0) + value
    return tuple(sorted(sums.items()))


def request(meaning: Meaning, held: Tag) -> Request:
    """The request of a finished sentence.

    A time on the twelve-hour clock with "in the evening" (which adds 720 to TIME) is a time of
    day; "a quarter to twelve" comes as -15 and is brought back into the day.
    """
    slots = dict(add(meaning.slots, held))
    if Slot.TIME in slots:
        slots[Slot.TIME] = (slots[Slot.TIME] + slots.pop(Slot.TIME12, 0) % _HALF_DAY) % _DAY
    elif Slot.TIME12 in slots:
        slots[Slot.TIME12] %= _HALF_DAY
    return Request(meaning.intent, tuple(sorted(slots.items())))
