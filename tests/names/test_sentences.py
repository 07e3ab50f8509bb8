"""Packaged sentences, the household's own files and own commands become one set."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import Config, parse
from device.language.matcher import Matcher
from device.mind.types import FIRST_USER_INTENT, Intent
from device.names import compile_names
from device.names.sentences import OWN_COMMANDS, broken, confirmed, load


def settings(folder: Path, more: str = "") -> Config:
    return parse(f"""
        {more}
        [service]
        sentences = "{folder}"
        names = "{folder / "names.json"}"
        [[command]]
        name = "movie"
        sentences = ["movie night", "(broken"]
        run = ["/bin/true"]
        """)


def test_own_commands_are_said_as_the_settings_write_them(tmp_path: Path) -> None:
    config = settings(tmp_path)
    sentences = load(config, compile_names(config))
    request = Matcher(sentences).match(["movie", "night"])
    assert request is not None
    assert request.intent == FIRST_USER_INTENT
    assert [fault.file for fault in sentences.faults] == [OWN_COMMANDS]


def test_own_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text("intents: {TIME: {data: [{sentences: [tell me]}]}}")
    (tmp_path / "2.yaml").write_text("intents: {DATE: {data: [{sentences: [tell me]}]}}")
    (tmp_path / "3.txt").write_text("not read")
    config = settings(tmp_path)
    request = Matcher(load(config, compile_names(config))).match(["tell", "me"])
    assert request is not None
    assert request.intent == Intent.DATE


def test_marks_of_own_files_reach_both_sides(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text(
        "intents: {CLOSE: {confirm: true}, movie: {confirm: true}, LOCK: {confirm: false}, X: 1}"
    )
    (tmp_path / "2.yaml").write_text("a: [")
    config = settings(tmp_path)
    names = compile_names(config)
    marked = {Intent.CLOSE, FIRST_USER_INTENT}
    assert confirmed(config, names) == marked
    assert load(config, names).confirming == marked


def test_a_careful_household_may_be_asked_about_everything(tmp_path: Path) -> None:
    config = settings(tmp_path, "[recognizer]\nconfirm = true")
    assert load(config, compile_names(config)).may_ask(Intent.TURN_ON)
    plain = settings(tmp_path)
    assert not load(plain, compile_names(plain)).may_ask(Intent.TURN_ON)


GOOD = "intents: {DATE: {data: [{sentences: [tell me the day of days]}]}}"
DOUBLING = "expansion_rules:\n  r0: '(one|two) (one|two)'\n" + "".join(
    f"  r{n}: '<r{n - 1}> <r{n - 1}>'\n" for n in range(1, 26)
)
HOSTILE = {
    "not UTF-8": b"\xff\xfe\xff",
    "not YAML": b"intents: [",
    "a list": b"[1, 2]",
    "another shape": b"lists: {minutes: {names: 5}, 7: {}, ~: 1}\nintents: {TIME: {data: 5}}",
    "a slot that is none": b"intents: {TIME: {data: [{sentences: [x y], slots: [1]}]}}",
    "a range to 20,000": b"lists: {n: {range: {from: 1, to: 20000}}}",
    "a range without end": b"lists: {n: {range: {from: 1, to: 1" + b"0" * 40 + b"}}}",
    "25 doubling rules": (
        DOUBLING + "intents: {TIME: {data: [{sentences: ['<r25>']}]}}"
    ).encode(),
    "a value in 2^30 spellings": ("lists: {n: {values: ['" + "[a] " * 30 + "']}}").encode(),
    "glued to 2^30 texts": (
        "intents: {TIME: {data: [{sentences: ['" + "x(a|b)" * 30 + "']}]}}"
    ).encode(),
    "told apart at the end": (
        "intents: {TIME: {data: [{sentences: ['"
        + "[ [a] b " * 0 + "(a|b) " + "(a|b|a a|b b|a b a) " * 60 + "']}]}}"
    ).encode(),
    "as deep as it is long": ("intents: {TIME: {data: [{sentences: ['" + "[a " * 900
                              + "]" * 900 + "']}]}}").encode(),
    "anchors in anchors": b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_broken_file_costs_itself_and_is_named(tmp_path: Path, kind: str) -> None:
    (tmp_path / "1.yaml").write_bytes(HOSTILE[kind])
    (tmp_path / "2.yaml").write_text(GOOD)
    config = settings(tmp_path)
    loaded = load(config, compile_names(config))
    files = {fault.file for fault in loaded.faults} - {OWN_COMMANDS}
    assert files <= {str(tmp_path / "1.yaml")}
    assert files or kind == "told apart at the end"
    request = Matcher(loaded).match(["tell", "me", "the", "day", "of", "days"])
    assert request is not None
    assert request.intent == Intent.DATE
    confirmed(config, compile_names(config))


def test_what_the_hands_can_see_is_broken(tmp_path: Path) -> None:
    (tmp_path / "2.yaml").write_text(GOOD)
    config = settings(tmp_path)
    assert not broken(config)
    (tmp_path / "1.yaml").mkdir()
    assert broken(config)
    assert load(config, compile_names(config)).faults
