"""MQTT and MPD with the libraries that installing brings, on a real broker and music server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.seal.machine import Machine
from tests.seal.speaker import PYTHON, Speaker

pytestmark = [pytest.mark.systemd, pytest.mark.slow]
SETTINGS = "/srv/home/keepmum.toml"
LAMP = (
    '{"name": "Reading Lamp", "unique_id": "r1", "command_topic": "r/set", "state_topic": "r",'
    ' "schema": "json"}'
)
PUBLISH = """
import sys
from paho.mqtt.publish import single
single("homeassistant/light/r1/config", sys.argv[1], retain=True, port=1884)
"""
MUSIC = """music_directory "/srv/home/music"
playlist_directory "/srv/home/playlists"
db_file "/srv/home/db"
state_file "/srv/home/state"
bind_to_address "127.0.0.1"
port "6612"
user "root"
audio_output {
    type "null"
    name "nothing"
}
"""


@pytest.fixture
def home(installed: Speaker) -> Iterator[Machine]:
    """The machine with a broker that keeps a lamp's announcement, and a playlist."""
    machine = installed.machine
    machine.write("/srv/home/mosquitto.conf", "listener 1884 127.0.0.1\nallow_anonymous true\n")
    machine.write("/srv/home/mpd.conf", MUSIC)
    machine.write("/srv/home/playlists/Summer.m3u", "")
    machine.write("/srv/home/music/none", "")
    machine.write(
        SETTINGS,
        '[home]\nbroker = "127.0.0.1"\nport = 1884\n[media]\nmpd = "127.0.0.1"\nport = 6612\n'
        '[service]\nnames = "/srv/home/names.json"\n',
    )
    run = ("systemd-run", "--quiet", "--collect")
    machine.run(*run, "--unit=broker", "mosquitto", "-c", "/srv/home/mosquitto.conf")
    machine.run(*run, "--unit=music", "mpd", "--no-daemon", "/srv/home/mpd.conf")
    publish = (PYTHON, "-c", PUBLISH, LAMP)
    machine.until("the broker is up", lambda: not machine.run(*publish, check=False).returncode)
    yield machine
    machine.systemctl("stop", "broker", "music")


def test_names_are_learnt_from_both(home: Machine) -> None:
    said = home.run("keepmum", "learn-names", "--config", SETTINGS).stdout
    assert "playlist" in said
    table = home.run("cat", "/srv/home/names.json").stdout.lower()
    assert "summer" in table
    assert "reading lamp" in table


def test_doctor_is_let_in_by_both(home: Machine) -> None:
    said = home.run("keepmum", "doctor", "--config", SETTINGS, check=False).stdout
    lines = [line for line in said.splitlines() if line.startswith(("✓", "✗"))]
    found = {line[2:].split("  ")[0].strip(): line[0] for line in lines}
    assert found["home"] == "✓", said
    assert found["music"] == "✓", said
