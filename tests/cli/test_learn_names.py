"""keepmum learn-names: settings, music and the home become one table; both sides read it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import aiomqtt
import pytest
from typer.testing import CliRunner

from device import config
from device.cli.learn_names import app
from device.config.text import dump
from device.names import NameTable, in_force
from tests.hands.home.brokers import PASSWORD, mosquitto, needs_mosquitto
from tests.hands.home.players import mpd, needs_mpd
from tests.hands.home.test_announced import SHORT_SWITCH, ZIGBEE_LAMP


def settings(folder: Path, text: str) -> Path:
    secrets = folder / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(f'mqtt_password = "{PASSWORD}"\n')
    file = folder / "keepmum.toml"
    file.write_text(
        f'[service]\nnames = "{folder}/names.json"\n' + text.replace("SECRETS", str(secrets))
    )
    return file


def learn(file: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["--config", str(file), *options])
    assert done.exit_code == 0, done.output
    return done.output


def texts(folder: Path, kind: str) -> list[str]:
    table = NameTable.load(folder / "names.json")
    return [name.text for name in table.of_kind(kind)]


def test_settings_alone_make_a_table(tmp_path: Path) -> None:
    file = settings(tmp_path, '[[home.device]]\nname = "Bed Light"\nkind = "light"\n')
    before = os.umask(0o077)
    try:
        assert "1 devices" in learn(file)
    finally:
        os.umask(before)
    assert (tmp_path / "names.json").stat().st_mode & 0o777 == 0o644, "ears and hands read it"
    assert texts(tmp_path, "device") == ["Bed Light"]
    assert in_force(config.load(file)) == NameTable.load(tmp_path / "names.json")


@needs_mosquitto
def test_the_home_is_learned_and_kept_for_both_sides(tmp_path: Path) -> None:
    announced = {
        "homeassistant/light/1/light/config": ZIGBEE_LAMP,
        "homeassistant/switch/2/config": SHORT_SWITCH,
        "homeassistant/switch/3/config": SHORT_SWITCH | {"name": "Bed Light"},
        "homeassistant/switch/4/config": SHORT_SWITCH | {"name": "Aleksa Lamp"},
    }

    async def announce(port: int) -> None:
        async with aiomqtt.Client("127.0.0.1", port, username="keepmum", password=PASSWORD) as c:
            for topic, payload in announced.items():
                await c.publish(topic, json.dumps(payload), retain=True, qos=1)

    with mosquitto(tmp_path) as port:
        asyncio.run(announce(port))
        file = settings(
            tmp_path,
            f'[home]\nbroker = "127.0.0.1"\nport = {port}\nuser = "keepmum"\nsecrets = "SECRETS"\n'
            '[[home.device]]\nname = "Bed Light"\nkind = "light"\n',
        )
        output = learn(file)
        assert "Aleksa" in output
        assert learn(file) == output, "learning again changes nothing"
    assert texts(tmp_path, "device") == ["Bed Light", "Heater", "Reading Lamp"]
    assert texts(tmp_path, "area") == ["Living Room"]
    devices = {d.name: d for d in config.load(file).home.device}
    assert devices["Reading Lamp"].command_topic == "zigbee2mqtt/reading/set"
    assert devices["Bed Light"].kind == "light", "what the owner wrote wins"
    again = config.parse(dump(config.load(file), comments=False))
    assert again.home == config.load(file).home
    # the broker is away now: nothing that was learned is lost
    assert "stay" in learn(file)
    assert texts(tmp_path, "device") == ["Bed Light", "Heater", "Reading Lamp"]


@needs_mpd
def test_music_is_learned_without_names_that_would_wake(tmp_path: Path) -> None:
    with mpd(tmp_path) as media:
        file = settings(tmp_path, f'[media]\nmpd = "{media.mpd}"\n')
        assert "Alexa Band" in learn(file)
    assert texts(tmp_path, "playlist") == ["morning"]
    assert texts(tmp_path, "artist") == ["Nina Simone"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "names.json").mkdir()
    done = CliRunner().invoke(app, ["--config", str(settings(tmp_path, ""))])
    assert type(done.exception).__name__ == "CannotWrite"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("device.cli.learn_names.LISTEN_S", 1.0)
