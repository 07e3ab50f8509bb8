"""pocketsphinx: the engine that works from a bare install, English model in its wheel.

The grammar of the household decides what can be heard. The decoder sees only what the voice
activity detector calls speech, with a little on either side: cutting that out matters more than
any of its options.

It listens twice. While somebody speaks, a quick decoder gives words early enough to know whether
the sentence can go on. When the command is over, the noise is known, and so is the mean of the
whole: then all of it is heard again, cleaned, by a careful decoder. That hearing is the one that
counts; in a noisy kitchen it understands half as much again as the first. Noise is taken out
twice: by a network while it is heard (rnnoise.py), and what that has left, by the acoustic model
(denoise.py). A quiet room is heard as it is.

**Is it a command at all?** A grammar makes a sentence of everything. What tells is how well the
sentence fits: its score against that of the best state of the whole acoustic model in every
frame, the freest competitor there is, which the decoder has computed anyway. Four things count:

    the words by themselves, without the silence around them, which always fits; the fewer frames
    they are, the more a single sound can spoil them, and the less is asked
    the worst of the words: who says something else says some of the words by chance
    the noise: everything fits worse in it, so what is asked depends on what of it is left
    a row of any phones, fitted to the same sound, where the others leave a doubt: the better it
    does than the sentence, the less was the sentence said

They are weighed as a logistic regression found on half of the orders and of a household's
sentences, in quiet and in noise, against other people's talk. How much must remain was chosen with
all of them in view.

Options, each measured on real commands (`make bench NAME=understanding`):

    bestpath off    the search of the word lattice can take minutes, and the grammar has found
                    its path already
    silprob 0.1     people pause in the middle of a command
    wide beams      in noise the right path is often not the best one at first: 74 -> 82 of 100
                    commands at 6 dB, for a tenth more work; and the freest competitor is the best
                    of what is within them: with narrow ones ten times as much talk is a command
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from device.ears.recognize.engines.cepstra import BANDS, Array, lifted, log_bands
from device.ears.recognize.engines.cut import Cut
from device.ears.recognize.engines.denoise import Cleaner
from device.ears.recognize.engines.rnnoise import KEPT, RNNoise, mixed
from device.ears.recognize.grammar import PHONE, of_phones, of_words
from device.ears.recognize.pronunciation import ALL_PHONES, Lexicon
from device.language.graph import Graph

EARLY = 5
"""After so many frames without speech the careful hearing is done ahead of time: the silence that
ends a command is longer, and what is waited for anyway costs nothing. Speech makes it void."""
PARTIAL_EVERY = 3
"""Frames between two looks at the words so far."""
_COMMON: dict[str, Any] = {"loglevel": "FATAL", "lm": None, "bestpath": False, "silprob": 0.1}
_QUICK: dict[str, Any] = {"beam": 1e-40, "pbeam": 1e-40, "wbeam": 1e-24}
_CAREFUL: dict[str, Any] = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60}

ASKED_IN_QUIET = -33.0
"""Score a frame (in the decoder's units) that words must have in a quiet room."""
QUIET_DB = 30.0
PER_DB = 0.95
"""For each decibel less than QUIET_DB, this much less is asked."""
ASKED_AT_LEAST = -46.0
"""However loud the noise is."""
ERROR = 85.0
"""What words may err by, over the root of the number of their frames, as the error of a mean is."""
ERROR_OF_ONE = 60.0
"""The same for the worst of the words."""
WORST = 0.45
"""Weight of the worst of the words."""
ALONE = 6.0
"""A command of one word has no worst one, and nothing else is taken for it as easily."""
SURE, LOST = -8.0, -32.0
"""Above and below these the words and the noise decide; between them the row of phones does:"""
AHEAD = 1.2
"""what it is ahead by, a frame, has this weight,"""
LEAST = -28.0
"""and this must remain."""
_NO_WORD = "<[+("
"""What silence and the end of a path begin with, in the decoder's results."""
_SHORT, _LONG = 80, 180
"""Frames of 10 ms: a short command says little about the channel by its mean alone."""


class PocketSphinx:
    """One command by the word graph."""

    limit_s = 4.0

    def __init__(
        self, commands: Graph, answers: Graph, lexicon: Lexicon, quieter: RNNoise | None = None
    ) -> None:
        """Load the acoustic model and build the grammars (half a second and some 60 MB).

        quieter: what every frame goes through before it is heard.
        """
        self._quieter = quieter
        words = commands.words | answers.words
        self._quick = decoder_of(lexicon, words, _QUICK)
        # its features come with their mean taken off
        with _memory(_parameters().replace("-cmn batch", "-cmn none")) as parameters:
            self._careful = decoder_of(lexicon, words, {**_CAREFUL, "featparams": parameters})
        for name, graph in (("commands", commands), ("answers", answers)):
            grammar = of_words(graph, lambda word: bool(lexicon.ways(word)))
            for decoder in (self._quick, self._careful):
                add_grammar(decoder, name, *grammar)
        add_grammar(self._careful, "phones", *of_phones())
        self._cleaner = Cleaner(folder())
        self._no_channel = self._quick.get_cmn(False)
        self._grammar = "commands"
        self._cut, self._sound, self._since_partial = Cut(), list[bytes](), 0
        self._early: str | None = None

    def start(self) -> None:
        """Begin an utterance; the channel estimate is the model's own, not the last command's."""
        self._cut, self._sound, self._since_partial = Cut(), [], 0
        self._early = None
        if self._quieter:
            self._quieter.start()
        self._begin("commands")

    def _begin(self, grammar: str) -> None:
        self._grammar = grammar
        self._quick.activate_search(grammar)
        self._quick.set_cmn(self._no_channel)
        self._quick.start_utt()

    def asked(self) -> None:
        """Answers count too."""
        self._quick.end_utt()
        self._begin("answers")

    def feed(self, frame: bytes, speech: bool) -> str | None:
        """Take 80 ms; the words so far, every third frame of speech."""
        taken = self._quieter.take(frame) if self._quieter else frame + frame
        parts = self._cut.take(taken, speech)
        if speech:
            self._early = None
        elif self._cut.spoken and self._cut.silent == EARLY:
            self._early = self._careful_words()
        if self._cut.anew:
            self._sound.clear()
            self._quick.end_utt()
            self._begin(self._grammar)
        for part in parts:
            self._sound.append(part)
            self._quick.process_raw(mixed([part]).tobytes())
            self._since_partial += 1
        if self._since_partial < PARTIAL_EVERY:
            return None
        self._since_partial = 0
        return _words(self._quick.hyp())

    def finish(self) -> str:
        """The words of the command; empty if it was none."""
        self._quick.end_utt()
        if not self._cut.spoken:
            return ""
        return self._careful_words() if self._early is None else self._early

    def _careful_words(self) -> str:
        """All that was taken so far, heard again; empty if it was no command."""
        bands, noise = self._bands(1.0)
        asked = asked_of(bands, noise)
        quiet = asked == ASKED_IN_QUIET
        if not quiet:
            bands, noise = self._bands(KEPT)
            asked = asked_of(bands, noise)
        cleaned, channel = self._cleaner.clean(bands, noise)
        long = (len(bands) - _SHORT) / (_LONG - _SHORT) if quiet else 1.0
        share = min(1.0, max(0.0, long))
        features = lifted(cleaned - share * cleaned.mean(0) - (1 - share) * channel)
        words, score, fit = _hear(self._careful, features, self._grammar)
        certain = fit - asked
        if certain >= SURE or certain < LOST:
            return words if certain >= SURE else ""
        ahead = (_hear(self._careful, features, "phones")[1] - score) / len(bands)
        return words if certain - AHEAD * ahead >= LEAST else ""

    def _bands(self, kept: float) -> tuple[Array, Array]:
        """Log bands of all that was taken, and, frame by frame, of what isn't speech."""
        quiet = [log_bands(mixed([frame], kept)) for frame in self._cut.quiet]
        noise = np.concatenate(quiet) if quiet else np.empty((0, BANDS))
        return log_bands(mixed(self._sound, kept)), noise


def _hear(decoder: Any, features: bytes, grammar: str) -> tuple[str, float, float]:
    """(words, score, how well the words fit) by one of the grammars."""
    decoder.activate_search(grammar)
    decoder.start_utt()
    decoder.process_cep(features, full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    if not found or found.best_score <= 0:
        return "", -1e9, -1e9
    log = decoder.logmath.log
    parts = [
        (part.end_frame - part.start_frame + 1, float(log(part.ascore)))
        for part in decoder.seg()
        if part.word[0] not in _NO_WORD
    ]
    return _words(found), float(log(found.best_score)), fit_of(parts)


def fit_of(words: Sequence[tuple[int, float]]) -> float:
    """How well words fit, of which each has (frames, score): a score a frame."""
    if not words:
        return -1e9
    frames = sum(count for count, _ in words)
    mean = sum(score for _, score in words) / frames
    worst = min(score / count + ERROR_OF_ONE / count**0.5 for count, score in words)
    alone = ALONE if len(words) == 1 else 0.0
    return float(mean + ERROR / np.sqrt(frames) + WORST * worst + alone)


def asked_of(bands: Array, noise: Array) -> float:
    """The score a frame that words must have, by the signal-to-noise ratio of the sound.

    bands, noise: log powers (steps, bands) of the sound and of what was there without speech.
    """
    power = np.sort(np.exp(bands).sum(1))
    speech = power[-max(3, len(power) // 3) :].mean()
    rest = np.exp(noise).sum(1).mean() if len(noise) else power[: max(1, len(power) // 10)].mean()
    ratio_db = 10 * np.log10(speech / rest)
    return float(max(ASKED_AT_LEAST, ASKED_IN_QUIET - PER_DB * max(0.0, QUIET_DB - ratio_db)))


def _words(found: Any) -> str:
    """The words of a hypothesis, without silence and without the number of a pronunciation."""
    words = found.hypstr.split() if found else []
    return " ".join(word.split("(")[0] for word in words if word[0] not in _NO_WORD)


def add_grammar(decoder: Any, name: str, arcs: list[Any], start: int, end: int) -> None:
    """A search of this name for what `grammar` made."""
    decoder.add_fsg(name, decoder.create_fsg(name, start, end, arcs))


def decoder_of(lexicon: Lexicon, words: Iterable[str], options: dict[str, Any]) -> Any:
    """A decoder with `words` and the single phones, and no others."""
    from pocketsphinx import Decoder

    lines = [f"{PHONE}{phone.lower()} {phone}" for phone in ALL_PHONES]
    for word in sorted(words):
        for number, phones in enumerate(lexicon.ways(word)):
            name = word if number == 0 else f"{word}({number + 1})"
            lines.append(f"{name} {' '.join(phones)}")
    with _memory("\n".join(lines) + "\n") as dictionary:
        return Decoder(dict=dictionary, **_COMMON, **options)


@contextlib.contextmanager
def _memory(text: str) -> Iterator[str]:
    """A path to `text` for a library that reads files: it is in memory, and leaves none behind."""
    memory = os.memfd_create("keepmum")
    with os.fdopen(memory, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        yield f"/proc/self/fd/{memory}"


def _parameters() -> str:
    return (folder() / "feat.params").read_text(encoding="ascii")


def folder() -> Path:
    """The acoustic model in the wheel."""
    import pocketsphinx

    return Path(pocketsphinx.get_model_path("en-us/en-us"))
