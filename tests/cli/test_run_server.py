"""`keepmum run` says in its first line when a sound server stands between it and the microphone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from device import soundcards
from device.cli.run import by_server
from device.config import Config, Microphone
from device.soundcards import Card

MIC = Card("Input", 1, 0, "Device")


@pytest.mark.parametrize(
    ("server", "device", "weaker"),
    [
        (True, "default", True),
        (True, "Device", False),
        (False, "default", False),
        (False, "hw:CARD=Gone,DEV=0", False),
    ],
)
def test_only_sound_of_a_server_is_weaker(
    server: bool, device: str, weaker: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundcards, "served", lambda: server)
    monkeypatch.setattr(soundcards, "cards", lambda kind: [MIC])
    config = dataclasses.replace(Config(), microphone=Microphone(device=device))
    assert by_server(config) is weaker
