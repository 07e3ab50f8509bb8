"""Debian's package on a machine that `make install` was used on: what makes way, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.cli.install import packaged, release


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a machine, with a release that has one unit, as it was installed."""
    monkeypatch.setattr(packaged, "UNITS", tmp_path / "system")
    monkeypatch.setattr(packaged, "HOME", tmp_path / "opt")
    for name in ("SYSUSERS", "TMPFILES", "COMMAND"):
        monkeypatch.setattr(packaged, name, tmp_path / name)
    monkeypatch.setattr(release, "VENV", tmp_path / "opt" / "venv")
    monkeypatch.setattr(release, "RELEASES", tmp_path / "opt" / "releases")
    units = tmp_path / "opt/releases/one/lib/python3.11/site-packages/device/units"
    for folder in (units, tmp_path / "system"):
        folder.mkdir(parents=True)
        (folder / "keepmum-ears.service").write_text("as installed")
    return tmp_path


def test_what_make_install_put_there_makes_way(machine: Path) -> None:
    wants = machine / "system" / "multi-user.target.wants"
    wants.mkdir()
    (wants / "keepmum-ears.service").symlink_to(machine / "system" / "keepmum-ears.service")
    (machine / "SYSUSERS").touch()
    (machine / "COMMAND").symlink_to(machine / "opt" / "venv" / "bin" / "keepmum")
    packaged.take_over()
    assert list((machine / "system").glob("keepmum-*")) == []
    assert list(wants.iterdir()) == []
    assert not (machine / "SYSUSERS").exists()
    assert not (machine / "COMMAND").is_symlink()


def test_what_is_the_owners_own_stays(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    system = machine / "system"
    (system / "keepmum-ears.service").write_text("edited by the owner")
    (system / "keepmum-hands.service").symlink_to("/dev/null")
    (system / "keepmum-ears.service.d").mkdir()
    (machine / "COMMAND").write_text("a program of that name")
    packaged.take_over()
    assert sorted(p.name for p in system.iterdir()) == [
        "keepmum-ears.service",
        "keepmum-ears.service.d",
        "keepmum-hands.service",
    ]
    assert (machine / "COMMAND").is_file()
    assert "is your own" in capsys.readouterr().out
