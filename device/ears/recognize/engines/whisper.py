"""Whisper tiny.en: the extra for noisy rooms on a Pi 5.

The network listens, a search over the household's own sentences decodes: of all that can be said,
what fits best (`wordpaths`). Left to decode freely the model writes what English usually says; in
noise it understood half as many commands, and what it wrote had to be forgiven so much that a
coffee order could have become a command.

**Is it a command at all?** The best sentence must be likely in itself, and not much less likely
than what the same decoder says when it may say anything. The first refuses other people's talk
and noise, for nothing that can be said is likely then; the second a sentence that is nearly one.

It doesn't stream: it listens when the voice has paused, while the silence that ends a command
runs; speech makes that void. The model is loaded once, in the parent. What a child keeps is the
sound of the command, from a little before it; it dies with the child.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from device.ears.recognize.engines.cut import Cut
from device.ears.recognize.engines.whisperbands import log_mel
from device.ears.recognize.engines.whispernet import Decoder, Encoder, Listening, weights_of
from device.ears.recognize.engines.wordpaths import Found, TokenGraph, Tokens, WordPaths
from device.errors import NoTokenizer
from device.language.graph import Graph
from device.mind.types import RATE

MODEL = "whisper-tiny-en"
FILES = ("model.bin", "config.json", "tokenizer.json")
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

ASKED_PER_TOKEN = -1.9
"""The mean log-probability that a command's tokens must have."""
ASKED_AGAINST_FREE = -1.3
"""The log-probability by which it may fall behind free speech, a word (and two words for free:
short commands are short of evidence)."""


class Whisper:
    """One command by a neural network that has heard everything."""

    limit_s = 10.0

    def __init__(self, commands: Graph, answers: Graph, model: Path) -> None:
        """Load the model (some 90 MB); `model`: its folder. Raises NoTokenizer, UnknownWeights."""
        try:
            from tokenizers import Tokenizer
        except ImportError as missing:
            raise NoTokenizer from missing

        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._graphs = [TokenGraph(graph, self._spellings) for graph in (commands, answers)]
        self._prompts = [self._prompt(graph) for graph in (commands, answers)]
        end, _ = ends = self._special("<|endoftext|>"), self._tokens(" ")[-1]
        kept = {*range(COMMON), *ends, *(t for prompt in self._prompts for t in prompt)}
        kept.update(*(graph.tokens for graph in self._graphs))
        weights = weights_of((model / "model.bin").read_bytes())
        self._encoder, self._decoder = Encoder(weights), Decoder(weights, sorted(kept))
        place = self._decoder.places(range(self._tokenizer.get_vocab_size()))
        never = [*json.loads((model / "config.json").read_text())["suppress_ids"], ends[1]]
        self._searches = [WordPaths(graph, place, end, never) for graph in self._graphs]
        self._asked, self._cut, self._sound = False, Cut(), list[bytes]()
        self._early: str | None = None
        self._encoder(log_mel(np.zeros(RATE, np.float32))[:, :100])  # loads what loads at first use

    def start(self) -> None:
        """A new command."""
        self._asked, self._cut, self._sound, self._early = False, Cut(), [], None

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
            return self._early or None
        return None

    def finish(self) -> str:
        """The words of the command; empty if it was none."""
        if not self._cut.spoken:
            return ""
        return self._hear() if self._early is None else self._early

    def _hear(self) -> str:
        end = len(self._sound) - max(0, self._cut.silent - TRAIL)
        samples = np.frombuffer(b"".join(self._sound[:end]), np.int16).astype(np.float32) / 32768.0
        bands = log_mel(samples)[:, :LONGEST]
        context = max(CONTEXT, -(-bands.shape[1] // CONTEXT_STEP) * CONTEXT_STEP)
        padded = np.pad(bands, ((0, 0), (0, context - bands.shape[1])))
        listening = Listening(self._decoder, self._encoder(padded), self._prompts[self._asked])
        found = self._searches[self._asked].best(listening)
        if found is None:
            return ""
        words = self._tokenizer.decode(list(found.tokens)).lower().split()
        return " ".join(words) if is_command(found, len(words)) else ""

    def _tokens(self, text: str) -> Tokens:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _special(self, name: str) -> int:
        token = self._tokenizer.token_to_id(name)
        if token is None:
            raise ValueError("not Whisper's vocabulary")
        return int(token)

    def _spellings(self, word: str) -> list[Tokens]:
        """A word in small letters, and as it is written at the beginning or as a name."""
        return [
            self._tokens(f" {way}") for way in dict.fromkeys((word, word[:1].upper() + word[1:]))
        ]

    def _prompt(self, graph: Graph) -> Tokens:
        """What seems to have been said before: sentences of the household."""
        begin = self._special("<|startoftranscript|>"), self._special("<|notimestamps|>")
        said = ", ".join(sample_sentences(graph, PROMPT_CHARACTERS))
        return (self._special("<|startofprev|>"), *self._tokens(f" {said}"), *begin)


def is_command(found: Found, words: int) -> bool:
    """Whether the best sentence is good enough to be acted on."""
    behind = (found.score - found.free) / (words + 2)
    return found.per_token >= ASKED_PER_TOKEN and behind >= ASKED_AGAINST_FREE


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
