"""Five questions: what is answered is set, what isn't asked is kept, and nothing is lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from device import config
from device.cli.app import app
from device.cli.setup import OWN_WORDS, Answers, answered, ask, write
from device.config import Config
from device.errors import CannotWrite, NoTerminal
from device.soundcards import Card

USB = Card("Input", 1, 0, "Device", "USB Audio")
WEBCAM = Card("Input", 2, 0, "Webcam", "Webcam")
BUSY_HOUSE = """# mine
[general]
room = "Attic"
[wake]
words = []
refractory_s = 2.0
[[wake.word]]
name = "computer"
openwakeword = "computer.onnx"
[home]
broker = "10.0.0.2"
[[home.room]]
name = "Attic"
"""


class Typed(io.StringIO):
    """Lines as a terminal gives them to `input`: without their ends."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return super().readline(-1 if size is None else size).rstrip("\n")


def told(typed: str, before: Config | None = None, cards: tuple[Card, ...] = ()) -> Answers:
    """What is answered by typing these lines; the webcam is the louder one."""
    return ask(
        Console(file=io.StringIO()),
        before or Config(),
        cards,
        lambda _, card: -20.0 if card is WEBCAM else -60.0,
        Typed(typed),
    )


def test_with_enter_alone_everything_stays_as_it_is() -> None:
    before = config.parse(BUSY_HOUSE)
    assert answered(before, told("\n" * 9, before)) == before
    assert answered(Config(), told("\n" * 9)) == Config()


def test_each_answer_is_set_and_nothing_else_changes() -> None:
    after = answered(Config(), told("fr\nCuisine\nhey_jarvis\n1\n10.0.0.9\n", cards=(USB, WEBCAM)))
    assert (after.general.language, after.general.room) == ("fr", "Cuisine")
    assert [w.name for w in after.wake.all_words()] == ["hey_jarvis"]
    assert after.microphone.device == "hw:CARD=Device,DEV=0"
    assert after.home.broker == "10.0.0.9"
    assert (after.sound, after.timers, after.ledger) == (
        Config().sound,
        Config().timers,
        Config().ledger,
    )


def test_the_loudest_microphone_is_proposed() -> None:
    assert told("\n" * 9, cards=(USB, WEBCAM)).microphone == WEBCAM.name


def test_without_a_microphone_the_settings_keep_theirs() -> None:
    assert told("\n" * 9).microphone is None


def test_a_language_or_word_that_there_is_not_is_asked_again() -> None:
    answers = told("de\nen\n\nhey_you\nalexa\n\n")
    assert (answers.language, answers.word) == ("en", "alexa")


def test_wake_words_of_ones_own_are_kept_unless_another_is_chosen() -> None:
    before = config.parse(BUSY_HOUSE)
    assert told("\n" * 9, before).word == OWN_WORDS
    after = answered(before, told("\n\nalexa\n\n\n", before))
    assert [w.name for w in after.wake.all_words()] == ["alexa"]
    assert after.wake.refractory_s == 2.0


def test_what_is_written_reads_back_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "keepmum.toml"
    path.write_text(BUSY_HOUSE)
    path.chmod(0o640)
    wanted = answered(config.parse(BUSY_HOUSE), Answers("fr", "Attic", OWN_WORDS, None, ""))
    kept = write(path, wanted)
    assert kept is not None
    assert kept.read_text() == BUSY_HOUSE
    assert config.parse(path.read_text()) == wanted
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, kept.name]


def test_a_new_file_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "keepmum.toml"
    assert write(path, Config()) is None
    assert [p.name for p in path.parent.iterdir()] == ["keepmum.toml"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite):
        write(tmp_path / "file" / "keepmum.toml", Config())


def test_without_a_terminal_nothing_is_asked_and_nothing_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["setup", "--config", str(tmp_path / "a.toml")])
    assert isinstance(result.exception, NoTerminal)
    assert list(tmp_path.iterdir()) == []
