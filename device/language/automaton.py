"""Sentences as an automaton of words: each arc a word and what it adds to the slots.

The value of a slot is the **sum** of what the words on the path add to it: "twenty" adds 20,
"five" adds 5, and in a duration the same words before "minutes" add 1200 and 300. So numbers,
times and durations need no code of their own, and one small automaton of numbers is shared by all
that is followed by the same words.

A state *is* its arcs: it is built from the end of the sentence backwards, and two states with the
same arcs are one. There are no empty arcs and no cycles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from device.language.templates import Choice, ListRef, Node, RuleRef, Sequence, Words
from device.mind.types import Slot

Tag = tuple[tuple[Slot, int], ...]
Arc = tuple[str, Tag, int]
"""(word, what it adds, next state)"""
Value = tuple[tuple[str, ...], int]
"""One spelling of a list's value, and the value."""

DEAD = 0
"""The state from which no sentence can be finished: an empty list leads here."""


@dataclass(frozen=True)
class Meaning:
    """What a finished sentence means; of two meanings of one text the lower rank is taken."""

    rank: int
    intent: int
    slots: Tag = ()


@dataclass(frozen=True)
class Automaton:
    """states[i] is the tuple of arcs of state i, meanings[i] what it means to end there."""

    start: int
    states: tuple[tuple[Arc, ...], ...]
    meanings: Mapping[int, tuple[Meaning, ...]]
    courtesy: frozenset[str] = frozenset()
    """Words that may follow a sentence and add nothing to it."""


@dataclass(frozen=True, eq=False)
class Tree:
    """The spellings of a list's values, by their first words."""

    branches: tuple[tuple[str, Tag, Tree], ...]
    ends: bool


class Trees:
    """Makes trees of which equal parts are one ("twenty" and "thirty" go on alike)."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._known: dict[tuple[tuple[tuple[str, Tag, Tree], ...], bool], Tree] = {}

    def tree(self, values: list[Value], said: int | None = None) -> Tree:
        """The tree of `values`; each word adds what is certain once it is said, beyond `said`."""
        branches: dict[str, list[Value]] = defaultdict(list)
        for words, value in values:
            if words:
                branches[words[0]].append((words[1:], value))
        made = []
        for word, rest in sorted(branches.items()):
            sure = next((value for words, value in rest if not words), None)
            if sure is None:
                sure = min(value for _, value in rest)
            tag = () if sure == said else ((self._slot, sure - (said or 0)),)
            made.append((word, tag, self.tree(rest, sure)))
        key = (tuple(made), any(not words for words, _ in values))
        return self._known.setdefault(key, Tree(*key))


class Builder:
    """Builds states from the end backwards; `lists` gives (values) by list and slot name."""

    def __init__(
        self, rules: Mapping[str, Node], lists: Mapping[tuple[str, str], tuple[Slot, list[Value]]]
    ) -> None:
        self._rules = rules
        self._lists = lists
        self._ids: dict[tuple[frozenset[Arc], frozenset[Meaning]], int] = {}
        self._arcs: list[frozenset[Arc]] = []
        self._meanings: list[frozenset[Meaning]] = []
        self._built: dict[tuple[object, int], int] = {}
        self._trees: dict[tuple[str, str], Tree] = {}
        self._state(frozenset(), frozenset())  # DEAD

    def _state(self, arcs: frozenset[Arc], meanings: frozenset[Meaning]) -> int:
        key = (arcs, meanings)
        state = self._ids.get(key)
        if state is None:
            state = self._ids[key] = len(self._arcs)
            self._arcs.append(arcs)
            self._meanings.append(meanings)
        return state

    def end(self, meaning: Meaning) -> int:
        """The state in which a sentence of this meaning is finished."""
        return self._state(frozenset(), frozenset({meaning}))

    def is_final(self, state: int) -> bool:
        """Whether a sentence is finished in `state`."""
        return bool(self._meanings[state])

    def union(self, states: Iterable[int]) -> int:
        """The state that can do what any of `states` can."""
        distinct = set(states) - {DEAD}
        if len(distinct) == 1:
            return distinct.pop()
        arcs = frozenset().union(*(self._arcs[state] for state in distinct))
        return self._state(arcs, frozenset().union(*(self._meanings[s] for s in distinct)))

    def before(self, node: Node, then: int) -> int:
        """The state from which `node` leads to the state `then`."""
        if then == DEAD:
            return DEAD
        key = (node, then)
        state = self._built.get(key)
        if state is None:
            state = self._built[key] = self._before(node, then)
        return state

    def _before(self, node: Node, then: int) -> int:
        match node:
            case Words(words):
                for word in reversed(words):
                    then = self._state(frozenset({(word, (), then)}), frozenset())
                return then
            case Sequence(items):
                for item in reversed(items):
                    then = self.before(item, then)
                return then
            case Choice(items):
                return self.union(self.before(item, then) for item in items)
            case RuleRef(name):
                return self.before(self._rules[name], then)
            case ListRef(name, slot):
                return self._before_list(name, slot, then)

    def _before_list(self, name: str, slot_name: str, then: int) -> int:
        tree = self._trees.get((name, slot_name))
        if tree is None:
            slot, values = self._lists[name, slot_name]
            tree = self._trees[name, slot_name] = Trees(slot).tree(values)
        return self._before_tree(tree, then)

    def _before_tree(self, tree: Tree, then: int) -> int:
        if not tree.branches:
            return then if tree.ends else DEAD
        key = (tree, then)
        state = self._built.get(key)
        if state is None:
            arcs = frozenset(
                (word, tag, self._before_tree(after, then)) for word, tag, after in tree.branches
            )
            state = self._state(arcs, frozenset())
            if tree.ends:
                state = self.union((state, then))
            self._built[key] = state
        return state

    def automaton(self, starts: Iterable[int], courtesy: frozenset[str]) -> Automaton:
        """The automaton of all sentences that begin in one of `starts`; only what is reachable."""
        start = self.union(starts)
        number = {start: 0}
        order = [start]
        for state in order:
            # sorted: sets of words come in another order in every process
            for _, _, target in sorted(self._arcs[state]):
                if target not in number:
                    number[target] = len(order)
                    order.append(target)
        states = tuple(
            tuple(sorted((word, tag, number[target]) for word, tag, target in self._arcs[state]))
            for state in order
        )
        meanings = {
            number[state]: tuple(sorted(self._meanings[state], key=lambda m: (m.rank, m.intent)))
            for state in order
            if self._meanings[state]
        }
        return Automaton(0, states, meanings, courtesy)
