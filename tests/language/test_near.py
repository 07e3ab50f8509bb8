"""Near commands: what was said is done, or nothing. Every row of the tables is read by a person."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from device.config import parse
from device.ears.recognize.pronunciation import Lexicon
from device.language.matcher import Matcher
from device.names import NameTable, compile_names
from tests.language.speech import matcher, packaged_sentences, rendered

FOLDER = Path(__file__).parent


def rows(file: Path) -> list[tuple[str, str]]:
    """(sentence, meaning) of a table."""
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(sentence, meaning) for sentence, meaning in pairs]


@functools.cache
def home(language: str) -> NameTable:
    """The home of these tables."""
    text = (FOLDER / "allday" / f"{language}.toml").read_text(encoding="utf-8")
    return compile_names(parse(text))


@functools.cache
def by_sound() -> Matcher:
    """English, compared by pronunciation, as after a recognizer."""
    sentences = packaged_sentences("en", home("en"))
    return Matcher(sentences, Lexicon(sentences.graph.words).pronounce)


def wrong(to: Matcher, language: str) -> list[str]:
    """What is taken for something else than it means."""
    found = {
        sentence: (rendered(to.match(sentence.split()), home(language)), meaning)
        for sentence, meaning in rows(FOLDER / f"near_{language}.tsv")
    }
    return [
        f"{s}: {was}, not {meant}" for s, (was, meant) in found.items() if was not in (meant, "-")
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_near_command_is_taken_for_nothing_else(language: str) -> None:
    assert wrong(matcher(language, home(language)), language) == []


def test_nor_by_its_sound() -> None:
    assert wrong(by_sound(), "en") == []


ONE_WORD = {"en": ("not", "never", "except", "cellar", "half", "yesterday", "seven", "later"),
            "fr": ("pas", "jamais", "sauf", "cave", "moitié", "hier", "sept", "tard")}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_word_more_that_means_something_is_never_dropped(language: str) -> None:
    """Any word put anywhere into a command: it has its place in another sentence, or nothing is."""
    from tests.language.test_household import home as household
    from tests.language.test_household import table

    names = household(language)
    to = matcher(language, names)
    dropped = []
    for sentence, meaning in table(language)[::5]:
        words = packaged_sentences(language, names).tokens(sentence)
        for more in ONE_WORD[language]:
            for place in range(len(words) + 1):
                said = [*words[:place], more, *words[place:]]
                if rendered(to.match(said), names) == meaning:
                    dropped.append(" ".join(said))
    assert dropped == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_number_is_never_another(language: str) -> None:
    template = {"en": "set a timer for {} minutes", "fr": "mets un minuteur de {} minutes"}[
        language
    ]
    to = matcher(language, home(language))
    wrong = {}
    for number in range(2000):
        found = to.match(template.format(number).split())
        if found is not None and [value for _, value in found.slots] != [number * 60]:
            wrong[number] = rendered(found, home(language))
    assert wrong == {}
