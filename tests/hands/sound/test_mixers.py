"""Every mixer sets and tells the same loudness; PulseAudio's makes other programs softer."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device.hands.sound import mixers
from device.hands.sound.mixers import AlsaMixer, Mixer, OwnMixer, PulseMixer
from device.hands.sound.player import Player
from device.soundcards import Card
from device.standalone.virtualsound import VirtualSound
from tests.hands.houses import quick


class FakeMixer:
    """What other tests take for a mixer, held to the same promises."""

    def __init__(self) -> None:
        self.percent = 100
        self.ducked = False
        self.sets: list[int] = []

    async def set(self, percent: int) -> None:
        self.percent = percent
        self.sets.append(percent)

    async def get(self) -> int:
        return self.percent

    async def duck(self, ducked: bool) -> None:
        self.ducked = ducked


@pytest.mark.parametrize("kind", ["fake", "own", "pulse", "alsa"])
def test_what_is_set_is_what_there_is(kind: str, request: pytest.FixtureRequest) -> None:
    async def story() -> None:
        player = Player(quick())
        mixer = await made(kind, player, request)
        for percent in (0, 30, 55, 100):
            await mixer.set(percent)
            assert abs(await mixer.get() - percent) <= 1
            await mixer.duck(True)
            await mixer.duck(True)
            assert abs(await mixer.get() - percent) <= 1
            await mixer.duck(False)
            await mixer.duck(False)
        await player.close()

    asyncio.run(story())


async def made(kind: str, player: Player, request: pytest.FixtureRequest) -> Mixer:
    if kind in ("pulse", "alsa"):
        request.getfixturevalue("sound")
        if kind == "alsa" and shutil.which("amixer") is None:
            pytest.skip("alsa-utils are not installed")
        # ALSA's mixer is PulseAudio's here, through the plug-in: there is no sound card
        return PulseMixer() if kind == "pulse" else AlsaMixer("Master")
    return OwnMixer(player) if kind == "own" else FakeMixer()


def test_the_players_own_level_follows_the_ear() -> None:
    async def story() -> None:
        player = Player(quick())
        await OwnMixer(player).set(50)
        assert player.level == 0.25
        await player.close()

    asyncio.run(story())


@pytest.fixture
def music(sound: VirtualSound) -> Iterator[int]:
    """Another program that plays; the number of its stream."""
    process = subprocess.Popen(
        ["pacat", "--device=speaker", "--raw", "--volume=40000", "--latency-msec=50"],
        stdin=subprocess.PIPE,
        env=os.environ,
    )
    assert process.stdin is not None
    events = subprocess.Popen(["pactl", "subscribe"], stdout=subprocess.PIPE, env=os.environ)
    assert events.stdout is not None
    process.stdin.write(np.zeros(200_000, dtype=np.int16).tobytes()[:60_000])
    process.stdin.flush()
    while not (found := streams()):
        events.stdout.readline()
    yield next(iter(found))
    for each in (process, events):
        each.kill()
        each.wait()
    process.stdin.close()
    events.stdout.close()


def streams() -> dict[int, int]:
    """Volume of every stream of the sound server."""
    listed = subprocess.run(
        ["pactl", "-f", "json", "list", "sink-inputs"], capture_output=True, check=True
    )
    return {
        int(s["index"]): int(next(iter(s["volume"].values()))["value"])
        for s in json.loads(listed.stdout)
    }


def test_other_programs_are_softer_while_ducked_and_as_before_after(music: int) -> None:
    async def story() -> None:
        mixer = PulseMixer()
        before = streams()[music]
        await mixer.duck(True)
        assert streams()[music] == pytest.approx(before * mixers.DUCKED, abs=2)
        await mixer.duck(False)
        assert streams()[music] == before

    asyncio.run(story())


@pytest.mark.usefixtures("sound")
def test_auto_takes_pulseaudio_where_it_answers() -> None:
    async def story() -> None:
        player = Player(quick())
        assert isinstance(await mixers.find("auto", player), PulseMixer)
        assert isinstance(await mixers.find("alsa", player), AlsaMixer)
        assert isinstance(await mixers.find("own", player), OwnMixer)
        await player.close()

    asyncio.run(story())


def test_without_a_mixer_the_player_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asound.conf").write_text("")
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))

    async def story() -> None:
        player = Player(quick())
        assert isinstance(await mixers.find("auto", player), OwnMixer)
        await player.close()

    asyncio.run(story())


AMIXER = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
*"-c Device scontents"*) cat <<'X'
Simple mixer control 'Digital',0
  Capabilities: cvolume cvolume-joined
  Capture channels: Mono
  Mono: Capture 60 [50%] [0.00dB]
Simple mixer control 'Mic',0
  Capabilities: pvolume pswitch cvolume cswitch
Simple mixer control 'Speaker',0
  Capabilities: pvolume pswitch
X
;;
*"-c Mic scontents"*) cat <<'X'
Simple mixer control 'Digital',0
  Capabilities: cvolume cvolume-joined
X
;;
*sget*) echo "  Front Left: Playback 19 [30%] [-9.00dB] [on] Capture 90 [77%] [on]" ;;
esac
"""


@pytest.fixture
def amixer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that tells of two cards' controls as amixer does, and notes what it is asked."""
    program = tmp_path / "bin/amixer"
    program.parent.mkdir()
    program.write_text(AMIXER.format(log=tmp_path / "asked"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return tmp_path / "asked"


def test_the_volume_is_a_playback_control_of_the_loudspeakers_own_card(amixer: Path) -> None:
    async def story() -> None:
        player = Player(quick())
        mixer = await mixers.find("auto", player, Card("Output", 1, 0, "Device"))
        assert isinstance(mixer, AlsaMixer)
        await mixer.set(30)
        assert await mixer.get() == 30
        await player.close()

    asyncio.run(story())
    asked = amixer.read_text().splitlines()
    assert "-c Device -q -M sset Speaker playback 30%" in asked
    changes = [line for line in asked if "sset" in line]
    assert all(" playback " in line and "-c Device " in line for line in changes)


def test_a_card_that_has_capture_controls_alone_leaves_them_alone(amixer: Path) -> None:
    async def story() -> None:
        player = Player(quick())
        mixer = await mixers.find("auto", player, Card("Output", 0, 0, "Mic"))
        assert isinstance(mixer, OwnMixer)
        await mixer.set(50)
        assert player.level == 0.25
        await player.close()

    asyncio.run(story())
    assert "sset" not in amixer.read_text()
