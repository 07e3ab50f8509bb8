"""Sentences made from the automaton: what can be said, with what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from device.mind.automaton import Tag
from device.mind.matcher import add, request
from device.mind.sentences import Sentences
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
        state, words, held = self._automaton.start, (), ()  # type: int, tuple[str, ...], Tag
        while True:
            ends = [m for m in self._automaton.meanings.get(state, ()) if m.rank == rank]
            arcs = [
                arc for arc in self._automaton.states[state] if rank in self._reaching(arc[2])
            ]
            choice = choose(len(arcs) + len(ends))
            if choice >= len(arcs):
                return Example(words, request(ends[0], held), rank)
            word, tag, state = arcs[choice]
            words, held = (*words, word), add(held, tag)

    def all(self, each: int, choose: Choose) -> Iterator[Example]:
        """`each` examples of every meaning, none twice."""
        for rank in sorted(self.ranks()):
            found = {example.words: example for example in (self.of(rank, choose),) * 1}
            for _ in range(each * 3):
                if len(found) < each:
                    example = self.of(rank, choose)
                    found.setdefault(example.words, example)
            yield from sorted(found.values(), key=lambda example: (len(example.words), example.words))

    def _reaching(self, state: int) -> frozenset[int]:
        """The ranks of the meanings that can be reached from `state`."""
        known = self._reach[state]
        if known is None:
            ranks = {meaning.rank for meaning in self._automaton.meanings.get(state, ())}
            for _, _, target in self._automaton.states[state]:
                ranks |= self._reaching(target)
            known = self._reach[state] = frozenset(ranks)
        return known
