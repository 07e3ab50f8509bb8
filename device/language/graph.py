"""The word graph: the least deterministic automaton of everything that can be said.

Recognizers get their grammar from it, and it tells whether what was heard so far can go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from device.language.automaton import Automaton
from device.mind.types import Progress


class Graph:
    """States are 0..len-1; `arcs(state)` are its (word, next state); `finals` may end."""

    def __init__(
        self,
        start: int,
        arcs: Sequence[Mapping[str, int]],
        finals: frozenset[int],
        courtesy: frozenset[str] = frozenset(),
    ) -> None:
        self.start = start
        self._courtesy = courtesy
        self.finals = finals
        self.words = frozenset(word for row in arcs for word in row)
        self._arcs = tuple(dict(row) for row in arcs)

    def __len__(self) -> int:
        return len(self._arcs)

    def arcs(self, state: int) -> tuple[tuple[str, int], ...]:
        """The arcs that leave `state`: (word, next state)."""
        return tuple(self._arcs[state].items())

    def follow(self, words: Sequence[str]) -> int | None:
        """The state after `words`, or None when no sentence begins so."""
        state: int | None = self.start
        for word in words:
            state = self._arcs[state].get(word)  # type: ignore[index]
            if state is None:
                return None
        return state

    def progress(self, words: Sequence[str]) -> Progress:
        """Whether `words`, heard so far, can go on, must, are complete for good, or fit nothing.

        A sentence that only a "please" could follow is complete. No words may be anything.
        """
        state = self.follow(words)
        if state is None:
            return Progress.NOTHING_FITS
        if not words:
            return Progress.CAN_GO_ON
        if state not in self.finals:
            return Progress.UNFINISHED
        return (
            Progress.CAN_GO_ON if self._arcs[state].keys() - self._courtesy else Progress.COMPLETE
        )


def after_names(graph: Graph, names: Iterable[Sequence[str]]) -> Graph:
    """`graph` whose sentences may begin with one of `names`: who says it again begins anew.

    A name that begins as a sentence does is left away.
    """
    rows = [dict(graph.arcs(state)) for state in range(len(graph))]
    start = len(rows)
    rows.append(dict(graph.arcs(graph.start)))
    for name in names:
        at = start
        for word in name[:-1]:
            if rows[at].get(word, start) < start:  # it is a word of a sentence
                break
            if word not in rows[at]:
                rows[at][word] = len(rows)
                rows.append({})
            at = rows[at][word]
        else:
            if name:
                rows[at].setdefault(name[-1], graph.start)
    return Graph(start, rows, graph.finals)


def without(automaton: Automaton, intents: Container[int]) -> Automaton:
    """`automaton` less the sentences that can only mean one of `intents`."""
    meanings = {
        state: kept
        for state, all_of_them in automaton.meanings.items()
        if (kept := tuple(m for m in all_of_them if m.intent not in intents))
    }
    alive: dict[int, bool] = {}

    def lives(state: int) -> bool:
        if state not in alive:
            ends = [lives(after) for _, _, after in automaton.states[state]]
            alive[state] = state in meanings or any(ends)
        return alive[state]

    states = tuple(
        tuple(arc for arc in arcs if lives(arc[2])) if lives(state) else ()
        for state, arcs in enumerate(automaton.states)
    )
    return replace(automaton, states=states, meanings=meanings)


MOST_STATES = 100_000
"""Sets of states that were looked at; households have a few thousand."""


def minimal(automaton: Automaton) -> Graph:
    """The minimal word graph of `automaton`: subsets, interned from the end (it has no cycles).

    Raises ValueError if that would take too much: there can be 2^n subsets of n states.
    """
    return _Subsets(automaton).graph()


class _Subsets:
    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._of_subset: dict[frozenset[int], int] = {}
        self._of_row: dict[tuple[bool, frozenset[tuple[str, int]]], int] = {}
        self._rows: list[dict[str, int]] = []
        self._finals: set[int] = set()
        self._work = 0

    def graph(self) -> Graph:
        start = self._state(frozenset({self._automaton.start}))
        finals = frozenset(self._finals)
        return Graph(start, self._rows, finals, self._automaton.courtesy)

    def _state(self, subset: frozenset[int]) -> int:
        known = self._of_subset.get(subset)
        if known is not None:
            return known
        self._work += len(subset)
        if self._work > MOST_STATES:
            raise ValueError("sentences that can be told apart only at their ends, too many")
        targets: dict[str, set[int]] = defaultdict(set)
        for state in subset:
            for word, _, target in self._automaton.states[state]:
                targets[word].add(target)
        row = {word: self._state(frozenset(after)) for word, after in sorted(targets.items())}
        final = any(state in self._automaton.meanings for state in subset)
        key = (final, frozenset(row.items()))
        state = self._of_row.get(key, -1)
        if state < 0:
            state = self._of_row[key] = len(self._rows)
            self._rows.append(row)
            if final:
                self._finals.add(state)
        self._of_subset[subset] = state
        return state
