"""What the settings ask of the units, and machines that keepmum can't run on."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from device.cli.install import __main__ as command
from device.cli.install import steps, system

UNITS = Path(steps.__file__).parents[2] / "units"


@pytest.mark.parametrize(
    ("text", "lan", "pins"),
    [
        ("", False, False),
        ('[home]\nbroker = ""', False, False),
        ('[home]\nbroker = "10.0.0.2"', True, False),
        ('[media]\nmpd = "/run/mpd/socket"', False, False),
        ('[media]\nmpd = "10.0.0.2"', True, False),
        ('[panel]\nlamp = "log"', False, False),
        ('[panel]\nlamp = "led"', False, True),
        ("[panel]\nbutton_pin = 17", False, True),
        ("home = 3\nmedia = []\npanel = false", False, False),
    ],
)
def test_only_settings_that_need_it_loosen_a_unit(text: str, lan: bool, pins: bool) -> None:
    table = tomllib.loads(text)
    assert steps.wants_lan(table) is lan
    assert steps.wants_pins(table) is pins


def test_every_drop_in_is_there_to_be_placed() -> None:
    for unit, name, _ in steps.DROP_INS:
        assert (UNITS / f"{unit.removesuffix('.service')}-{name}").is_file()


@pytest.mark.parametrize("content", [b"[general", b"\xff\xfe", None])
def test_settings_that_cannot_be_read_end_in_a_sentence(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "SETTINGS", tmp_path)
    file = tmp_path / "keepmum.toml"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(system.Failed, match=r"keepmum\.toml can't be read"):
        steps.settings_table()


def test_a_32_bit_system_gets_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    assert command.main(["install"]) == command.FAILED
    said = capsys.readouterr().err
    assert "32-bit" in said and "64-bit Raspberry Pi OS" in said


def test_an_old_python_gets_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "OLDEST_PYTHON", (99, 0))
    assert command.main(["install"]) == command.FAILED
    assert "Debian 12" in capsys.readouterr().err


def test_two_installations_at_once_are_one_too_many(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "LOCK", tmp_path / "lock")
    with command.alone() as first, command.alone() as second:
        assert first and not second


def test_a_long_program_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(system.Failed, match=r"ended with 3: .*why"):
        system.run_shown("sh", "-c", "echo one; echo why >&2; exit 3")


def test_a_file_is_written_in_one_step(tmp_path: Path) -> None:
    system.write(tmp_path / "a" / "b", "text")
    assert (tmp_path / "a" / "b").read_text() == "text"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]
