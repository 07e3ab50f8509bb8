"""What isn't a command does nothing: at least as many texts as those that must be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.language.matcher import Matcher
from device.mind.types import Intent
from tests.language.speech import matcher, packaged_sentences, rendered
from tests.language.test_household import home, table

FOLDER = Path(__file__).parent / "refused"
HARMLESS = {Intent.ANSWER, Intent.YES, Intent.NO}
"""Answers do nothing unless the speaker has asked."""


def talk(language: str) -> list[str]:
    lines = (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def done(to: Matcher, text: str) -> bool:
    found = to.match(text.split())
    return found is not None and found.intent not in HARMLESS


@pytest.mark.parametrize("language", ["en", "fr"])
def test_talk_is_refused(language: str) -> None:
    to = matcher(language, home(language))
    assert [text for text in talk(language) if done(to, text)] == []


def test_talk_is_refused_by_its_sound() -> None:
    from pocketsphinx import Decoder

    decoder = Decoder(lm=None, loglevel="FATAL")
    names = home("en")
    to = Matcher(packaged_sentences("en", names), lambda w: (decoder.lookup_word(w) or "").split())
    assert [text for text in talk("en") if done(to, text)] == []


@pytest.mark.parametrize(("language", "negation"), [("en", "do not"), ("fr", "ne pas")])
def test_negations_are_refused(language: str, negation: str) -> None:
    names = home(language)
    to = matcher(language, names)
    wrong = {
        text: rendered(to.match(text.split()), names)
        for sentence, _ in table(language)
        for text in (f"{negation} {sentence}", f"{sentence} not" if language == "en" else "")
        if done(to, text)
    }
    assert wrong == {}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_command_inside_a_longer_sentence_is_refused(language: str) -> None:
    names = home(language)
    to = matcher(language, names)
    frame = "yesterday grandfather wanted to {} before breakfast was ready"
    if language == "fr":
        frame = "hier mon grand-père voulait {} avant que le repas soit prêt"
    said = [frame.format(sentence) for sentence, _ in table(language)]
    assert [text for text in said if done(to, text)] == []
