"""The extra engine: its prompt, its search, and (where it is installed) what it hears."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears.recognize.build import agreement_of
from device.ears.recognize.engines.whisper import (
    MODEL,
    PROMPT_CHARACTERS,
    Whisper,
    padded,
    sample_sentences,
)
from device.ears.recognize.engines.wordpaths import FREE_TOKENS, Heard, TokenGraph, WordPaths
from device.language.graph import Graph
from device.mind.types import FRAME_SAMPLES, Intent, Progress
from device.seal import memory
from tests.ears.recognize.engines.test_pocketsphinx import english, frames, room
from tests.voices import models

END = 9
ROOT = Path(__file__).parents[4]


def lamps(count: int) -> Graph:
    words = [f"lamp{i}" for i in range(count)]
    return Graph(0, [{"turn": 1}, dict.fromkeys(words, 2), {"off": 3}, {}], frozenset({2, 3}))


def test_the_prompt_shows_sentences_that_can_be_said() -> None:
    graph = lamps(300)
    shown = sample_sentences(graph, PROMPT_CHARACTERS)
    assert len(", ".join(shown)) <= PROMPT_CHARACTERS
    assert all(graph.follow(sentence.split()) in graph.finals for sentence in shown)


def test_the_prompt_shows_as_many_words_as_it_can() -> None:
    said = " ".join(sample_sentences(lamps(8), PROMPT_CHARACTERS)).split()
    assert set(said) == {"turn", "off", *(f"lamp{i}" for i in range(8))}


class Told:
    """A decoder that has been told what to find likely: token by token, and what comes freely."""

    def __init__(self, likely: Sequence[dict[int, float]]) -> None:
        self._likely = likely
        self._at = 0
        self.first = self._rows(1)
        self.most_paths = 1

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> NDArray[np.float32]:
        assert len(parents) == len(tokens)
        self._at += 1
        self.most_paths = max(self.most_paths, len(tokens))
        return self._rows(len(tokens))

    def _rows(self, count: int) -> NDArray[np.float32]:
        row = np.full(10, -20.0, np.float32)
        for token, worth in self._likely[min(self._at, len(self._likely) - 1)].items():
            row[token] = worth
        return np.tile(row, (count, 1))


def searched(
    graph: Graph, spelled: Mapping[str, tuple[int, ...]], *likely: dict[int, float]
) -> Heard:
    tokens = TokenGraph(graph, lambda word: [spelled[word]])
    return WordPaths(tokens, np.arange(10), END, [8]).hear(Told(likely))


def test_only_sentences_of_the_graph_are_found() -> None:
    graph = Graph(0, [{"light": 1, "radio": 1}, {"off": 2}, {}], frozenset({2}))
    spelled = {"light": (1,), "radio": (2,), "off": (3,)}
    heard = searched(graph, spelled, {5: -0.1, 2: -1.0, 1: -2.0}, {1: -0.1, 3: -1.0}, {END: -0.5})
    assert [one.tokens for one in heard.sentences] == [(2, 3), (1, 3)]
    assert heard.sentences[0].score == pytest.approx(-2.5)
    # token 8 must not be said, and the first token is not the end
    assert heard.said == (5, 1)
    assert heard.free == pytest.approx(-0.1 - 0.1 - 0.5)


def test_a_word_may_be_the_beginning_of_another() -> None:
    graph = Graph(0, [{"light": 1, "lighter": 2}, {"off": 2}, {}], frozenset({2}))
    spelled = {"light": (1,), "lighter": (1, 4), "off": (3,)}
    longer = searched(graph, spelled, {1: -0.1}, {4: -0.1, 3: -9.0}, {END: -0.1})
    shorter = searched(graph, spelled, {1: -0.1}, {3: -0.1, 4: -9.0}, {END: -0.1})
    assert longer.sentences[0].tokens == (1, 4)
    assert shorter.sentences[0].tokens == (1, 3)


def test_the_beam_is_bounded() -> None:
    wide = Graph(0, [{str(i): 1 for i in range(8)}, {str(i): 2 for i in range(8)}, {}], {2})  # type: ignore[arg-type]
    told = Told([dict.fromkeys(range(8), -2.0), dict.fromkeys(range(8), -2.0), {END: 0.0}])
    WordPaths(TokenGraph(wide, lambda word: [(int(word),)]), np.arange(10), END, []).hear(told)
    assert told.most_paths <= 9


def test_what_is_hopeless_is_not_followed() -> None:
    graph = Graph(0, [{"on": 1, "off": 1}, {"now": 2}, {}], frozenset({2}))
    spelled = {"on": (1,), "off": (2,), "now": (3,)}
    heard = searched(graph, spelled, {1: -0.1, 2: -9.0}, {3: -0.1}, {END: -0.1})
    assert [one.tokens for one in heard.sentences] == [(1, 3)]


NEXT = Graph(0, [{"next": 1}, {}], frozenset({1}))


def test_the_free_path_ends_where_it_begins_again() -> None:
    circle = [{1: -0.1}, {2: -0.1}, {1: -0.1}, {2: -0.1}, {3: -0.1}]
    heard = searched(NEXT, {"next": (7,)}, *circle)
    assert heard.said == (1, 2)
    assert heard.free == pytest.approx(-0.2)
    assert searched(NEXT, {"next": (7,)}, {1: -0.1}).said == (1,)  # one word for ever


def test_a_word_may_be_said_twice() -> None:
    heard = searched(NEXT, {"next": (7,)}, {1: -0.1}, {1: -0.1}, {2: -0.1}, {END: -0.1})
    assert heard.said == (1, 1, 2)


def test_the_free_path_is_cut_at_last() -> None:
    never_twice = [{(n * n) % 7: -0.1, 7: -0.2 * (n % 3)} for n in range(80)]
    assert len(searched(NEXT, {"next": (7,)}, *never_twice).said) <= FREE_TOKENS


def test_without_a_finished_sentence_there_is_none() -> None:
    endless = Graph(0, [{"a": 0}], frozenset())
    assert searched(endless, {"a": (1,)}, {2: -0.1}, {END: -0.1}).sentences == ()


def test_silence_behind_the_sound_is_as_quiet_as_its_quietest() -> None:
    bands = np.linspace(-1, 1, 80 * 30, dtype=np.float32).reshape(80, 30)
    made = padded(bands)
    assert made.shape == (80, 1000)
    assert (made[:, :30] == bands).all() and (made[:, 30:] == -1).all()
    assert padded(np.zeros((80, 1001), np.float32)).shape == (80, 1500)


# --- the real model


@functools.cache
def folder() -> Path:
    return models("whisper").path(f"{MODEL}/model.bin").parent


@functools.cache
def engine() -> Whisper:
    graph = english().graph
    return Whisper(graph, graph, folder(), agreement_of(english()), [("alexa",), ("hey", "jarvis")])


def test_understands_under_both_seals() -> None:
    code = SEALED.format(model=folder())
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=memory.wiping_environment(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == [str(int(Intent.TIMER_SET)), str(int(Intent.TIME))], done.stderr


SEALED = """
from pathlib import Path
from device.ears.start import _seals
from device.ears.recognize.build import agreement_of, commands_of, crew_of
from device.ears.recognize.engines.whisper import Whisper
from device.ears.recognize.pronunciation import Lexicon
from device.ears.recognize.recognizer import Heard, start
from device.seal import seccomp
from tests.ears.recognize.engines.test_pocketsphinx import english, frames

