"""Whisper tiny.en: the engine for English wherever the machine is fast enough.

The network listens, a search over the household's own sentences decodes: of all that can be said,
what fits best (`wordpaths`). Beside it the network writes down what was said, as if it might be
anything; only where both agree (`agreement`) is there a command.

It doesn't stream: it listens when the voice has paused, while the silence that ends a command
runs; speech makes that void. The model is loaded once, in the parent. What a child keeps is the
sound of the command, from a little before it, and what was written down; both die with the child.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from device.ears.recognize.engines.agreement import Agreement, Candidate, Words
from device.ears.recognize.engines.bytepairs import BytePairs
from device.ears.recognize.engines.cut import Cut
from device.ears.recognize.engines.whisperbands import Array, log_mel
from device.ears.recognize.engines.whispernet import GOING_ON, LISTENING, TOKENS, Listening, Network
from device.ears.recognize.engines.wordpaths import Heard, TokenGraph, Tokens, WordPaths
from device.language.graph import Graph, after_names
from device.mind.types import RATE

MODEL = "whisper-tiny-en"
FILES = (LISTENING, GOING_ON, TOKENS, "config.json", "tokenizer.json")
END = "<|endoftext|>"
PROMPT_CHARACTERS = 500
"""As many characters of example sentences as its prompt has."""
COMMON = 6_000
"""Tokens that compete with those of the sentences: the commonest, by their number."""
LEAD, TRAIL = 8, 4
"""Frames before and after speech that it listens to; unlike other engines it needs them, and the
pauses in between."""
EARLY = 4
"""After so many frames without speech it listens, ahead of the end."""
CONTEXT, CONTEXT_STEP, LONGEST = 1_000, 500, 3_000
"""Steps of 10 ms that the encoder sees: padded to 10 s, or as much more as there is. It was trained
on half a minute, which costs eight times as much and brings nothing."""


class Whisper:
    """One command by a neural network that has heard everything."""

    limit_s = 10.0

    def __init__(
        self,
        commands: Graph,
        answers: Graph,
        model: Path,
        agreement: Agreement,
        names: Sequence[Words] = (),
    ) -> None:
        """Load the model (some 40 MB); `model`: its folder.

        `names`: the words of each wake word; who says one again begins anew.
        """
        pairs = BytePairs(model / "tokenizer.json")
        self._agreement = agreement
        self._graphs = commands, answers
        self._names = names
        graphs = [
            TokenGraph(after_names(graph, names), _spellings(pairs)) for graph in self._graphs
        ]
        self._prompts = [prompt(pairs, graph) for graph in self._graphs]
        end, comma, space = pairs.special(END), *pairs.tokens(", ")
        kept = {*range(COMMON), end, comma, space, *(t for row in self._prompts for t in row)}
        kept.update(*(graph.tokens for graph in graphs))
        self._text = pairs.texts(kept)
        self._net = Network(model, sorted(kept))
        place = self._net.places(range(pairs.count))
        never = [*json.loads((model / "config.json").read_text())["suppress_ids"], space]
        self._searches = [WordPaths(graph, place, end, never) for graph in graphs]
        self._asked, self._cut, self._sound = False, Cut(), list[bytes]()
        self._early: str | None = None
        self._begun = ""
        """What was written down last, if sentences begin so and none is that."""
        self._net.listen(padded(log_mel(np.zeros(RATE, np.float32))))  # what loads at first use

    def start(self) -> None:
        """A new command."""
        self._asked, self._cut, self._sound = False, Cut(), []
        self._early, self._begun = None, ""

    def asked(self) -> None:
        """Answers count too."""
        self._asked = True

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms; the words of the command when the voice has paused."""
        self._cut.take(frame, speech)
        if not self._cut.spoken or self._cut.anew:
            del self._sound[:-LEAD]
        self._sound.append(frame)
        if speech:
            self._early = None
        elif self._cut.spoken and self._cut.silent == EARLY:
            self._early = self._hear()
            return self._early or self._begun
        return None

    def finish(self) -> str:
        """The words of the command; empty if it was none."""
        if not self._cut.spoken:
            return ""
        return self._hear() if self._early is None else self._early

    def _hear(self) -> str:
        end = len(self._sound) - max(0, self._cut.silent - TRAIL)
        samples = np.frombuffer(b"".join(self._sound[:end]), np.int16).astype(np.float32) / 32768.0
        sound = self._net.listen(padded(log_mel(samples)[:, :LONGEST]))
        listening = Listening(self._net, sound, self._prompts[self._asked])
        return self._agreed(self._searches[self._asked].hear(listening))

    def _agreed(self, heard: Heard) -> str:
        candidates = [
            Candidate(self._anew(tuple(words.split())), one.score, len(one.tokens))
            for one in heard.sentences
            for words in (self._text(one.tokens).lower(),)
        ]
        written = self._anew(self._agreement.words(self._text(heard.said)))
        state = self._graphs[self._asked].follow(written)
        unfinished = state is not None and state not in self._graphs[self._asked].finals
        self._begun = " ".join(written) if unfinished else ""
        return self._agreement.agreed(candidates, written, heard.free)

    def _anew(self, words: Words) -> Words:
        """`words` after a wake word that they begin with."""
        begun = (len(name) for name in self._names if words[: len(name)] == name)
        return words[next(begun, 0) :]


def _spellings(pairs: BytePairs) -> Callable[[str], list[Tokens]]:
    """A word in small letters, and as it is written at the beginning or as a name."""

    def spelled(word: str) -> list[Tokens]:
        ways = dict.fromkeys((word, word[:1].upper() + word[1:]))
        return [pairs.tokens(f" {way}") for way in ways]

    return spelled


def prompt(pairs: BytePairs, graph: Graph) -> Tokens:
    """What seems to have been said before: sentences of the household."""
    begin = pairs.special("<|startoftranscript|>"), pairs.special("<|notimestamps|>")
    said = ", ".join(sample_sentences(graph, PROMPT_CHARACTERS))
    return (pairs.special("<|startofprev|>"), *pairs.tokens(f" {said}"), *begin)


def padded(bands: Array) -> Array:
    """`bands` (80, steps) with silence behind them, as the network was trained to find it."""
    steps = max(CONTEXT, -(-bands.shape[1] // CONTEXT_STEP) * CONTEXT_STEP)
    return np.pad(bands, ((0, 0), (0, steps - bands.shape[1])), constant_values=bands.min())


def sample_sentences(graph: Graph, room: int) -> Sequence[str]:
    """Sentences that show as many words as there is room for (characters, commas between)."""
    shown: dict[str, int] = {}
    out: list[str] = []
    while True:
        words: list[str] = []
        state = graph.start
        while arcs := graph.arcs(state):
            word, after = min(arcs, key=lambda arc: shown.get(arc[0], 0))
            if state in graph.finals and shown.get(word, 0):
                break
            shown[word] = shown.get(word, 0) + 1
            words.append(word)
            state = after
        room -= len(" ".join(words)) + 2
        if room < 0 or not words:
            return out
        out.append(" ".join(words))
