"""A broken config lists all its faults at once, with what was probably meant."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from device import config
from device.config import schema
from device.errors import BrokenConfig, NoConfig


def faults_of(text: str) -> str:
    with pytest.raises(BrokenConfig) as caught:
        config.parse(text)
    return str(caught.value)


def test_an_empty_file_gives_the_defaults() -> None:
    assert config.parse("") == config.Config()


def test_every_fault_is_shown_at_once_with_what_was_meant() -> None:
    text = faults_of(
        """
        [listen]
        silence_s = 9.0
        patiense_s = 3.0
        [genral]
        name = "kitchen"
        [voice]
        engine = "pipper"
        [microphone]
        device = true
        """
    )
    assert "5 faults" in text
    assert "listen.silence_s: must be 0.24 to 2, not 9.0" in text
    assert "did you mean patience_s?" in text
    assert "did you mean general?" in text
    assert "voice.engine: must be one of auto, piper, espeak-ng, none (did you mean piper?)" in text
    assert "microphone.device: must be a text or a whole number, not true" in text


def test_a_file_that_is_not_toml_says_where() -> None:
    assert "line 2" in faults_of("[general]\nname = kitchen\n")


def test_faults_between_settings_are_found() -> None:
    assert "must not be longer" in faults_of("[listen]\npatience_s=7.0\nlongest_command_s=5.0")
    assert "alexa is there twice" in faults_of(
        '[[wake.word]]\nname="alexa"\n[[wake.word]]\nname="alexa"'
    )
    assert "wake.words: must name at least one" in faults_of("[wake]\nwords = []")


def test_a_room_that_nobody_described_is_found_with_the_one_probably_meant() -> None:
    text = faults_of(
        """
        [[home.floor]]
        name = "Upstairs"
        [[home.room]]
        name = "Kitchen"
        floor = "Upstair"
        [[home.device]]
        name = "Oven"
        kind = "switch"
        room = "Kitchn"
        """
    )
    assert "home.room[1].floor: no such floor: Upstair (did you mean Upstairs?)" in text
    assert "home.device[1].room: no such room: Kitchn (did you mean Kitchen?)" in text


def test_an_own_command_needs_a_full_path_a_sentence_and_a_name_of_its_own() -> None:
    text = faults_of(
        """
        [[command]]
        name = "backup"
        sentences = []
        run = ["backup.sh"]
        [[command]]
        name = "backup"
        sentences = ["start the backup"]
        run = ["/usr/bin/backup"]
        """
    )
    assert "command[1].run: must begin with the full path of a program" in text
    assert "command[1].sentences: must have at least one sentence" in text
    assert "command[2].name: backup is there twice" in text


def test_an_entry_of_a_list_must_have_its_name() -> None:
    assert "wake.word[1].name: must be given" in faults_of("[[wake.word]]\nthreshold = 0.5")


def test_a_word_with_settings_of_its_own_replaces_the_plain_one() -> None:
    wake = config.parse('[[wake.word]]\nname = "alexa"\nthreshold = 0.7').wake
    assert [(w.name, w.threshold) for w in wake.all_words()] == [("alexa", 0.7)]


def test_a_named_file_must_exist_and_the_usual_one_need_not(tmp_path: Path) -> None:
    with pytest.raises(NoConfig):
        config.load(tmp_path / "none.toml")


def test_every_default_is_within_its_own_limits() -> None:
    for part in dataclasses.fields(config.Config):
        instance = getattr(config.Config(), part.name)
        if isinstance(instance, tuple):
            continue  # a list of entries at the top has no defaults of its own
        table = {
            name: list(value) if isinstance(value, tuple) else value
            for name, _, _, _ in schema.fields_of(type(instance))
            if (value := getattr(instance, name)) is not None
        }
        assert schema.read(type(instance), table) == (instance, []), part.name
