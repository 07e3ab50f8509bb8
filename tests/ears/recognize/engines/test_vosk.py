"""Vosk on its Korean model, the one real Vosk model that a package index has; and its phrases."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from device.ears.recognize.engines.vosk import UNKNOWN, Vosk, phrases
from device.language.graph import Graph
from device.mind.types import FRAME_BYTES
from device.modelstore import ModelStore

TREE = Graph(
    0,
    [{"turn": 1, "stop": 3}, {"on": 2, "off": 2}, {"it": 3, "lights": 3}, {}],
    frozenset({3}),
)


def pairs(sentences: list[str]) -> set[tuple[str, ...]]:
    split = [sentence.split() for sentence in sentences]
    return {pair for words in split for pair in itertools.pairwise(words)}


def test_phrases_show_every_pair_of_words_and_only_sentences() -> None:
    shown = phrases(TREE)
    assert pairs(shown) == {
        ("turn", "on"),
        ("turn", "off"),
        ("on", "it"),
        ("on", "lights"),
        ("off", "it"),
        ("off", "lights"),
    }
    assert "stop" in shown
    ends = [TREE.follow(sentence.split()) for sentence in shown]
    assert all(end in TREE.finals for end in ends)


def test_a_word_without_vocabulary_becomes_the_unknown_word() -> None:
    shown = phrases(TREE, lambda word: word != "lights")
    assert any(UNKNOWN in sentence for sentence in shown)
    assert not any("lights" in sentence for sentence in shown)


@pytest.fixture(scope="module")
def korean() -> Path:
    path = ModelStore().find("vosk/ko")
    if path is None:
        pytest.skip("vosk/ko is not in the models folder: keepmum models fetch vosk-ko")
    return path


@pytest.mark.korean
def test_the_real_engine_takes_a_command_of_silence(korean: Path) -> None:
    """The engine runs: words are looked up, a grammar is taken, silence is no command."""
    commands = Graph(0, [{"불": 1, "xyzzy": 1}, {"켜": 2, "꺼": 2}, {}], frozenset({2}))
    engine = Vosk(commands, commands, korean)
    assert engine.knows("불")
    assert not engine.knows("xyzzy")
    assert json.loads(engine._phrases[0])[-1] == UNKNOWN
    for asked in (False, True):
        engine.start()
        if asked:
            engine.asked()
        seen = [engine.feed(bytes(FRAME_BYTES), True) for _ in range(6)]
        assert any(words is not None for words in seen)
        assert engine.finish() in {"", UNKNOWN}
