"""Two hearings that agree, and those that don't."""

from __future__ import annotations

import functools

import pytest

from device.ears.recognize.build import agreement_of
from device.ears.recognize.engines.agreement import (
    ALIKE,
    SAME,
    UNCLEAR,
    Agreement,
    Candidate,
)
from tests.benchmarks.sayings import household

GOOD = -0.2
"""A log-probability a token that speaks for a sentence."""


@functools.cache
def agreement() -> Agreement:
    return agreement_of(household()[0])


def candidate(text: str, per_token: float = GOOD) -> Candidate:
    words = tuple(text.split())
    return Candidate(words, per_token * (len(words) + 1), len(words))


def decided(candidates: list[Candidate], said: str, free: float) -> str:
    return agreement().agreed(candidates, agreement().words(said), free)


def agreed(said: str, *sentences: str, per_token: float = GOOD) -> str:
    first, *others = sentences
    ranked = [candidate(first, per_token), *(candidate(other, -4.0) for other in others)]
    return decided(ranked, said, ranked[0].score)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (" turn off the lights", "turn off the lights"),
        (" Turn off the lights.", "turn off the lights"),
        (" set a timer for 45 minutes", "set a timer for forty five minutes"),
        (" turn off lights in office please", "turn off the lights in the office"),
        (" what's the temp of the eco-be", "what's the temp of the ecobee"),
        (" set bed light brightness, fifty percent", "set bed light brightness to fifty percent"),
        (" turn bad light off", "turn bed light off"),
        (" turn the TV off. Turn the TV off.", "turn the tv off"),
        (" start a timer for three hours in ten", "start a timer for three hours and ten"),
        (" turn of the lights", "turn off the lights"),
        (" start a thymer for one minute", "start a timer for one minute"),
    ],
)  # fmt: skip
def test_what_was_written_down_so_was_said(said: str, sentence: str) -> None:
    assert agreed(said, sentence) == sentence


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (" don't turn off the lights", "turn off the lights"),
        (" did you turn off the lights", "turn off the lights"),
        (" I turned off the lights", "turn off the lights"),
        (" the lights are on", "lights on"),
        (" is the kitchen light on", "kitchen light on"),
        (" never turn on the TV", "turn on the tv"),
        (" turn on the bathroom light", "turn on the bed light"),
        (" turn on the lights", "turn off the lights"),
        (" open the garage door", "close the garage door"),
        (" lock the front door", "unlock the front door"),
        (" set a timer for thirty minutes", "set a timer for thirteen minutes"),
        (" set a timer for 100 minutes", "set a timer for one hundred twenty minutes"),
        (" set a timer for ten, no, fifteen minutes", "set a timer for ten fifteen"),
        (" turn off the TV in ten minutes", "turn off the tv"),
        (" turn off all the lights but the lamp", "turn off all the lights"),
        (" open the garage door halfway", "open the garage door"),
        (" set the heater to minus five degrees", "set the heater to five degrees"),
        (" set the ecobee to – 10 degrees", "set the ecobee to ten degrees"),
        (" so turn on the lights", "turn on the lights"),
        (" what's the weather tomorrow", "what's the weather"),
        (" is the front door", "is the front door locked"),
        (" turn the lights", "turn the lights off"),
        ("", "turn the lights off"),
    ],
)
def test_what_was_not_said_is_not_done(said: str, sentence: str) -> None:
    assert agreed(said, sentence) == ""


def test_a_sentence_must_be_likely_in_itself() -> None:
    text = "turn off the lights"
    assert agreed(f" {text}", text, per_token=UNCLEAR.per_token + 0.01) == text
    assert agreed(f" {text}", text, per_token=UNCLEAR.per_token - 0.01) == ""


def test_more_is_asked_of_a_sentence_that_only_sounds_alike() -> None:
    assert ALIKE.lead > SAME.lead and ALIKE.behind > SAME.behind
    off, on = candidate("turn bed light off"), candidate("turn bed light on")
    rival = Candidate(on.words, off.score - SAME.lead - 0.01, on.tokens)
    assert decided([off, rival], " turn bed light off", off.score)
    assert decided([off, rival], " turn bad light off", off.score) == ""


def test_a_sentence_far_behind_what_was_written_is_not_done() -> None:
    text, words = "turn off the lights", 4
    sentence = candidate(text)
    for behind, expected in ((SAME.behind + 0.01, text), (SAME.behind - 0.01, "")):
        free = sentence.score - behind * (words + 2)
        assert decided([sentence], f" {text}", free) == expected


def test_an_opposite_that_is_as_likely_leaves_it_undecided() -> None:
    on, off = candidate("turn on the lights"), candidate("turn off the lights")
    near = Candidate(off.words, on.score - SAME.lead + 0.01, off.tokens)
    far = Candidate(off.words, on.score - SAME.lead - 0.01, off.tokens)
    assert decided([on, near], " turn on the lights", on.score) == ""
    assert decided([on, far], " turn on the lights", on.score) == "turn on the lights"


def test_other_words_for_the_same_are_no_rivals() -> None:
    one, other = candidate("turn on the lights"), candidate("switch on the lights")
    assert decided([one, other], " turn on the lights", one.score)


def test_nothing_fits_nothing() -> None:
    assert agreement().agreed([], agreement().words(" turn on the lights"), -1.0) == ""


def in_noise(said: str, sentence: str, behind: float = 0.0, per_token: float = -0.8) -> str:
    """What is decided where the network doubts what it wrote down."""
    one = candidate(sentence, per_token)
    return decided([one, candidate("what time is it", -4.0)], said, one.score + behind)


def test_a_sentence_as_likely_as_doubtful_words_needs_none_of_them() -> None:
    assert in_noise("turn off the vary", "turn off the volume") == "turn off the volume"
    assert in_noise("turn off the vary", "turn off the volume", behind=1.5) == ""
    assert in_noise("turn off the vary", "turn off the volume", per_token=-1.2) == ""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("open the garage no more bit", "open the garage door"),  # something is left over
        ("turn down the varied", "turn up the volume"),
        ("don't turn the volume", "please turn off the volume"),
        ("set the timer for five menace", "set the timer for nine minutes"),
        ("turn down the lights", "turn on the lights"),
        ("", "turn off the lights"),
    ],
)  # fmt: skip
def test_doubtful_words_that_speak_against_a_sentence_count(said: str, sentence: str) -> None:
    assert in_noise(said, sentence) == ""
