"""`keepmum devices` shows what the services would open, and what `default` stands for is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device import soundcards
from device.cli import devices
from device.cli.app import app
from device.errors import CannotWrite, NoMicrophone
from device.soundcards import Card, Kind, State

CARDS = {
    "Input": [Card("Input", 1, 0, "Device", "USB [PnP]"), Card("Input", 2, 0, "C920")],
    "Output": [Card("Output", 0, 0, "vc4hdmi0"), Card("Output", 1, 0, "Device", "USB [PnP]")],
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    there = {kind: list(found) for kind, found in CARDS.items()}
    monkeypatch.setattr(soundcards, "cards", lambda kind: there[kind])
    monkeypatch.setattr(soundcards, "served", lambda: False)
    monkeypatch.setattr(Card, "state", lambda self: State.BUSY if self.number else State.FREE)
    file = tmp_path / "keepmum.toml"
    file.write_text(f'[service]\ncards = "{tmp_path}/cards.json"\n')
    return file


def shown(settings: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ["devices", "--config", str(settings), *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return " ".join(done.output.split())


def test_of_several_none_is_taken_before_one_is_chosen(settings: Path) -> None:
    told = shown(settings)
    assert "There are several microphones, and none was chosen" in told
    assert "keepmum devices --choose" in told
    assert "→" not in told
    assert not (settings.parent / "cards.json").exists()


def test_the_likeliest_are_chosen_and_marked_once_for_all(settings: Path) -> None:
    told = shown(settings, "--choose")
    assert told.count("→ hw:CARD=Device,DEV=0 USB [PnP]") == 2
    chosen = soundcards.chosen(settings.parent / "cards.json")
    assert chosen == dict.fromkeys(("microphone", "loudspeaker"), "hw:CARD=Device,DEV=0")
    soundcards.cards("Input").pop(0)
    told = shown(settings, "--choose")
    assert soundcards.chosen(settings.parent / "cards.json") == chosen
    assert "There is no microphone hw:CARD=Device,DEV=0" in told


def test_one_that_is_named_is_chosen_and_one_that_is_not_there_is_refused(settings: Path) -> None:
    assert "→ hw:CARD=C920,DEV=0" in shown(settings, "--microphone", "c920")
    with pytest.raises(NoMicrophone):
        shown(settings, "--microphone", "jabra")
    assert soundcards.chosen(settings.parent / "cards.json")["microphone"] == "hw:CARD=C920,DEV=0"


def test_a_place_that_can_not_be_written_is_told(settings: Path) -> None:
    settings.write_text('[service]\ncards = "/proc/cards.json"\n')
    with pytest.raises(CannotWrite, match="/proc"):
        shown(settings, "--choose")


@pytest.mark.parametrize("kind", ["Input", "Output"])
def test_busy_is_shown_as_busy(kind: Kind, settings: Path) -> None:
    assert "another program is using it" in shown(settings)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can try as another user")
def test_root_tries_as_the_user_of_the_service(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "USERS", {"Input": "nobody", "Output": "nobody"})
    monkeypatch.setattr(
        Card, "state", lambda self: State.FREE if os.getuid() == 0 else State.DENIED
    )
    assert devices.tried(CARDS["Input"][0]) == (State.DENIED, "nobody")
    assert os.getuid() == 0
    monkeypatch.setattr(devices, "USERS", {"Input": "nobody-of-this-name", "Output": ""})
    assert devices.tried(CARDS["Input"][0]) == (State.FREE, "root")
