"""The extra engine: what its prompt is told, and (where it is installed) what it hears."""

from __future__ import annotations

import pytest

from device.ears.engines.whisper import FILES, HOT_CHARACTERS, MODEL, hot_words
from device.mind.graph import Graph
from device.modelstore import ModelStore
from tests.ears.test_engines_pocketsphinx import english, frames


def test_hot_words_are_the_rarest_and_fit() -> None:
    words = [f"lamp{i}" for i in range(300)]
    graph = Graph(0, [{"turn": 1}, dict.fromkeys(words, 2) | {"turn": 2}, {}], frozenset({2}))
    hot = hot_words(graph)
    assert len(hot) <= HOT_CHARACTERS
    assert hot.split()[0] == "lamp100"
    assert "turn" not in hot.split()


def test_hears_a_command() -> None:
    pytest.importorskip("faster_whisper", reason="the extra keepmum[whisper] is not installed")
    from device.ears.engines.whisper import Whisper

    store = ModelStore()
    found = [store.find(f"{MODEL}/{file}") for file in FILES]
    if None in found or found[0] is None:
        pytest.skip("the model is not in the models folder: keepmum models fetch whisper")
    engine = Whisper(english().graph, english().graph, found[0].parent)
    engine.start()
    for frame, speech in frames("set a timer for ten minutes"):
        engine.feed(frame, speech)
    heard = english().tokens(engine.finish())
    assert {"timer", "ten", "minutes"} <= set(heard)
