"""Words are compared by how they sound; without a pronunciation, by their letters."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from device.language.phones import Ear, unlike
from device.language.soundalikes import Lexicon

DICTIONARY = {
    "eco": "IY K OW", "bee": "B IY", "awning": "AO N IH NG", "there": "DH EH R",
    "their": "DH EH R", "on": "AA N", "off": "AO F", "light": "L AY1 T", "lights": "L AY T S",
}  # fmt: skip


def pronounce(word: str) -> list[str] | None:
    return DICTIONARY[word].split() if word in DICTIONARY else None


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


def test_a_lexicon_finds_words_that_sound_alike_and_no_others() -> None:
    lexicon = Lexicon(Ear(pronounce), ["there", "light", "lights", "on", "off", "étage"])
    assert lexicon.near(["their"], 0.3) == {"there": 0}
    assert set(lexicon.near(["light"], 0.3)) == {"light", "lights"}
    assert set(lexicon.near(["etage"], 0.1)) == {"étage"}
    assert set(lexicon.near(["off", "on"], 0.2)) == set()
    assert lexicon.near(["xyzzy"], 0.3) == {}


@given(st.lists(st.sampled_from(["AA", "B", "K", "S", "T"]), min_size=1, max_size=6),
       st.lists(st.sampled_from(["AA", "B", "K", "S", "T"]), min_size=1, max_size=6),
       st.sampled_from([0.1, 0.3, 0.5]))  # fmt: skip
def test_a_lexicon_finds_what_comparing_every_word_finds(
    word: list[str], heard: list[str], limit: float
) -> None:
    sounds = {"word": word, "heard": heard}
    lexicon = Lexicon(Ear(sounds.get), ["word"])
    measured = unlike(word, heard)
    assume(abs(measured - limit) > 1e-6)
    found = lexicon.near(["heard"], limit)
    assert found == ({"word": pytest.approx(measured)} if measured <= limit else {})
