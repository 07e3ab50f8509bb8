"""Ears and hands agree: whatever can be said is permitted."""

from __future__ import annotations

import random

import pytest

from device.hands.permits import TABLE, NotPermitted, check
from device.hands.skills.skill import Risk
from device.language.examples import Examples
from device.mind.types import Intent
from tests.language.homes import full_home
from tests.language.speech import packaged_sentences

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


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_opens_the_house_may_ask_first(language: str) -> None:
    asking = packaged_sentences(language, full_home(language)).asking
    doors = {intent for intent, permit in TABLE.items() if permit.risk is Risk.ASK}
    assert doors
    assert doors <= asking
    assert Intent.OPEN in asking


def test_both_languages_ask_about_the_same() -> None:
    english, french = (packaged_sentences(one, full_home(one)).asking for one in ("en", "fr"))
    assert english == french
