"""The table of names: the same names give the same ids and digest, on both sides."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from device.config import parse
from device.errors import BrokenNames
from device.mind.types import FIRST_USER_INTENT
from device.names import FIRST_NAME, Entry, NameTable, compile_names, in_force, number, spoken_ways

SETTINGS = """
[[home.floor]]
name = "Upstairs"
[[home.room]]
name = "Kitchen"
floor = "Upstairs"
spoken = ["cooking room"]
[[home.device]]
name = "EcoBee"
kind = "climate"
room = "Kitchen"
[[home.device]]
name = "Bed Light"
kind = "light"
[lists]
items = ["oat milk"]
[[command]]
name = "movie"
sentences = ["movie night"]
run = ["/bin/true"]
"""


def test_settings_become_names_with_rooms_and_other_ways_to_say_them() -> None:
    table = compile_names(parse(SETTINGS))
    floor, room = table.of_kind("floor")[0], table.of_kind("area")[0]
    thermostat = table.find("device", "EcoBee")
    assert thermostat is not None
    assert (thermostat.domain, thermostat.area) == ("climate", room.id)
    assert thermostat.spoken == ("ecobee", "eco bee")
    assert (room.area, room.spoken) == (floor.id, ("kitchen", "cooking room"))
    light = table.find("device", "Bed Light")
    assert light is not None
    assert light.area is None
    assert table.find("item", "oat milk") is not None
    assert table.find("item", "milk") is not None
    assert [name.text for name in table.of_kind("list")] == ["shopping list"]


def test_own_commands_are_intents_and_no_other_name_is() -> None:
    table = compile_names(parse(SETTINGS))
    assert [name.id for name in table.of_kind("command")] == [FIRST_USER_INTENT]
    others = [name.id for name in table.names if name.kind != "command"]
    assert min(others) == FIRST_NAME
    assert len(set(others)) == len(others)
    assert all(table.get(name.id) is name for name in table.names)


def test_ids_and_digest_depend_on_the_names_and_not_on_their_order() -> None:
    entries = [Entry("area", text) for text in ["Kitchen", "Office", "Salon", "Bath"]]
    shuffled = random.Random(1).sample(entries, len(entries))
    assert number(entries, "en") == number(shuffled, "en")
    assert number(entries, "en").digest == number(shuffled, "en").digest
    other = [*entries[1:], Entry("area", "Kitchen", ("cooking room",))]
    assert number(other, "en").digest != number(entries, "en").digest
    assert len(number(entries, "en").digest) == 8


def test_of_two_entries_with_one_key_the_first_counts() -> None:
    table = number([Entry("item", "milk", ("oat milk",)), Entry("item", "milk")], "en")
    assert [name.spoken for name in table.names] == [("milk", "oat milk")]


def test_the_table_comes_back_from_its_file_unchanged(tmp_path: Path) -> None:
    table = compile_names(parse(SETTINGS))
    file = tmp_path / "names.json"
    file.write_text(table.dumps(), encoding="utf-8")
    assert NameTable.load(file) == table
    assert NameTable.load(file).digest == table.digest
    settings = parse(SETTINGS + f'[service]\nnames = "{file}"\n')
    assert in_force(settings) == table


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 9}', '{"form": 1, "names": [{}]}'])
def test_a_broken_table_is_refused(text: str) -> None:
    with pytest.raises(BrokenNames):
        NameTable.loads(text)


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenNames, match="No such file"):
        NameTable.load(tmp_path / "nowhere.json")


def test_names_are_spoken_in_words() -> None:
    assert spoken_ways(["EcoBee", "Lamp 2"], "en") == ("ecobee", "eco bee", "lamp two")
    assert spoken_ways(["Porte d’Entrée"], "fr") == ("porte d' entrée",)
