"""Tables of sentences with what each means by reading, their home, what of them is set aside."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from device.config import parse
from device.ears.recognize.pronunciation import Lexicon
from device.language.matcher import Matcher
from device.names import NameTable, compile_names
from tests.language.speech import matcher, packaged_sentences

FOLDER = Path(__file__).parent


def rows(file: Path) -> list[tuple[str, str]]:
    """(sentence, meaning) of a table; `-` is the meaning of what this speaker doesn't do."""
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(sentence, meaning) for sentence, meaning in pairs]


def all_day(language: str) -> list[tuple[str, str]]:
    """What people say to a speaker all day, with what they mean."""
    return rows(FOLDER / "allday" / f"{language}.tsv")


def set_aside(sentence: str) -> bool:
    """Whether a sentence is of the third that nothing is ever tuned on."""
    return hashlib.sha256(sentence.encode()).digest()[0] % 3 == 0


@functools.cache
def home(language: str) -> NameTable:
    """The home that all tables but the household's speak of."""
    text = (FOLDER / "allday" / f"{language}.toml").read_text(encoding="utf-8")
    return compile_names(parse(text))


def by_spelling(language: str) -> Matcher:
    """Compares by letters."""
    return matcher(language, home(language))


@functools.cache
def by_sound() -> Matcher:
    """English, compared by pronunciation, as after a recognizer."""
    sentences = packaged_sentences("en", home("en"))
    return Matcher(sentences, Lexicon(sentences.graph.words).pronounce)
