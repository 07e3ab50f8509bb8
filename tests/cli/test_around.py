"""What doctor says of broker, music and own commands: that all is well, or what to mend."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from device.cli import around
from device.config import Config, General, Home, Media, OwnCommand, Room
from device.errors import BrokerAway, MusicAway, NameWakes, NoProgram
from tests.hands.home.brokers import PASSWORD, free_port, home, mosquitto, needs_mosquitto
from tests.hands.home.players import mpd, needs_mpd


def secrets(folder: Path, password: str) -> str:
    path = folder / "secrets.toml"
    path.touch(mode=0o600)
    path.write_text(f'mqtt_password = "{password}"\n')
    return str(path)


def settings(mqtt: Home) -> Config:
    return dataclasses.replace(Config(), home=mqtt)


def test_nothing_in_the_settings_is_well() -> None:
    assert around.home(Config()) == "no broker in the settings"
    assert around.music(Config()) == "no music in the settings"
    assert around.own_commands(Config()) == "0 in the settings"


@needs_mosquitto
def test_a_broker_that_answers_and_one_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(around, "PATIENCE_S", 2.0)
    with mosquitto(tmp_path) as port:
        right = settings(home(port, secrets=secrets(tmp_path, PASSWORD)))
        assert "answers" in around.home(right)
        wrong = settings(home(port, secrets=secrets(tmp_path, "a guess")))
        with pytest.raises(BrokerAway) as caught:
            around.home(wrong)
    assert "ot authori" in str(caught.value)
    assert "a guess" not in f"{caught.value} {caught.value.remedy}"


def test_a_broker_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "PATIENCE_S", 0.5)
    with pytest.raises(BrokerAway, match="refused"):
        around.home(settings(home(free_port(), secrets=str(tmp_path / "none"))))


@needs_mpd
def test_music_that_answers_and_music_that_does_not(tmp_path: Path) -> None:
    with mpd(tmp_path) as media:
        config = dataclasses.replace(Config(), media=media)
        assert around.music(config) == "MPD answers: 1 playlists, 2 artists"
    away = dataclasses.replace(Config(), media=Media(mpd=str(tmp_path / "none")))
    with pytest.raises(MusicAway):
        around.music(away)


def test_a_name_with_the_wake_word_in_it_is_found_and_the_usual_ones_have_none() -> None:
    for language in ("en", "fr"):
        plain = dataclasses.replace(Config(), general=General(language=language))
        assert "names without" in around.names_aloud(plain)
    room = Home(room=(Room("Kitchen"), Room("Aleksa's Room")))
    with pytest.raises(NameWakes, match="Aleksa's Room"):
        around.names_aloud(dataclasses.replace(Config(), home=room))


@pytest.mark.parametrize("program", ["/no/such/program", "/etc/passwd", "/tmp"])
def test_a_program_that_cannot_be_run_is_named(program: str) -> None:
    command = OwnCommand(name="it", sentences=("do it",), run=(program,))
    with pytest.raises(NoProgram, match=program):
        around.own_commands(dataclasses.replace(Config(), command=(command,)))
