"""Whisper's tokens: as its own library makes them."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from device.ears.recognize.engines.bytepairs import BytePairs
from device.ears.recognize.engines.whisper import MODEL
from tests.voices import models

TURN = (1210, 572, 262, 7588)


@functools.cache
def pairs() -> BytePairs:
    return BytePairs(models("whisper").path(f"{MODEL}/tokenizer.json"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # what the library tokenizers 0.23 makes of them
        (" turn off the lights", TURN),
        (" turn off  the", (1210, 572, 220, 262)),
        (" EcoBee's", (38719, 49512, 338)),
        (" Zoë, it's 7:30!", (31645, 26689, 11, 340, 338, 767, 25, 1270, 0)),
        ("", ()),
    ],
)
def test_tokens_are_those_of_the_library(text: str, tokens: tuple[int, ...]) -> None:
    assert pairs().tokens(text) == tokens


@pytest.mark.parametrize("text", [" turn off the lights", " Zoë's façade — 50%", "a\n b", ""])
def test_tokens_are_put_together_again(text: str) -> None:
    assert pairs().texts(range(pairs().count))(pairs().tokens(text)) == text


def test_special_tokens_and_those_not_kept_are_nothing() -> None:
    end = pairs().special("<|endoftext|>")
    some = pairs().texts([*TURN[:2], end])
    assert some((*TURN, end)) == " turn off"


@pytest.mark.parametrize("text", ["", "{}", '{"model": {}}', "no json"])
def test_another_file_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text(text)
    with pytest.raises((ValueError, KeyError)):
        BytePairs(file)
