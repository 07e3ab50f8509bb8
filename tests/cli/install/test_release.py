"""Releases: whatever interrupts, the link names a whole one; and the extras exist."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest
from setuptools import Distribution

from device.cli.install import release

SETUP = Path(__file__).parents[3] / "setup.cfg"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for releases, commands and all."""
    monkeypatch.setattr(release, "HOME", tmp_path)
    monkeypatch.setattr(release, "RELEASES", tmp_path / "releases")
    monkeypatch.setattr(release, "VENV", tmp_path / "venv")
    monkeypatch.setattr(release, "BEFORE", tmp_path / "releases" / "before-releases")
    monkeypatch.setattr(release, "COMMAND", tmp_path / "bin" / "keepmum")
    return tmp_path


def made(home: Path, name: str) -> Path:
    """A release that says its name."""
    folder = home / "releases" / name
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "keepmum").write_text(name)
    return folder


def said(home: Path) -> str:
    """What the command says: the name of the release in force."""
    return (home / "bin" / "keepmum").read_text()


def test_the_link_and_the_command_name_the_release_in_force(home: Path) -> None:
    one, two = made(home, "one"), made(home, "two")
    assert release.in_force() is None
    release.switch(one)
    assert release.in_force() == one
    release.switch(two)
    assert release.in_force() == two
    assert said(home) == "two"


def test_the_folder_of_before_releases_is_set_aside_and_can_come_back(home: Path) -> None:
    (home / "venv" / "bin").mkdir(parents=True)
    (home / "venv" / "bin" / "keepmum").write_text("before")
    one = made(home, "one")
    release.switch(one)
    assert said(home) == "one"
    assert release.BEFORE.is_dir()
    release.back(None)
    assert said(home) == "before"
    assert not release.VENV.is_symlink()
    release.switch(one)
    release.clear()
    assert said(home) == "one"
    assert [p.name for p in release.RELEASES.iterdir()] == ["one"]


def test_an_exchange_that_was_cut_off_is_finished(home: Path) -> None:
    """The link is in place, and the folder of before still lies where the link came from."""
    one, two = made(home, "one"), made(home, "two")
    release.switch(one)
    (home / ".venv-next").mkdir()
    (home / ".venv-next" / "old").touch()
    release.switch(two)
    assert said(home) == "two"
    assert (release.BEFORE / "old").exists()


def test_going_back_names_the_release_of_before(home: Path) -> None:
    one, two = made(home, "one"), made(home, "two")
    release.switch(one)
    release.switch(two)
    release.back(one)
    assert said(home) == "one"


def test_an_exchange_is_made_in_steps_where_the_kernel_has_none(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "_EXCHANGE", 1 << 20)  # no such flag: EINVAL
    (home / "venv").mkdir()
    one = made(home, "one")
    release.switch(one)
    assert release.in_force() == one
    assert release.BEFORE.is_dir()


def test_links_share_no_change(home: Path) -> None:
    one = made(home, "one")
    release.link_tree(one, home / "two", None)
    (home / "two" / "bin" / "keepmum").unlink()
    (home / "two" / "bin" / "keepmum").write_text("two")
    assert (one / "bin" / "keepmum").read_text() == "one"


def test_the_name_changes_with_every_file_and_library(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("setup.cfg", "pyproject.toml", "models/manifest.toml", "device/a.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(SETUP.read_text() if name == "setup.cfg" else name)
    monkeypatch.setattr(release, "CHECKOUT", tmp_path)
    names = {release.name()}
    (tmp_path / "device" / "a.py").write_text("changed")
    names.add(release.name())
    libraries = release.dependencies()
    (tmp_path / "setup.cfg").write_text(SETUP.read_text().replace("numpy>=1.26", "numpy>=1.27"))
    names.add(release.name())
    assert len(names) == 3
    assert release.dependencies() != libraries


def test_every_extra_is_one_that_setuptools_takes_in_a_virtual_environment() -> None:
    """It leaves out what is named as an option of distutils, and says nothing."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(SETUP)
    written = set(settings["options.extras_require"])
    distribution = Distribution()
    distribution.parse_config_files([str(SETUP)])
    # an extra with a condition on the Python is there once more, under that name
    assert {extra.partition(":")[0] for extra in distribution.extras_require} - {""} == written
    assert set(release.EXTRAS) <= written
