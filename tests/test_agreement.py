"""Ears and hands agree: whatever can be said is permitted."""

from __future__ import annotations

import random

import pytest

from device.hands.permits import NotPermitted, check
from device.mind.examples import Examples
from tests.mind.homes import full_home
from tests.mind.speech import packaged_sentences

EACH = 100


@pytest.mark.parametrize("language", ["en", "fr"])
def test_everything_that_can_be_said_is_permitted(language: str) -> None:
    names = full_home(language)
    walks = Examples(packaged_sentences(language, names))
    chance = random.Random(1)
    refused: dict[str, str] = {}
    for rank in walks.ranks():
        for _ in range(EACH):
            example = walks.of(rank, chance.randrange)
            try:
                check(example.request, names)
            except NotPermitted as why:
                refused.setdefault(f"{example.request.intent}: {why}", " ".join(example.words))
    assert refused == {}
