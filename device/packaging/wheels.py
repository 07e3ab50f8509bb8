"""Wheels of another machine: resolved once into a lock, downloaded by hash, unpacked.

A lock has a line `name==version --hash=sha256:…` for every distribution, so that a package built
later has the same bytes in it. What has no wheel at all (pure Python, in a source archive) is
built here; anything that would be compiled is refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from device.cli.install.release import EXTRAS, metadata
from device.packaging.targets import Target

FETCHES = "pip"
"""Downloads models later on, when the owner asks for more."""
NO_WHEEL = ("srt",)
"""Distributions whose authors publish no wheel; they are pure Python."""


class Unfit(Exception):
    """A package can't be made of this: what is wrong, and the mend."""


def wanted(target: Target) -> list[str]:
    """The requirements of setup.cfg, all extras, without what Debian itself has."""
    settings = metadata()
    texts = [settings["options"]["install_requires"]]
    texts += [settings["options.extras_require"][extra] for extra in EXTRAS]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    missing = {line for line in found if _name(line) not in target.suite.from_debian}
    return [*sorted(missing), FETCHES]


def _name(line: str) -> str:
    return re.split(r"[^A-Za-z0-9_.-]", line, maxsplit=1)[0].lower().replace("_", "-")


def _distribution(file: Path) -> str:
    """Whose file this is: NAME-VERSION-….whl, or NAME-VERSION.tar.gz."""
    return _name(file.name.split("-")[0] if file.suffix == ".whl" else file.name.rpartition("-")[0])


def resolve(target: Target, files: Path) -> str:
    """The lock's text: what the requirements come to on that machine, by `uv` and the index.

    files: an empty folder, where everything that is locked is downloaded to.
    """
    with tempfile.TemporaryDirectory(prefix="keepmum-lock-") as work:
        asked = Path(work, "wanted.txt")
        asked.write_text("\n".join(wanted(target)) + "\n", encoding="utf-8")
        # the newest C library that uv knows by name
        platform = f"{target.machine}-manylinux_2_{min(target.suite.glibc, 40)}"
        only = ("--only-binary", ":all:", *(a for n in NO_WHEEL for a in ("--no-binary", n)))
        found = _run(
            *(sys.executable, "-m", "uv", "pip", "compile", "-q", "--no-header", "--no-annotate"),
            *("--python-version", target.suite.python, "--python-platform", platform, *only),
            str(asked),
        )
    pins = {_name(line): line.strip() for line in found.splitlines() if "==" in line}
    for some in _by_kind(pins.values()):
        download(target, some, files)
    hashes = {_distribution(file): _sha256(file) for file in files.iterdir()}
    return "".join(f"{pins[name]} --hash=sha256:{hashes[name]}\n" for name in sorted(pins))


def fetch(target: Target, folder: Path) -> list[Path]:
    """Every file of the target's lock, in `folder`; those that are there stay. Raises Unfit."""
    if not target.lock.is_file():
        raise Unfit(f"there is no lock for {target}; make one with `make lock`")
    folder.mkdir(parents=True, exist_ok=True)
    lines = target.lock.read_text(encoding="utf-8").splitlines()
    there = {_sha256(file) for file in folder.iterdir()}
    for some in _by_kind(line for line in lines if _hash(line) not in there):
        download(target, some, folder)
    files = {_sha256(file): file for file in folder.iterdir()}
    return [files[_hash(line)] for line in lines]


def _by_kind(lines: Iterable[str]) -> Iterator[list[str]]:
    """Those with wheels, and those without; nothing of what there is none."""
    kinds: dict[bool, list[str]] = {False: [], True: []}
    for line in lines:
        kinds[_name(line) in NO_WHEEL].append(line)
    yield from (some for some in kinds.values() if some)


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _hash(line: str) -> str:
    return line.rpartition("--hash=sha256:")[2].strip()


def download(target: Target, lines: Sequence[str], folder: Path) -> list[Path]:
    """Download by pip: wheels for the target, or a source archive of what has none.

    Returns all that is in the folder then. Raises Unfit.
    """
    from_source = all(_name(line) in NO_WHEEL for line in lines)
    how = ["--no-binary", ",".join(NO_WHEEL)] if from_source else ["--only-binary", ":all:"]
    if not from_source:
        how += ["--implementation", "cp", "--python-version", target.suite.python]
        how += [a for abi in (f"cp{target.tag}", "abi3", "none") for a in ("--abi", abi)]
        how += [a for tag in target.platforms() for a in ("--platform", tag)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", prefix="keepmum-lock-") as asked:
        asked.write("\n".join(lines) + "\n")
        asked.flush()
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps")
        _run(*pip, "--disable-pip-version-check", *how, "-d", str(folder), "-r", asked.name)
    return sorted(folder.iterdir())


def _run(*command: str, env: Mapping[str, str] | None = None) -> str:
    """A program's output. Raises Unfit with the end of what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        said = " | ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise Unfit(f"{' '.join(command[1:4])} ended with {done.returncode}: {said}")
    return done.stdout


def build(source: Path, work: Path, packages: Path) -> Path:
    """The wheel of pure Python that a source makes, by the setuptools among `packages`.

    Raises Unfit if something would have to be compiled.
    """
    tools, made = work / "tools", work / "made"
    tools.mkdir(parents=True)
    for part in (*packages.glob("setuptools*"), packages / "_distutils_hack"):
        if part.is_dir():
            shutil.copytree(part, tools / part.name)
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
    command = (*pip, "--disable-pip-version-check", "-w", str(made), str(source))
    _run(*command, env={**os.environ, "PYTHONPATH": str(tools)})
    [wheel] = made.glob("*.whl")
    if not wheel.name.endswith("-none-any.whl"):
        raise Unfit(f"{source.name} would have to be compiled, and has no wheel for that machine")
    return wheel


def unpack(wheel: Path, packages: Path) -> None:
    """What installing a wheel puts into a folder of packages; scripts are left away.

    Raises Unfit for a member that would lie elsewhere.
    """
    with zipfile.ZipFile(wheel) as files:
        for info in sorted(files.infolist(), key=lambda info: info.filename):
            name = _inside(info.filename)
            if info.is_dir() or name is None:
                continue
            if ".." in name.parts or name.is_absolute():
                raise Unfit(f"{wheel.name} has a file that leads out of it: {info.filename}")
            out = packages / name
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(files.read(info))


def _inside(name: str) -> PurePosixPath | None:
    """Where a member of a wheel goes; None for scripts, headers and data."""
    path = PurePosixPath(name)
    if not path.parts or not path.parts[0].endswith(".data"):
        return path
    kept = path.parts[1] in ("purelib", "platlib") if len(path.parts) > 2 else False
    return PurePosixPath(*path.parts[2:]) if kept else None


def libraries(folder: Path) -> Iterator[Path]:
    """The shared libraries and extension modules below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and ".so" in path.suffixes:
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def needed(library: Path) -> set[str]:
    """The shared libraries that a library asks the loader for (readelf, of any architecture)."""
    said = _run("/usr/bin/env", "LC_ALL=C", "readelf", "-d", str(library))
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", said))
