"""Words that the dictionary doesn't have get a pronunciation all the same."""

from __future__ import annotations

import pytest

from device.mind.pronouncing import guess
from device.mind.sounds import Ear, unlike

DICTIONARY = {
    "eco": "IY K OW", "bee": "B IY", "awning": "AO N IH NG", "there": "DH EH R",
    "their": "DH EH R", "on": "AA N", "off": "AO F", "light": "L AY1 T", "lights": "L AY T S",
}  # fmt: skip


def pronounce(word: str) -> list[str] | None:
    return DICTIONARY[word].split() if word in DICTIONARY else None


@pytest.mark.parametrize(
    ("word", "phones"),
    {
        "on": "AA N",
        "ecobee": "IY K OW B IY",
        "awnings": "AO N IH NG Z",
        "nestor": "N EH S T ER",
        "zoe": "Z AA",
        "rome": "R OW M",
        "bosch": "B AA SH",
        "ilya": "IH L Y AH",
        "naïve": "N EY V",
    }.items(),
)
def test_guesses(word: str, phones: str) -> None:
    assert " ".join(guess(word, pronounce)) == phones


def test_alike_is_measured_by_sound() -> None:
    ear = Ear(pronounce)
    assert ear.unlike("there", "their") == 0
    assert 0 < ear.unlike("light", "lights") < 0.25
    assert ear.unlike("on", "off") > 0.4
    assert ear.phones("light") == ("L", "AY", "T")


def test_words_without_a_pronunciation_are_compared_by_their_letters() -> None:
    ear = Ear(pronounce)
    assert ear.unlike("étage", "etage") == 0
    assert ear.unlike("lights", "lightz") < 0.2


def test_unlike_is_a_share_of_the_longer_word() -> None:
    assert unlike("", "") == 0
    assert unlike("abc", "abc") == 0
    assert unlike(["AA"], ["K"]) == pytest.approx(1.1)
    assert unlike("abcdef", "xyz", limit=0.2) > 0.2
