"""No setting without a reader: what can be set is read by something that acts on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from device import config
from device.config.schema import setting
from tests.installed import settings


def test_every_setting_is_read() -> None:
    assert settings.without_a_reader() == []


@dataclass(frozen=True)
class Thing:
    """A table in a list, as a device of the home is."""

    read_here: str = setting("", "Read.")
    set_here: str = setting("", "Set, and read by nothing.")


@dataclass(frozen=True)
class Section:
    """A section with such a list."""

    thing: tuple[Thing, ...] = setting((), "Things.")


def test_a_setting_that_nobody_reads_is_found_deep_in_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("settings.read_here\nsettings.set_here = 1\n")
    monkeypatch.setattr(settings, "PRODUCT", tmp_path)
    monkeypatch.setattr(config, "Config", Section)
    assert settings.without_a_reader() == ["thing.set_here"]
