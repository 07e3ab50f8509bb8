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
from tests.hands.home.assistants import TOKEN, pretended
from tests.hands.home.brokers import PASSWORD, mosquitto, needs_mosquitto
from tests.hands.home.players import mpd, needs_mpd
from tests.hands.home.test_announced import SHORT_SWITCH, ZIGBEE_LAMP
from tests.hands.home.test_homeassistant import flat


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
        "homeassistant/switch/5/config": SHORT_SWITCH | {"name": "Yes"},
        "homeassistant/siren/6/config": SHORT_SWITCH | {"name": "Howler"},
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
        assert "wake word would be heard in it: Aleksa Lamp" in output
        assert "a command by itself: Yes" in output
        assert "Howler" in output, "what can't be learnt is named"
        first = (tmp_path / "learned.toml").read_bytes(), (tmp_path / "names.json").read_bytes()
        assert "new" in output
        assert "new" not in learn(file), "learning again changes nothing"
        still = (tmp_path / "learned.toml").read_bytes(), (tmp_path / "names.json").read_bytes()
        assert still == first
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


def test_what_is_exposed_in_home_assistant_is_learned(tmp_path: Path) -> None:
    home = flat()
    (tmp_path / "secrets.toml").touch(mode=0o600)

    async def story() -> tuple[str, str]:
        async with pretended(home):
            file = settings(
                tmp_path, f'[home]\nhome_assistant = "{home.address}"\nsecrets = "SECRETS"\n'
            )
            (tmp_path / "secrets.toml").write_text(f'home_assistant_token = "{TOKEN}"\n')
            first = await asyncio.to_thread(learn, file)
            home.exposed = home.exposed[:2]
            second = await asyncio.to_thread(learn, file)
            third = await asyncio.to_thread(learn, file, "--yes")
            assert "gone" in third
            return first, second

    first, second = asyncio.run(story())
    assert "Hall lamp" in first
    assert "Yard" in first, "a camera can't be learnt and is named"
    assert "--yes" in second, "more would be taken away than added, and nobody was asked"
    assert texts(tmp_path, "device") == ["Bell"]


def test_what_cannot_be_told_apart_is_named(tmp_path: Path) -> None:
    twin = '[[home.device]]\nname = "Lamp"\nkind = "{}"\nroom = "{}"\n'
    rooms = '[[home.room]]\nname = "Hall"\n[[home.room]]\nname = "Bath"\n'
    apart = rooms + twin.format("light", "Hall") + twin.format("light", "Bath")
    assert "tells them apart" not in learn(settings(tmp_path, apart + twin.format("blind", "Hall")))
    assert texts(tmp_path, "device") == ["Lamp"] * 3, "all of them live"
    output = learn(settings(tmp_path, apart + twin.format("light", "Hall")))
    assert "Two devices are called lamp" in output


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
    monkeypatch.setattr("device.cli.learning.LISTEN_S", 2.0)
