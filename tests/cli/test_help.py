"""The manual in the terminal, and the manual pages made from the same sources."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from device.cli import help as manual
from device.cli.app import app
from device.errors import NoSuchPage
from tests import docs

RUN = CliRunner()


def test_without_a_topic_every_page_is_named() -> None:
    said = RUN.invoke(app, ["help"], env={"COLUMNS": "200"}).output
    assert all(f"keepmum help {page.stem}" in said for page in docs.PAGES[1:])


@pytest.mark.parametrize("topic", sorted(manual.pages()))
def test_a_page_is_shown_without_its_marks(topic: str) -> None:
    result = RUN.invoke(app, ["help", topic], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert manual.title_of(manual.pages()[topic]) in result.output
    assert "<!--" not in result.output


def test_a_page_that_is_not_there_names_the_one_that_was_meant() -> None:
    caught = RUN.invoke(app, ["help", "setings"]).exception
    assert isinstance(caught, NoSuchPage)
    assert "did you mean settings?" in caught.message


def test_the_version_is_the_packages() -> None:
    assert RUN.invoke(app, ["--version"]).output == f"keepmum {version('keepmum')}\n"


def test_without_a_command_the_help_is_shown() -> None:
    result = RUN.invoke(app, [])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_the_manual_pages_name_every_command_and_every_setting(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["help", "--manual", str(tmp_path)]).exit_code == 0
    commands = (tmp_path / "keepmum.1").read_text(encoding="utf-8").replace("\\-", "-")
    settings = (tmp_path / "keepmum.toml.5").read_text(encoding="utf-8").replace("\\-", "-")
    for row in docs.commands().splitlines()[2:]:
        word = row.split("`")[1].removesuffix(" …")
        assert f".SS {word}" in commands
    paths = [row.split("`")[1] for row in docs.settings().splitlines()[2:]]
    single = [path for path in paths if not path.startswith("[[") or " " in path]
    assert len(single) > 80
    assert [path for path in single if path not in settings] == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_pages_are_sound_to_groff(tmp_path: Path) -> None:
    RUN.invoke(app, ["help", "--manual", str(tmp_path)])
    for page in tmp_path.iterdir():
        check = ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)]
        assert subprocess.run(check, capture_output=True, text=True, check=True).stderr == ""
