"""Sentences that mean two things: found by walking two paths at once, word by word."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from device.language.automaton import Automaton, Tag
from device.language.readings import add, request
from device.language.sentences import Sentences
from device.mind.types import Request, Slot

MOST_PAIRS = 200_000
_Pair = tuple[int, int, Tag, Tag]
"""Two states reached by the same words, and what each has in its slots that the other hasn't."""


@dataclass(frozen=True)
class Ambiguity:
    """A text with two readings; which is taken is decided as the matcher does."""

    words: tuple[str, ...]
    taken: Request
    other: Request
    ranks: tuple[int, int]


def ambiguities(sentences: Sentences) -> list[Ambiguity]:
    """One text for every two kinds of sentence that share one, shortest first."""
    automaton = sentences.automaton
    first: _Pair = (automaton.start, automaton.start, (), ())
    came: dict[_Pair, tuple[_Pair, str] | None] = {first: None}
    queue = deque([first])
    seen: set[tuple[int, int, frozenset[Slot], frozenset[Slot]]] = set()
    found: dict[tuple[int, int], Ambiguity] = {}
    while queue and len(came) < MOST_PAIRS:
        pair = queue.popleft()
        for ambiguity in _readings(automaton, pair, came):
            found.setdefault(ambiguity.ranks, ambiguity)
        for word, after in _steps(automaton, pair):
            # which slots differ, not by how much: one number stands for all
            kind = (*after[:2], _slots(after[2]), _slots(after[3]))
            if kind not in seen:
                seen.add(kind)
                came[after] = (pair, word)
                queue.append(after)
    return sorted(found.values(), key=lambda one: (len(one.words), one.words))


def _steps(automaton: Automaton, pair: _Pair) -> list[tuple[str, _Pair]]:
    one, other, held_one, held_other = pair
    by_word: dict[str, list[tuple[Tag, int]]] = defaultdict(list)
    for word, tag, target in automaton.states[other]:
        by_word[word].append((tag, target))
    steps = []
    for word, tag, target in automaton.states[one]:
        for tag_other, target_other in by_word.get(word, ()):
            after = (target, target_other, *_apart(add(held_one, tag), add(held_other, tag_other)))
            if after[0] <= after[1]:
                steps.append((word, after))
            else:
                steps.append((word, (after[1], after[0], after[3], after[2])))
    return steps


def _slots(held: Tag) -> frozenset[Slot]:
    return frozenset(slot for slot, _ in held)


def _apart(one: Tag, other: Tag) -> tuple[Tag, Tag]:
    """What the two don't have in common."""
    shared = set(one) & set(other)
    return tuple(t for t in one if t not in shared), tuple(t for t in other if t not in shared)


def _readings(
    automaton: Automaton, pair: _Pair, came: dict[_Pair, tuple[_Pair, str] | None]
) -> list[Ambiguity]:
    one, other, held_one, held_other = pair
    found = []
    for meaning in automaton.meanings.get(one, ()):
        for against in automaton.meanings.get(other, ()):
            a, b = request(meaning, held_one), request(against, held_other)
            if a == b:
                continue
            words: list[str] = []
            back = came[pair]
            while back is not None:
                words.append(back[1])
                back = came[back[0]]
            first, second = sorted(
                [(meaning.rank, a), (against.rank, b)], key=lambda m: (m[0], m[1].slots)
            )
            ranks = (first[0], second[0])
            found.append(Ambiguity(tuple(reversed(words)), first[1], second[1], ranks))
    return found
