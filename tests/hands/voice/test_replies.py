"""Every reply there is can be said in every language, and is made of the same values."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import device.hands
from device.config import LANGUAGES
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Replies, Reply, Value, load

HANDS = Path(device.hands.__file__).parent
SAMPLES: dict[str, Value] = {
    "": "Bureau", "duration": 90.0, "length": 600.0, "time": 425, "date": 739_000, "days": 31,
    "number": 2, "degrees": 215, "list": ("a", "b"), "choice": ("a", "b"),
}  # fmt: skip
"""A value of each kind that a phrase can name; plurals take a number."""


def keys_in_code() -> set[str]:
    """Every text in the hands' code that looks like the key of a reply."""
    tables = "|".join(sorted({k.split(".")[0] for k in load("en")}))
    found: set[str] = set()
    for file in HANDS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reply" and node.args:
                found |= {
                    n.value
                    for n in ast.walk(node.args[0])
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                }
    return {key for key in found if re.fullmatch(rf"({tables})\.\w+", key)}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_language_has_the_same_replies_with_the_same_values() -> None:
    english = load("en")
    for language in LANGUAGES:
        phrases = load(language)
        assert phrases.keys() == english.keys()
        for key, text in phrases.items():
            # a language may leave a value out (gender makes "{name} timer" differ), never add one
            assert places(text) == places(english[key]), (language, key)


def test_every_reply_in_the_code_has_a_phrase() -> None:
    used = keys_in_code()
    phrases = load("en").keys()
    assert len(used) > 40
    # a key that ends in _ is the beginning of several
    assert not {
        k for k in used if not any(p == k or (k[-1] == "_" and p.startswith(k)) for p in phrases)
    }


def test_every_phrase_of_the_speakers_own_is_used() -> None:
    code = "".join(f.read_text(encoding="utf-8") for f in HANDS.rglob("*.py"))
    own = ("speaker", "clock", "timer", "alarm", "volume", "alert")
    for key in load("en"):
        table, _, last = key.partition(".")
        names = (f'"{key}"', f'"{last}"', f'"{key.removesuffix("_named")}"')
        assert table not in own or any(name in code for name in names), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_can_be_said(language: str) -> None:
    replies = Replies(language)
    for key, phrase in replies.phrases.items():
        if key.endswith(".said"):
            continue  # its text is somebody else's: what a program printed, or Home Assistant sent
        values = {
            name: SAMPLES.get(spec or "", 2)
            for _, name, spec, _ in string.Formatter().parse(phrase)
            if name
        }
        text = replies.text(Reply(key, values))
        assert text and text[0] == text[0].upper()
        assert "{" not in text and "  " not in text


def test_a_reply_that_is_a_chime_says_nothing() -> None:
    assert Replies("en").text(Reply("volume.up", chime=Chime.DONE)) == ""


def test_a_reply_may_bring_its_own_text() -> None:
    assert Replies("en").text(Reply("speaker.done", text="42 parcels")) == "42 parcels"


@pytest.mark.parametrize("language", LANGUAGES)
def test_replies_are_short(language: str) -> None:
    """Ten words say it; help, alerts and what was missed may take more."""
    for key, phrase in load(language).items():
        if key.startswith("alert.") or key in ("speaker.help",) or ".missed" in key:
            continue
        assert len(phrase.split()) <= 13, key
