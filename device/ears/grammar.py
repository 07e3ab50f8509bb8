"""The word graph as pocketsphinx's grammar: its states and arcs, and a phone loop beside them.

    enter --> the graph's start --words--> ... --> end
          \\--> hub (any phone, any number of times) --/

What isn't a command scores better as a row of phones than as the sentence nearest to it: then
nothing was said. `loop` is the price of each phone, 0 leaves the loop out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from device.ears.lexicon import ALL_PHONES
from device.mind.graph import Graph

PHONE = "zz"
"""Names of the loop's words begin so; no word of a language does."""

Arc = tuple[int, int, float] | tuple[int, int, float, str]


def transitions(
    graph: Graph, says: Callable[[str], bool], loop: float, into_loop: float
) -> tuple[list[Arc], int, int]:
    """(arcs, start, end) of the whole grammar. Words that `says` refuses are left out."""
    start, end, hub = len(graph), len(graph) + 1, len(graph) + 2
    arcs = list(_words(graph, says, end))
    arcs.append((start, graph.start, 1.0))
    if loop:
        arcs.append((start, hub, into_loop))
        arcs += [(hub, hub, loop, PHONE + phone.lower()) for phone in ALL_PHONES]
        arcs.append((hub, end, 1.0))
    return arcs, start, end


def _words(graph: Graph, says: Callable[[str], bool], end: int) -> Iterator[Arc]:
    for state in range(len(graph)):
        for word, after in graph.arcs(state):
            if says(word):
                yield state, after, 1.0, word
        if state in graph.finals:
            yield state, end, 1.0
