"""Sentences made from the automaton: what can be said, with what it means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from device.language.automaton import Arc, Tag
from device.language.readings import add, request
from device.language.sentences import Sentences
from device.mind.types import Request

Choose = Callable[[int], int]
"""A number below the given one."""


@dataclass(frozen=True)
class Example:
    """A sentence that can be said, and what it asks for."""

    words: tuple[str, ...]
    request: Request
    rank: int


class Examples:
    """Walks through the sentences; `choose` decides at each fork."""

    def __init__(self, sentences: Sentences) -> None:
        self._automaton = sentences.automaton
        self._reach: list[frozenset[int] | None] = [None] * len(self._automaton.states)
        self._reaching(self._automaton.start)

    def ranks(self) -> dict[int, int]:
        """rank → intent, of everything that can be said."""
        meanings = self._automaton.meanings.values()
        return {meaning.rank: meaning.intent for those in meanings for meaning in those}

    def of(self, rank: int, choose: Choose) -> Example:
        """One sentence whose meaning has this rank."""
        state = self._automaton.start
        words: tuple[str, ...] = ()
        held: Tag = ()
        while True:
            ends = [m for m in self._automaton.meanings.get(state, ()) if m.rank == rank]
            ways = list(self._ways(state, rank).values())
            choice = choose(len(ways) + len(ends))
            if choice >= len(ways):
                return Example(words, request(ends[0], held), rank)
            word, tag, state = ways[choice][choose(len(ways[choice]))]
            words, held = (*words, word), add(held, tag)

    def _ways(self, state: int, rank: int) -> dict[str, list[Arc]]:
        """The arcs from `state` towards `rank`, all those that say a value taken as one way, so
        that long lists of numbers don't crowd out everything else.
        """
        ways: dict[str, list[Arc]] = defaultdict(list)
        for arc in self._automaton.states[state]:
            word, tag, target = arc
            if rank in self._reaching(target):
                ways["" if tag else word].append(arc)
        return ways

    def _reaching(self, state: int) -> frozenset[int]:
        """The ranks of the meanings that can be reached from `state`."""
        known = self._reach[state]
        if known is None:
            ranks = {meaning.rank for meaning in self._automaton.meanings.get(state, ())}
            for _, _, target in self._automaton.states[state]:
                ranks |= self._reaching(target)
            known = self._reach[state] = frozenset(ranks)
        return known
