"""A model's path is given only after its hash was compared, from the first folder that has it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from device import modelstore
from device.errors import ModelChanged, ModelMissing
from device.modelstore import CONTENTS, Entry, ModelStore, list_contents, read_manifest

CONTENT = b"weights"
ENTRY = Entry(
    name="family/word.onnx",
    group="default",
    about="a word",
    licence="MIT",
    origin="here",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A store of one entry whose usual folders are empty ones."""
    monkeypatch.setattr(modelstore, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(modelstore, "SYSTEM", tmp_path / "system")
    return ModelStore(tmp_path / "own", {ENTRY.name: ENTRY})


def put(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / ENTRY.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_missing_model_is_named_with_the_command_that_fetches_it(shelf: ModelStore) -> None:
    with pytest.raises(ModelMissing) as caught:
        shelf.path(ENTRY.name)
    assert ENTRY.name in caught.value.message
    assert f"keepmum models fetch {ENTRY.name}" in caught.value.remedy


def test_one_changed_byte_is_refused(shelf: ModelStore, tmp_path: Path) -> None:
    put(tmp_path / "own", b"weightt")
    with pytest.raises(ModelChanged, match=ENTRY.name):
        shelf.path(ENTRY.name)


@pytest.mark.parametrize("there", [("own", "checkout", "system"), ("checkout", "system")])
def test_the_first_folder_that_has_a_model_counts(
    shelf: ModelStore, tmp_path: Path, there: tuple[str, ...]
) -> None:
    paths = [put(tmp_path / name) for name in there]
    assert shelf.path(ENTRY.name) == paths[0]


def test_a_model_that_the_manifest_does_not_know_is_never_given(
    shelf: ModelStore, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "stranger.onnx").write_bytes(CONTENT)
    with pytest.raises(ModelMissing, match=r"stranger\.onnx"):
        shelf.path("stranger.onnx")
    assert shelf.own("stranger.onnx") == tmp_path / "own" / "stranger.onnx"


def test_an_own_model_that_is_nowhere_is_missing(shelf: ModelStore) -> None:
    with pytest.raises(ModelMissing, match=r"mine\.onnx"):
        shelf.own("mine.onnx")


def test_every_file_of_an_unpacked_model_is_verified(tmp_path: Path) -> None:
    folder = tmp_path / "own" / "tree"
    (folder / "graph").mkdir(parents=True)
    (folder / "graph" / "words.txt").write_text("one two")
    (folder / CONTENTS).write_text(list_contents(folder))
    recorded = hashlib.sha256((folder / CONTENTS).read_bytes()).hexdigest()
    entry = replace(ENTRY, name="tree", tree=True, contents=recorded)
    assert ModelStore(tmp_path / "own", {"tree": entry}).path("tree") == folder
    (folder / "graph" / "words.txt").write_text("one too")
    with pytest.raises(ModelChanged):
        ModelStore(tmp_path / "own", {"tree": entry}).path("tree")
    (folder / CONTENTS).write_text(list_contents(folder))
    with pytest.raises(ModelChanged):
        ModelStore(tmp_path / "own", {"tree": entry}).path("tree")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64", "armv7l"])
def test_the_manifest_says_of_every_model_whose_it_is_and_how_it_is_got(machine: str) -> None:
    for entry in read_manifest(machine=machine).values():
        assert entry.licence and entry.origin and entry.about and entry.size > 0, entry.name
        assert len(entry.sha256) == 64 or entry.taught, entry.name
        ways = [entry.package and entry.member, entry.made_from, entry.address]
        assert sum(map(bool, ways)) == 1, entry.name
        if entry.package:
            assert "==" in entry.package, entry.name


def test_a_library_is_seen_by_the_machine_that_it_is_for() -> None:
    name = "rnnoise/librnnoise.so"
    seen = [read_manifest(machine=machine).get(name) for machine in ("x86_64", "aarch64", "armv7l")]
    assert seen[2] is None
    hashes = {entry.sha256 for entry in seen if entry and entry.package == "pyrnnoise==0.4.5"}
    assert len(hashes) == 2


def test_openwakewords_word_models_are_said_to_be_for_home_use_only() -> None:
    words = [e for e in read_manifest().values() if e.name.endswith("_v0.1.onnx")]
    assert words and all("BY-NC-SA" in entry.licence for entry in words)
