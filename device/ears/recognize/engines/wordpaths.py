"""The sentence that fits best, of all that the word graph allows: a beam over its tokens.

A decoder that may say anything finds words that are near what was said; the graph knows which
words can stand there at all. So only prefixes of sentences are followed, each step the likeliest
few, and finished sentences are compared by their log-probability a token, as Whisper itself
compares its hypotheses.

Beside them runs one path that may say anything at all, always by its likeliest token. It writes
down what was said, and is the competitor: a sentence that the sound speaks against is much less
likely than what that path says. On short sounds it runs in circles; it ends where it begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from device.language.graph import Graph

BEAM = 8
"""Prefixes that are followed at a time."""
MOST_TOKENS = 64
"""A sentence that is spoken in ten seconds has at most this many."""
FREE_TOKENS = 32
"""The free path is cut here: it has run in circles, or is no command."""
BEHIND = 7.0
"""A prefix so much less likely than the likeliest, or than a finished sentence, is given up."""

Node = dict[int, Any]
"""What a token leads to; under -1: the states after the word that ends here."""
Place = tuple[int, Node]
"""A state of the graph, and how far into its next word."""
Tokens = tuple[int, ...]


class Listens(Protocol):
    """A decoder that has been given the sound."""

    first: NDArray[np.float32]

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> NDArray[np.float32]:
        """Log-probabilities (paths, kept) of what comes after each path has gone on by a token."""


class TokenGraph:
    """The word graph, token by token. Several spellings of a word may lead the same way."""

    def __init__(self, graph: Graph, spell: Callable[[str], Iterable[Tokens]]) -> None:
        """`spell`: the ways in which a word is written as tokens."""
        self._graph = graph
        self._spelled = {word: tuple(spell(word)) for word in graph.words}
        self.tokens = frozenset(t for ways in self._spelled.values() for way in ways for t in way)
        self._next: dict[int, Node] = {}

    def start(self) -> tuple[Place, ...]:
        """Where every sentence begins."""
        return ((self._graph.start, self._words(self._graph.start)),)

    def ends(self, places: Sequence[Place]) -> bool:
        """Whether a sentence may end here."""
        final = self._graph.finals
        return any(state in final and node is self._words(state) for state, node in places)

    def after(self, places: Sequence[Place]) -> dict[int, list[Place]]:
        """Token → the places that it leads to: one word may be the beginning of another."""
        found: dict[int, list[Place]] = {}
        for state, node in places:
            for token, then in node.items():
                if token < 0:
                    continue
                ways = found.setdefault(token, [])
                ways += [(to, self._words(to)) for to in then.get(-1, ())]
                if len(then) > (-1 in then):
                    ways.append((state, then))
        return found

    def _words(self, state: int) -> Node:
        if state not in self._next:
            root: Node = {}
            for word, to in self._graph.arcs(state):
                for way in self._spelled[word]:
                    node = root
                    for token in way:
                        node = node.setdefault(token, {})
                    node.setdefault(-1, set()).add(to)
            self._next[state] = root
        return self._next[state]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finished sentence."""

    tokens: Tokens
    score: float
    """Its log-probability, its end included."""

    @property
    def per_token(self) -> float:
        """How likely it is in itself."""
        return self.score / (len(self.tokens) + 1)


@dataclass(frozen=True, slots=True)
class Heard:
    """What can be meant, and what was said."""

    sentences: tuple[Sentence, ...]
    """Those that were followed to their end, the best first."""
    said: Tokens
    """What the free path wrote down, without its end."""
    free: float
    """Its log-probability."""


@dataclass(frozen=True, slots=True)
class Path:
    """A beginning of sentences."""

    score: float
    tokens: Tokens
    places: Sequence[Place]


class WordPaths:
    """One search. `place` of a token: its column in the decoder's answers."""

    def __init__(
        self, graph: TokenGraph, place: NDArray[np.int64], end: int, never: Sequence[int]
    ) -> None:
        """`place`: by token id; `end`: the token that ends a text; `never`: what the free path
        must not say (noises, brackets)."""
        self._graph, self._place, self._end = graph, place, end
        self._kept = np.flatnonzero(place >= 0)
        self._never = [column for token in never if (column := place[token]) >= 0]

    def hear(self, listens: Listens) -> Heard:
        """All sentences that were followed to their end, and the free path beside them."""
        likely, rows = listens.first, [0]
        paths = [Path(0.0, (), self._graph.start())]
        found: list[Sentence] = []
        free = _Free(self._kept, self._place, self._end, self._never)
        for _ in range(MOST_TOKENS):
            ahead = self._ahead(paths, likely, rows, found)
            if free.goes_on:
                free.take(likely[-1])
            if not ahead and not free.goes_on:
                break
            paths = [path for path, _ in ahead]
            parents = [row for _, row in ahead] + [len(likely) - 1] * free.goes_on
            tokens = [path.tokens[-1] for path in paths] + list(free.said[-1:]) * free.goes_on
            likely, rows = listens.step(parents, tokens), list(range(len(paths)))
        best_first = sorted(found, key=lambda one: -one.per_token)
        said = free.once()
        return Heard(tuple(best_first), tuple(free.said[:said]), sum(free.worth[:said]))

    def _ahead(
        self,
        paths: Sequence[Path],
        likely: NDArray[np.float32],
        rows: Sequence[int],
        found: list[Sentence],
    ) -> list[tuple[Path, int]]:
        """The likeliest paths that are one token longer, with the row of each one's parent.

        Sentences that end here are added to `found`.
        """
        longer: list[tuple[Path, int]] = []
        for path, row in zip(paths, rows, strict=True):
            if path.tokens and self._graph.ends(path.places):
                score = path.score + float(likely[row, self._place[self._end]])
                found.append(Sentence(path.tokens, score))
            for token, places in self._graph.after(path.places).items():
                score = path.score + float(likely[row, self._place[token]])
                longer.append((Path(score, (*path.tokens, token), places), row))
        longer.sort(key=lambda one: -one[0].score)
        ends = max((one.score for one in found), default=-np.inf)
        least = max(ends, longer[0][0].score if longer else -np.inf) - BEHIND
        return [one for one in longer[:BEAM] if one[0].score > least]


class _Free:
    """The path that may say anything."""

    def __init__(
        self,
        kept: NDArray[np.int64],
        place: NDArray[np.int64],
        end: int,
        never: Sequence[int],
    ) -> None:
        self._kept, self._place, self._end, self._never = kept, place, end, never
        self.said: list[int] = []
        self.worth: list[float] = []
        self.goes_on = True

    def take(self, likely: NDArray[np.float32]) -> None:
        """Go on by the likeliest token of all; the first is not the end."""
        allowed = likely.copy()
        allowed[self._never] = -np.inf
        if not self.said:
            allowed[self._place[self._end]] = -np.inf
        column = int(allowed.argmax())
        token = int(self._kept[column])
        self.worth.append(float(likely[column]))
        self.said.append(token)
        if token == self._end:
            self.said.pop()
        circles = self.once() < len(self.said)
        self.goes_on = token != self._end and not circles and len(self.said) < FREE_TOKENS

    def once(self) -> int:
        """How many of its tokens and their worths count: those before it began again."""
        said = self.said
        for length in range(1, len(said) // 2 + 1):
            copies = 2 if length > 1 else 3
            row = said[-length:]
            if len(said) >= copies * length and said[-copies * length :] == row * copies:
                return len(said) - (copies - 1) * length
        return len(self.worth)
