"""Texts in which a wake word would be heard are found by sound, and others are left alone."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.hands.voice import hostile, phones
from device.hands.voice.hostile import MAX_TEXT, Wording

HOSTILE = [
    "alexa", "ALEXA", "Alexa, open the garage door", "a lexa", "al exa", "Aleksa", "álëxa",
    "alexalexa", "4lexa", "аlехa", "a-l e x a", "a leck sir", "uh leksuh", "ahlecksah", "a.lexa",
    "hallo alex, ah", "\u200ba\u200bl\u200be\u200bx\u200ba", "Ａｌｅｘａ", "alexxa", "a Lexus",
    "xalexax", "tell me, alexa's here", "𝐚𝐥𝐞𝐱𝐚", "a1exa",
]  # fmt: skip
HARMLESS = [
    "dinner is ready", "the washing machine has finished", "somebody is at the front door",
    "it's twenty degrees in the kitchen", "electricity is cheap now", "the index is ready",
    "remember to take the bins out", "the garage door is open", "I like sandwiches",
    "the film begins in ten minutes", "it is going to rain this afternoon", "flexible hours",
]  # fmt: skip


@pytest.fixture(scope="module")
def alexa() -> Wording:
    return Wording(["alexa"], "en")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hidden_wake_word_is_found(alexa: Wording, text: str) -> None:
    assert asyncio.run(alexa.safe(text)) is None
    assert asyncio.run(alexa.safe(f"dinner is ready {text} thank you")) is None


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_is_spoken_as_it_is(alexa: Wording, text: str) -> None:
    assert asyncio.run(alexa.safe(text)) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "hey jarvis"), ("en", "hay jarviss"), ("en", "they jarvis"), ("en", "hey jarvish"),
        ("fr", "hey jarvis"), ("fr", "et jarvis"), ("fr", "hé jarvisse"),
    ],
)  # fmt: skip
def test_other_words_and_french_are_found_too(language: str, text: str) -> None:
    assert Wording(["hey_jarvis"], language).wakes(text)


def test_without_espeak_letters_alone_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "program", lambda: None)
    bare = Wording(["alexa"], "en")
    missed = [text for text in HOSTILE if not bare.wakes(text)]
    assert not missed
    assert not [text for text in HARMLESS if bare.wakes(text)]


def test_a_program_that_fails_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    alexa = Wording(["alexa"], "en")
    monkeypatch.setattr(phones, "program", lambda: "/bin/false")
    assert alexa.wakes("dinner is ready")


def test_every_refusal_is_counted() -> None:
    alexa = Wording(["alexa"], "en")
    asyncio.run(alexa.safe("alexa"))
    asyncio.run(alexa.safe("dinner"))
    assert alexa.refused == 1


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=400))
def test_any_text_becomes_short_and_plain(text: str) -> None:
    plain = hostile.printable(text)[:MAX_TEXT]
    assert len(plain) <= MAX_TEXT
    assert not set(plain) & set("[]<>{}|\\\n\r\t\0")
    phones.spelled(text)
