"""Whatever can be said is understood as what it was made from."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.language.examples import Example, Examples
from device.language.rendering import NAMED
from device.mind.types import Color, Intent, Kind, Request, Slot
from device.names import NameTable, number
from tests.language.homes import full_home
from tests.language.speech import matcher, packaged_sentences

LIMITS = {
    Slot.DURATION: (1, 2_000_000),
    Slot.TIME: (0, 1439),
    Slot.TIME12: (0, 719),
    Slot.DAYS: (1, 128),
    Slot.PERCENT: (0, 100),
    Slot.NUMBER: (1, 4),
    Slot.DEGREES: (50, 959),
    Slot.ALL: (1, 1),
    Slot.HERE: (1, 1),
    Slot.COLOR: (min(Color), max(Color)),
    Slot.KIND: (min(Kind), max(Kind)),
}


@pytest.mark.parametrize("language", ["en", "fr"])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_example_is_understood_with_its_slots(language: str, data: st.DataObject) -> None:
    names = full_home(language)
    walks = Examples(packaged_sentences(language, names))
    rank = data.draw(st.sampled_from(sorted(walks.ranks())))
    example = walks.of(rank, lambda below: data.draw(st.integers(0, below - 1)))
    assert_sensible(example.request, names)
    found = matcher(language, names).find(example.words)
    assert found is not None
    assert found.cost == 0
    if found.request != example.request:  # two readings: the one that counts first was taken
        assert preference(found.rank, found.request) < preference(rank, example.request)


def preference(rank: int, request: Request) -> tuple[int, tuple[tuple[Slot, int], ...]]:
    return rank, request.slots


def assert_sensible(request: Request, names: NameTable) -> None:
    """Every slot holds a value of its kind: a name of the table, or a number within limits."""
    for slot, value in request.slots:
        if slot in NAMED:
            assert names.get(value) is not None
        else:
            low, high = LIMITS[slot]
            assert low <= value <= high


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_intent_can_be_said(language: str) -> None:
    walks = Examples(packaged_sentences(language, full_home(language)))
    assert set(walks.ranks().values()) == set(Intent)


def test_examples_follow_the_choices() -> None:
    walks = Examples(packaged_sentences("en", number([], "en")))
    rank = next(rank for rank, intent in walks.ranks().items() if intent == Intent.HELP)
    assert walks.of(rank, lambda _: 0) == Example(
        ("can", "you", "help", "me", "please"), Request(Intent.HELP), rank
    )


def test_every_process_numbers_the_same_sentences_alike() -> None:
    program = (
        "from tests.language.homes import full_home\n"
        "from tests.language.speech import packaged_sentences\n"
        "print(packaged_sentences('en', full_home('en')).automaton.states)"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
