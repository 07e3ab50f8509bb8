"""Passwords are read from a file of their own, and no error ever tells one."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import BrokenSecrets, OpenSecrets
from device.hands.home import secrets


def file(folder: Path, text: str, mode: int = 0o640) -> Path:
    path = folder / "secrets.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_passwords_are_read(tmp_path: Path) -> None:
    path = file(tmp_path, 'mqtt_password = "between us"')
    assert secrets.read(path) == {"mqtt_password": "between us"}


def test_no_file_means_no_passwords(tmp_path: Path) -> None:
    assert secrets.read(tmp_path / "none.toml") == {}


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_that_others_reach_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(OpenSecrets):
        secrets.read(file(tmp_path, "", mode))


@pytest.mark.parametrize(
    "text", ['mqtt_password = "between us', "mqtt_password = 1234567", 'pasword = "between us"']
)
def test_a_broken_file_is_told_without_its_content(tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenSecrets) as caught:
        secrets.read(file(tmp_path, text))
    shown = f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"
    assert "between us" not in shown
    assert "1234567" not in shown
