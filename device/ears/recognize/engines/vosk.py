"""Vosk: used as soon as a model of the language is on the shelf.

Its "grammar" is a list of phrases, of which it makes word pairs with a way out into anything, so
it hears what no sentence says; the matcher decides. What it must never be given: an empty list or
anything but JSON (it dies), a grammar in mid-stream (it aborts), escaped characters (no word is
known), a word outside its vocabulary (it is silent for ever), a name instead of a path (it goes to
the network). A model that is cut short loads, and fails later: the models folder is verified.
"""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

from device.ears.recognize.engines.cut import Cut
from device.language.graph import Graph
from device.mind.types import RATE

UNKNOWN = "[unk]"
PARTIAL_EVERY = 3


class Vosk:
    """One command by word pairs."""

    limit_s = 8.0

    def __init__(self, commands: Graph, answers: Graph, model: Path) -> None:
        """Load the model (a second and tens to hundreds of MB). `model`: its folder."""
        import vosk

        vosk.SetLogLevel(-2)
        self._vosk = vosk
        self._model = vosk.Model(str(model))
        knows = self.knows
        self._phrases = [
            json.dumps([*phrases(graph, knows), UNKNOWN], ensure_ascii=False)
            for graph in (commands, answers)
        ]
        self._recognizer: Any = None
        self._cut, self._heard, self._since_partial = Cut(), list[str](), 0

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has `word`."""
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def start(self) -> None:
        """Build the search for commands."""
        self._recognizer = self._vosk.KaldiRecognizer(self._model, RATE, self._phrases[0])
        self._cut, self._heard, self._since_partial = Cut(), [], 0

    def asked(self) -> None:
        """Build the search for answers in its place."""
        self._recognizer = self._vosk.KaldiRecognizer(self._model, RATE, self._phrases[1])

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms; the words so far, every third frame of speech."""
        parts = self._cut.take(frame, speech)
        if self._cut.anew:
            self._recognizer.Reset()
            self._heard.clear()
        for part in parts:
            if self._recognizer.AcceptWaveform(part):
                self._keep(self._recognizer.Result())
            self._since_partial += 1
        if self._since_partial < PARTIAL_EVERY:
            return None
        self._since_partial = 0
        partial = json.loads(self._recognizer.PartialResult())
        return " ".join([*self._heard, str(partial.get("partial", ""))]).strip()

    def finish(self) -> str:
        """The words of the command; what is none of the vocabulary is `[unk]`."""
        if self._cut.spoken:
            self._keep(self._recognizer.FinalResult())
        return " ".join(self._heard)

    def _keep(self, result: str) -> None:
        text = str(json.loads(result).get("text", ""))
        if text:
            self._heard.append(text)


def phrases(graph: Graph, knows: Any = lambda word: True) -> list[str]:
    """Sentences that show every pair of words that can follow each other, each pair once or more.

    Words that `knows` refuses are left as the unknown word, so that the rest can be heard.
    """
    before, after = _ways_in(graph), _ways_out(graph)
    shown: set[tuple[str, str]] = set()
    out: dict[str, None] = {}
    for state in sorted(before, key=lambda s: len(before[s])):
        for word, then in graph.arcs(state):
            for second, end in graph.arcs(then) or (("", then),):
                if (word, second) in shown:
                    continue
                words = [*before[state], word, *([second] if second else [])]
                words += _unseen(graph, end, words[-1], shown, after)
                shown.update(zip(words, [*words[1:], ""], strict=True))
                out[" ".join(w if knows(w) else UNKNOWN for w in words)] = None
    return list(out)


def _unseen(
    graph: Graph,
    state: int,
    last: str,
    shown: set[tuple[str, str]],
    after: dict[int, list[str]],
) -> list[str]:
    """A way from `state` to the end of a sentence, by pairs not shown yet as long as there are."""
    words: list[str] = []
    while True:
        fresh = [(w, to) for w, to in graph.arcs(state) if (last, w) not in shown]
        if not fresh:
            return words + after[state]
        last, state = fresh[0]
        words.append(last)


def _ways_in(graph: Graph) -> dict[int, list[str]]:
    """The shortest words that lead from the start to each state."""
    ways: dict[int, list[str]] = {graph.start: []}
    queue = deque([graph.start])
    while queue:
        state = queue.popleft()
        for word, to in graph.arcs(state):
            if to not in ways:
                ways[to] = [*ways[state], word]
                queue.append(to)
    return ways


def _ways_out(graph: Graph) -> dict[int, list[str]]:
    """The shortest words that lead from each state to the end of a sentence (no cycles)."""
    ways: dict[int, list[str]] = {}

    def way(state: int) -> list[str]:
        if state not in ways:
            ends = [[w, *way(to)] for w, to in graph.arcs(state)]
            ways[state] = [] if state in graph.finals else min(ends, key=len)
        return ways[state]

    for state in range(len(graph)):
        way(state)
    return ways