told = [frames(text) for text in ("set a timer for ten minutes", "what time is it")]
def crew():
    of = english()
    engine = Whisper(commands_of(of), of.graph, Path("{model}"), agreement_of(of))
    return crew_of(engine, of, Lexicon(of.graph.words))
seccomp.prepare()
recognizer = start(crew, longest=200, seals=_seals())
for sound in told:
    recognizer.open()
    for frame, speech in sound:
        recognizer.push(memoryview(frame), speech)
    recognizer.end()
    found = []
    while not found:
        recognizer.wait(10.0)
        found = [news for news in recognizer.poll() if isinstance(news, Heard)]
    print(int(found[0].request.intent) if found[0].request else found[0])
recognizer.close()
"""


def heard(told: Sequence[tuple[bytes, bool]]) -> str:
    engine().start()
    for frame, speech in told:
        engine().feed(frame, speech)
    return engine().finish()


@pytest.mark.parametrize(
    "text",
    ["set a timer for ten minutes", "what time is it", "set a timer for twenty five minutes"],
)
def test_hears_a_command(text: str) -> None:
    assert heard(frames(text)) == text


@pytest.mark.parametrize(
    "text",
    ["don't set a timer for ten minutes", "what time is it in london", "did you set a timer"],
)
def test_what_is_nearly_a_command_is_nothing(text: str) -> None:
    assert heard(frames(text)) == ""


def test_who_says_the_wake_word_again_begins_anew() -> None:
    assert heard(frames("alexa, set a timer for ten minutes")) == "set a timer for ten minutes"


def test_other_talk_is_nothing() -> None:
    assert heard(frames("the doctor said he should walk more and eat less bread")) == ""
    assert heard(frames("i told her that we would be late")) == ""


@pytest.mark.parametrize("level", [0.0, 8.0, 2000.0])
def test_silence_and_noise_are_nothing_even_if_they_pass_for_speech(level: float) -> None:
    noise = np.random.default_rng(1).normal(0, level, 20 * FRAME_SAMPLES).astype(np.int16)
    blocks = noise.reshape(20, FRAME_SAMPLES)
    assert heard([(block.tobytes(), 3 < at < 14) for at, block in enumerate(blocks)]) == ""


def test_without_speech_there_is_nothing() -> None:
    blocks = room(20 * FRAME_SAMPLES / 16_000).reshape(20, FRAME_SAMPLES)
    assert heard([(block.tobytes(), False) for block in blocks]) == ""


def test_listens_while_the_silence_runs_and_again_if_it_was_a_pause() -> None:
    engine().start()
    told = frames("set a timer for ten minutes")
    said = [engine().feed(*one) for one in told]
    assert "set a timer for ten minutes" in said
    last = max(at for at, (_, speech) in enumerate(told) if speech)
    assert not any(said[: last + 1])


def test_a_sentence_that_is_not_over_is_told_while_the_silence_runs() -> None:
    engine().start()
    said = [engine().feed(*one) for one in frames("set a timer for")]
    (begun,) = filter(None, said)
    assert english().graph.progress(begun.split()) is Progress.UNFINISHED
    assert engine().finish() == ""


def test_keeps_no_more_before_speech_than_it_needs() -> None:
    engine().start()
    for _ in range(50):
        engine().feed(bytes(2 * FRAME_SAMPLES), False)
    assert len(engine()._sound) <= 9


@pytest.mark.parametrize("seconds", [6, 12, 40])
def test_commands_of_any_length_are_listened_to(seconds: int) -> None:
    told = frames("set a timer for ten minutes")
    noise = room(seconds).astype(np.int16)
    blocks = noise[: len(noise) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    assert isinstance(heard([*told, *((block.tobytes(), True) for block in blocks)]), str)
