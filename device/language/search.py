"""The cheapest way to read what was heard as a sentence: Dijkstra over the automaton.

A node is a state, how many words were used up, and what the slots hold so far, so that two
readings that differ in a value are told apart to the end.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence

from device.language.automaton import Arc, Automaton, Tag
from device.language.hearing import CLIPPED_AWAY, NEVER, Hearing
from device.language.readings import Match, add

MOST_STEPS = 3_000
"""The search gives up after this many steps: a bound on time, never reached by commands."""
MARGIN = 0.12
"""A second, different request within this cost makes the sentence ambiguous: none is taken."""
AGREED = 1e-9

Node = tuple[int, int, Tag]
Table = Sequence[Mapping[str, tuple[Arc, ...]]]
"""State → word without accents → arcs."""


class Search:
    """One search for one utterance; `read` gives the match of a sentence said word for word."""

    def __init__(
        self,
        automaton: Automaton,
        by_word: Table,
        hearing: Hearing,
        limit: float,
        read: Callable[[Sequence[str]], Match | None],
    ) -> None:
        self._automaton = automaton
        self._by_word = by_word
        self._hearing = hearing
        self._limit = limit
        self._read = read
        self._order = itertools.count()
        self._queue: list[tuple[float, int, Node, bool]] = []
        self._cost: dict[Node, float] = {}
        self._from: dict[Node, tuple[Node, tuple[str, ...]]] = {}

    def best(self) -> Match | None:
        """The cheapest match within the limit, unless another is nearly as cheap."""
        first: Match | None = None
        self._push((self._automaton.start, 0, ()), 0.0, None, ())
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
            if found is not None and first is not None and found.request != first.request:
                return None
            first = first or found
            self._step(node, cost)
        return None

    def _ended(self, node: Node, cost: float) -> Match | None:
        state, place, _ = node
        if place < len(self._hearing.words) or state not in self._automaton.meanings:
            return None
        path: tuple[str, ...] = ()
        back = node
        while back in self._from:
            back, words = self._from[back]
            path = words + path
        # the same words may be read in two ways: the reading is that of the exact sentence
        exact = self._read(path)
        return None if exact is None else Match(exact.request, cost, exact.rank, exact.words)

    def _push(self, to: Node, cost: float, back: Node | None, said: tuple[str, ...]) -> None:
        bound = cost + self._hearing.left[to[1]]
        if bound > self._limit or cost >= self._cost.get(to, NEVER) - AGREED:
            return
        self._cost[to] = cost
        if back is not None:
            self._from[to] = (back, said)
        heapq.heappush(self._queue, (bound, next(self._order), to, False))

    def _step(self, node: Node, cost: float) -> None:
        """Follows the next word as it was heard; leaves everything else for later."""
        state, place, held = node
        hearing = self._hearing
        if place < len(hearing.words):
            for word, tag, target in self._by_word[state].get(hearing.folded[place], ()):
                self._push((target, place + 1, add(held, tag)), cost, node, (word,))
        heapq.heappush(self._queue, (cost + hearing.left[place], next(self._order), node, True))

    def _widen(self, node: Node, cost: float) -> None:
        """Every other way on: words exchanged, joined, parted, missing, too many."""
        state, place, held = node
        hearing = self._hearing
        first = hearing.clipped and state == self._automaton.start and place == 0
        if place < len(hearing.words):
            self._push((state, place + 1, held), cost + hearing.too_many[place], node, ())
        for word, tag, target in self._automaton.states[state]:
            if not tag:
                # any first word may be gone: only where no other goes on so is it known which
                missed = min(hearing.missed(word), CLIPPED_AWAY if first else NEVER)
                self._push((target, place, held), cost + missed, node, (word,))
            if place < len(hearing.words):
                self._heard_as(node, (word, tag, target), cost, first)

    def _heard_as(self, node: Node, arc: Arc, cost: float, first: bool) -> None:
        """The word of `arc` is what one heard word stands for, or two, or half of one."""
        (_, place, held), (word, tag, target) = node, arc
        hearing = self._hearing
        exchange = hearing.exchanged(place).get(word, NEVER)
        if first:
            exchange = min(exchange, hearing.end_of(word))
        if exchange < NEVER and (not tag or hearing.fills(word, place)):
            self._push((target, place + 1, add(held, tag)), cost + exchange, node, (word,))
        joined = hearing.joined(place).get(word)
        if joined is not None:
            self._push((target, place + 2, add(held, tag)), cost + joined, node, (word,))
        if word in hearing.parted[place]:
            seconds = [second for second, _, _ in self._automaton.states[target]]
            fitting = hearing.seconds(place, word, seconds)
            for second, more, end in self._automaton.states[target]:
                if second in fitting:
                    to = (end, place + 1, add(add(held, tag), more))
                    self._push(to, cost + fitting[second], node, (word, second))
