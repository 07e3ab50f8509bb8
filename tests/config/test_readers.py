"""No setting without a reader: what can be set is read by something that acts on it."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from device.config import Config
from device.config.schema import fields_of

DEVICE = Path(__file__).parents[2] / "device"


def settings() -> list[tuple[str, str]]:
    """(section, setting) of every setting there is; lists of tables by what an entry has."""
    found = []
    for section in dataclasses.fields(Config):
        kind = {n: h for n, h, _, _ in fields_of(Config)}[section.name]
        arguments = getattr(kind, "__args__", ())
        entry = next((a for a in (kind, *arguments) if dataclasses.is_dataclass(a)), None)
        if entry is not None and isinstance(entry, type):
            found += [(section.name, name) for name, _, _, _ in fields_of(entry)]
    return found


def attributes(folder: Path) -> set[str]:
    """Every name that is read as an attribute, by code that isn't the settings' own."""
    names = set()
    for file in folder.rglob("*.py"):
        if "config" in file.relative_to(folder).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                names.add(node.attr)
    return names


def methods_that_read() -> set[str]:
    """Settings that the settings' own methods read, such as `all_words`."""
    names = set()
    for file in (DEVICE / "config").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self":
                names.add(node.attr)
    return names


READ = attributes(DEVICE) | methods_that_read()


@pytest.mark.parametrize(("section", "name"), settings())
def test_a_setting_is_read(section: str, name: str) -> None:
    assert name in READ, f"[{section}] {name} can be set and is read by nothing"


def test_there_are_settings_and_one_that_nobody_reads_is_found(tmp_path: Path) -> None:
    assert len(settings()) > 60
    (tmp_path / "a.py").write_text("settings.read_here\nsettings.set_here = 1\n")
    assert attributes(tmp_path) == {"read_here"}
