"""keepmum upgrade --check: what a new package would change, told before anything is installed.

The package is read, never unpacked to disk and never run, and nothing is fetched: versions, changes
for people, settings that come and go, units that grant or take something, libraries, models.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sysconfig
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata, resources
from pathlib import Path, PurePosixPath
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from device.errors import NotAPackage
from device.modelstore import manifest_path

app = typer.Typer()
SETTING = re.compile(r"^\| `([^`]+)` \| (.*?) \| (.*?) \|", re.M)
MOST_LINES = 40
CHANGES = (
    Path(__file__).resolve().parents[2] / "CHANGELOG.md",
    Path("/usr/share/doc/keepmum/changelog.gz"),
)
"""A checkout's, or the package's."""
LARGEST = 4_000_000
"""No file of text in a package is larger; a longer one is not read."""


@dataclass
class Version:
    """What an installed version and one in a package are compared by."""

    name: str
    changes: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    """Default and limits by the setting's name."""
    units: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)


@app.command("upgrade")
def upgrade(
    package: Annotated[Path, typer.Argument(help="A package of keepmum: a .deb file.")],
    check: Annotated[
        bool, typer.Option("--check", help="Say what it would change; nothing is installed.")
    ] = False,
) -> None:
    """What a new package would change here, or (without --check) how it is installed."""
    console = Console()
    with console.status("reading the package"):
        there, new = installed(), read(package)
    console.print(
        f"[bold]{escape(there.name)}[/bold] is here, [bold]{escape(new.name)}[/bold] in it."
    )
    for heading, lines in differences(there, new):
        console.print(f"\n[bold]{heading}")
        for line in lines[:MOST_LINES]:
            console.print(f"  {escape(line)}", highlight=False)
        if len(lines) > MOST_LINES:
            console.print(f"  and {len(lines) - MOST_LINES} more")
    if not check:
        console.print(f"\nInstall it: [bold]sudo apt install {escape(str(package.resolve()))}")


def differences(there: Version, new: Version) -> Iterator[tuple[str, list[str]]]:
    """What is not the same, under headings; a heading without a difference is left away."""
    changes = [line for line in new.changes.splitlines() if line not in there.changes.splitlines()]
    compared = (
        ("What people notice", changes),
        ("Settings (default, what it may be)", _differ(there.settings, new.settings)),
        ("Units: what the kernel allows", _lines_differ(there.units, new.units)),
        ("Models", _differ(there.models, new.models, shown=False)),
        ("Libraries", _differ(there.libraries, new.libraries)),
    )
    yield from ((heading, lines) for heading, lines in compared if lines)


def _differ(old: dict[str, str], new: dict[str, str], *, shown: bool = True) -> list[str]:
    lines = []
    for name in sorted(old | new):
        if old.get(name) == new.get(name):
            continue
        kind = "new" if name not in old else "gone" if name not in new else "changed"
        values = [v for v in (old.get(name), new.get(name)) if v]
        lines.append(f"{kind:7} {name}" + (f": {' → '.join(values)}" if shown and values else ""))
    return lines


def _lines_differ(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Lines of units that come and go; comments are left away."""
    found = []
    for unit in sorted(old | new):
        before, after = (_directives(text.get(unit, "")) for text in (old, new))
        found += [f"{unit}: - {line}" for line in before if line not in after]
        found += [f"{unit}: + {line}" for line in after if line not in before]
    return found


def _directives(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and line[0] not in "#;["]


# --- the two versions


def installed() -> Version:
    """The version that runs this command."""
    device = resources.files("device")
    pages = (device / "docs" / "settings.md").read_text(encoding="utf-8")
    units = {u.name: u.read_text(encoding="utf-8") for u in (device / "units").iterdir()
             if u.is_file() and not u.name.endswith(".py")}  # fmt: skip
    data = Path(sysconfig.get_path("purelib"))
    libraries = dict(_library(p.name) for p in data.glob("*.dist-info"))
    text = next((_changes(p) for p in CHANGES if p.is_file()), "")
    manifest = manifest_path().read_text(encoding="utf-8")
    return Version(
        metadata.version("keepmum"), text, _settings(pages), units, libraries, _models(manifest)
    )


def read(package: Path) -> Version:
    """The version in a .deb. Raises NotAPackage."""
    if not package.is_file():
        raise NotAPackage(file=package, why="there is no such file")
    with _dpkg(package, "--field", str(package), "Package", "Version") as told:
        fields = told.read().decode(errors="replace")
    found = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line)
    if found.get("Package") != "keepmum":
        raise NotAPackage(file=package, why=f"it is one of {found.get('Package', 'nobody')}")
    new = Version(found.get("Version", "?"))
    # as it comes: unpacked it is half a gigabyte
    with (
        _dpkg(package, "--fsys-tarfile", str(package)) as files,
        tarfile.open(fileobj=files, mode="r|") as archive,
    ):
        for member in archive:
            path = PurePosixPath(member.name)
            if path.parent.name.endswith(".dist-info"):
                name, version = _library(path.parent.name)
                new.libraries[name] = version
            elif member.isfile() and member.size < LARGEST and _is_read(path):
                data = archive.extractfile(member)
                _take(new, path, data.read() if data else b"")
    return new


@contextmanager
def _dpkg(package: Path, *words: str) -> Iterator[IO[bytes]]:
    """What dpkg-deb prints, as it comes. Raises NotAPackage if it fails."""
    try:
        process = subprocess.Popen(
            ("dpkg-deb", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise NotAPackage(file=package, why="dpkg-deb is not on this system") from error
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        with suppress(tarfile.TarError, EOFError):  # its own words say better why
            yield process.stdout
        said = process.stderr.read().decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise NotAPackage(file=package, why=said[-1] if said else "dpkg-deb refuses it")


def _is_read(path: PurePosixPath) -> bool:
    inside = path.as_posix()
    return (
        inside.endswith(("device/docs/settings.md", "models/manifest.toml", "keepmum/changelog.gz"))
        or path.parent.as_posix().endswith("device/units")
    ) and not path.name.endswith(".py")


def _take(new: Version, path: PurePosixPath, data: bytes) -> None:
    if path.name == "changelog.gz":
        new.changes = gzip.decompress(data).decode("utf-8", errors="replace")
        return
    text = data.decode("utf-8", errors="replace")
    if path.name == "settings.md":
        new.settings = _settings(text)
    elif path.name == "manifest.toml":
        new.models = _models(text)
    else:
        new.units[path.name] = text


def _changes(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")


def _library(folder: str) -> tuple[str, str]:
    name, _, version = folder.removesuffix(".dist-info").rpartition("-")
    return name.lower(), version


def _settings(page: str) -> dict[str, str]:
    return {
        name: f"{default}, {may_be}".strip(", ") for name, default, may_be in SETTING.findall(page)
    }


def _models(manifest: str) -> dict[str, str]:
    entries = tomllib.loads(manifest).get("model", [])
    return {f"{e['name']} {e.get('machine', '')}".strip(): str(e["sha256"]) for e in entries}
