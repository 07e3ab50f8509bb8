"""Settings with faults cost what is faulty in them; whatever can't be read opens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from device import config
from device.config import salvage
from device.errors import BrokenConfig, NoConfig

HOME = """
[[home.room]]
name = "kitchen"
[[home.device]]
name = "lamp"
kind = "light"
room = "kitchen"
"""


def test_what_is_well_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "keepmum.toml"
    file.write_text(HOME + "[sound]\nvolume = 35\n")
    assert salvage.load(file) == (config.load(file), False)


@pytest.mark.parametrize(
    "fault",
    [
        "[wake]\nwrods = []",
        "[wake]\nwords = 5",
        "[wake\n",
        "[wake]\nwords = [",
        "[[home.device]]\n",
    ],
)
def test_the_rest_of_a_faulty_file_holds(tmp_path: Path, fault: str) -> None:
    file = tmp_path / "keepmum.toml"
    file.write_text(f"[sound]\nvolume = 35\n{HOME}{fault}\n")
    found, faulty = salvage.load(file)
    assert faulty
    assert found.sound.volume == 35
    assert [device.name for device in found.home.device] == ["lamp"]
    assert found.wake == config.Config().wake
    assert config.check(found) == []


def test_latin_1_is_read_as_such(tmp_path: Path) -> None:
    file = tmp_path / "keepmum.toml"
    file.write_bytes('[general]\nroom = "Büro" # für später\n'.encode("latin-1"))
    found, faulty = salvage.load(file)
    assert (found.general.room, faulty) == ("Büro", True)


def test_a_folder_in_its_place_and_a_broken_learned_file_are_survived(tmp_path: Path) -> None:
    file = tmp_path / "keepmum.toml"
    file.mkdir()
    assert salvage.load(file)[1]
    file.rmdir()
    file.write_text(HOME)
    config.learned_file(file).write_text("[[home.room]]\nname = 'attic'\n[[home.device]]\n???")
    found, faulty = salvage.load(file)
    assert faulty
    assert [room.name for room in found.home.room] == ["kitchen", "attic"]


@pytest.mark.parametrize(
    "text",
    [
        "[sound]\nquiet_from = '22:00'\n",
        "[listen]\npatience_s = 8.0\nlongest_command_s = 2.0\n",
        "[[home.device]]\nname = 'x'\nkind = 'light'\nroom = 'nowhere'\n",
        "[[command]]\nname = 'x'\nsentences = []\nrun = ['x']\n",
        "[microphone]\nreference_channel = 1\n",
        "[wake]\nwords = []\n",
    ],
)
def test_what_does_not_fit_together_is_left_out(text: str) -> None:
    found = salvage.salvage(text + HOME)
    assert config.check(found) == []
    assert [device.name for device in found.home.device] == ["lamp"]


def test_a_section_that_cannot_be_read_opens_nothing() -> None:
    found = salvage.salvage("[recognizer]\nconfirm = true\nengine = \n[ledger]\ntexts = 5\n")
    assert found.recognizer.confirm
    assert not found.ledger.texts
    assert not salvage.salvage(HOME).recognizer.confirm, "one that can is as it says"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000, "[listen]\nsilence_s = nan", "[listen]\nsilence_s = " + "9" * 5000,
        "[sound]\nvolume = 1" + "0" * 400, '[models]\nfolder = "\\u0000"', "\x00", "[[[[",
    ],
)  # fmt: skip
def test_nothing_in_a_file_raises(text: str) -> None:
    assert config.check(salvage.salvage(text)) == []
    with pytest.raises(BrokenConfig):
        config.parse(text)


def test_a_file_that_was_named_and_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(NoConfig):
        salvage.load(tmp_path / "none.toml")
