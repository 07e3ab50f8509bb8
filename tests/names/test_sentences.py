"""Packaged sentences, the household's own files and own commands become one set."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.config import Config, parse
from device.errors import BrokenSentences
from device.language.matcher import Matcher
from device.mind.types import FIRST_USER_INTENT, Intent
from device.names import compile_names
from device.names.sentences import OWN_COMMANDS, confirmed, load


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


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_bytes(b"\xff\xfe\xff")
    config = settings(tmp_path)
    with pytest.raises(BrokenSentences):
        load(config, compile_names(config))
