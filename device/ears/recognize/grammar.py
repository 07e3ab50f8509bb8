"""The word graph as pocketsphinx's grammar, and the rows of phones and words that compete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from device.ears.recognize.pronunciation import ALL_PHONES
from device.language.graph import Graph

PHONE = "zz"
"""Names of the loop's words begin so; no word of a language does."""
PHONE_PRICE = 1e-4
"""What each phone of the row costs: words that fit should win."""

Arc = tuple[int, int, float] | tuple[int, int, float, str]


def of_words(graph: Graph, says: Callable[[str], bool]) -> tuple[list[Arc], int, int]:
    """(arcs, start, end) of everything in `graph`, less the words that `says` refuses.

    Every arc costs nothing: a sentence is no less likely for being one of many.
    """
    return list(_words(graph, says)), graph.start, len(graph)


def of_phones() -> tuple[list[Arc], int, int]:
    """(arcs, start, end) of any row of phones."""
    row: list[Arc] = [(1, 1, PHONE_PRICE, PHONE + phone.lower()) for phone in ALL_PHONES]
    return [(0, 1, 1.0), *row, (1, 2, 1.0)], 0, 2


def _words(graph: Graph, says: Callable[[str], bool]) -> Iterator[Arc]:
    for state in range(len(graph)):
        for word, after in graph.arcs(state):
            if says(word):
                yield state, after, 1.0, word
        if state in graph.finals:
            yield state, len(graph), 1.0


def of_loop(prices: Mapping[str, float], phone: float) -> tuple[list[Arc], int, int]:
    """(arcs, start, end) of any row of words, each at its price, and of phones at `phone`."""
    rows = {**prices, **{PHONE + name.lower(): phone for name in ALL_PHONES}}
    return [(1, 0, 1.0), *((0, 1, price, word) for word, price in rows.items())], 0, 1
