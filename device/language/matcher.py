"""From words that a recognizer heard to a request: the cheapest path through the sentences.

Exact sentences cost nothing. Beyond them only what carries no meaning is forgiven (see
`device/language/hearing.py`), at a cost; what costs more than the limit is no command, and when two
different requests cost nearly the same, neither is taken. Between the wrong thing and nothing it
is always nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from device.language.automaton import Arc, Tag
from device.language.hearing import Hearing
from device.language.phones import Ear, Pronounce
from device.language.readings import Match, add, request
from device.language.search import Search
from device.language.sentences import Sentences
from device.language.soundalikes import Lexicon
from device.language.text import fold
from device.mind.types import Request

LIMIT_PER_WORD = 0.17
"""Mean cost of a word above which nothing was understood."""
LIMIT_LESS = 0.1
"""Taken off the limit: the shorter a sentence, the less may be wrong with it."""
LIMIT = 0.8
"""Cost of a whole sentence above which nothing was understood, however long it is."""


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
        self.sentences = sentences
        self.ear = Ear(pronounce)
        self.lexicon = Lexicon(self.ear, sentences.graph.words)
        self.known = frozenset(fold(word) for word in sentences.graph.words)
        self._automaton = sentences.automaton
        self._by_word = tuple(_by_word(arcs) for arcs in self._automaton.states)
        self._limit_per_word, self._limit = limit_per_word, limit

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
        limit = min(self._limit, self._limit_per_word * len(heard) - LIMIT_LESS)
        hearing = Hearing(self, heard, clipped)
        return Search(self._automaton, self._by_word, hearing, limit, self.exact).best()

    def exact(self, heard: Sequence[str]) -> Match | None:
        """The sentence that is said word for word; of several the one that counts first."""
        ways: dict[tuple[int, Tag], tuple[str, ...]] = {(self._automaton.start, ()): ()}
        for word in heard:
            after: dict[tuple[int, Tag], tuple[str, ...]] = {}
            for (state, held), path in ways.items():
                for said, tag, target in self._by_word[state].get(fold(word), ()):
                    after.setdefault((target, add(held, tag)), (*path, said))
            ways = after
        ends = [
            (meaning.rank, held, meaning, path)
            for (state, held), path in ways.items()
            for meaning in self._automaton.meanings.get(state, ())
        ]
        if not ends or not heard:
            return None
        rank, held, meaning, path = min(ends, key=lambda end: (end[0], end[1]))
        return Match(request(meaning, held), 0.0, rank, path)


def _by_word(arcs: tuple[Arc, ...]) -> dict[str, tuple[Arc, ...]]:
    table: dict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        table[fold(arc[0])].append(arc)
    return {word: tuple(found) for word, found in table.items()}
