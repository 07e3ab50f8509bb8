"""Whatever the sentence files let people say, the permits let happen."""

from __future__ import annotations

import random

import pytest

from device.hands.permits import NotPermitted, check
from device.language.examples import Examples
from device.mind.types import Intent
from device.names import compile_names
from tests.hands.homes import MUSIC, furnished
from tests.language.speech import packaged_sentences

EACH = 60


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_is_permitted(language: str) -> None:
    names = compile_names(furnished(language), MUSIC)
    walks = Examples(packaged_sentences(language, names))
    chance = random.Random(7)
    refused: set[str] = set()
    for rank in walks.ranks():
        for _ in range(EACH):
            example = walks.of(rank, chance.randrange)
            try:
                check(example.request, names)
            except NotPermitted as why:
                refused.add(f"{Intent(example.request.intent).name}: {why}: {example.words}")
    assert not refused
