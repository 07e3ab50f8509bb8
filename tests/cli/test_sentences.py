"""keepmum sentences, as a person meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.cli import sentences
from device.errors import BrokenSentences, NotUnderstood


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A household with rooms that sound alike, a hard name and a folder of its own sentences."""
    (tmp_path / "own").mkdir()
    file = tmp_path / "keepmum.toml"
    file.write_text(
        f"""
        [[home.room]]
        name = "Kitchen"
        [[home.device]]
        name = "Kitchen Light"
        kind = "light"
        [[home.device]]
        name = "Xaquille"
        kind = "fan"
        [service]
        sentences = "{tmp_path / "own"}"
        names = "{tmp_path / "names.json"}"
        [[command]]
        name = "movie"
        sentences = ["movie night"]
        run = ["/bin/true"]
        confirm = true
        """,
        encoding="utf-8",
    )
    return file


def test_check_names_words_it_had_to_guess_and_sentences_with_two_meanings(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentences.check(settings)
    out = capsys.readouterr().out
    assert "“xaquille” (in “Xaquille”) is not in the dictionary" in out
    assert 'taken for TURN_OFF device="Kitchen Light"' in out
    assert "No faults" in out


def test_check_tells_faults_with_file_and_line(settings: Path) -> None:
    own = settings.parent / "own" / "mine.yaml"
    own.write_text("language: en\nintents:\n  TIEM:\n    data: [{sentences: [x]}]\n")
    with pytest.raises(BrokenSentences) as fault:
        sentences.check(settings)
    assert f"{own}:3: no intent or own command is called TIEM" in str(fault.value)


def test_check_says_that_own_commands_take_no_values(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = settings.parent / "own" / "mine.yaml"
    own.write_text("intents:\n  movie:\n    data: [{sentences: ['watch in the {area}']}]\n")
    sentences.check(settings)
    notes = [line for line in capsys.readouterr().out.splitlines() if "take no values" in line]
    assert len(notes) == 1
    assert "watch in the kitchen" in notes[0]


def test_try_shows_what_a_text_asks_for(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentences.try_text("turn on the uh kitchen light", settings)
    out = capsys.readouterr().out
    assert 'TURN_ON device="Kitchen Light"' in out
    assert "at a cost of" in out
    sentences.try_text("movie night", settings)
    out = capsys.readouterr().out
    assert out.startswith("movie\n")
    assert "asks before it is done" in out


def test_try_says_when_nothing_fits(settings: Path) -> None:
    with pytest.raises(NotUnderstood):
        sentences.try_text("brew me a small coffee", settings)


def test_list_prints_examples_of_one_intent_or_all(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sentences.list_sentences("timer_set", 3, settings)
    out = capsys.readouterr().out
    assert out.startswith("TIMER_SET\n")
    assert len(out.splitlines()) >= 4
    sentences.list_sentences("", 1, settings)
    out = capsys.readouterr().out
    assert "TURN_ON" in out
    assert "movie night" in out


def test_list_of_an_unknown_intent_is_told(settings: Path) -> None:
    with pytest.raises(BrokenSentences, match="nothing asks for coffee"):
        sentences.list_sentences("coffee", 3, settings)
