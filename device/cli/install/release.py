"""Releases: each version in a folder of its own, and one link to the one in force.

    /opt/keepmum/releases/VERSION-HASH/   a virtual environment, with its models; never changed
    /opt/keepmum/venv -> releases/…       what the units start; changed by one rename

A release is made beside the one that runs, and is whole when its mark is there, which is written
last. Whatever interrupts, the link names a whole release. The one before is kept until the new one
listens. `venv` of versions up to 0.1.0 was a folder: it is exchanged for the link in one step.
"""

from __future__ import annotations

import configparser
import ctypes
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from device.cli.install.system import CHECKOUT, COMMAND, HOME, PYTHON, Failed, run, run_shown, say

EXTRAS = ("piper", "mqtt", "homeassistant", "mpd", "gpio", "export")
"""All that the settings can name works after an installation."""
RELEASES = HOME / "releases"
VENV = HOME / "venv"
MARK = "complete.json"
BEFORE = RELEASES / "before-releases"
"""The folder that `venv` was before there were releases."""
FROM_DEBIAN = ("lgpio.py", "_lgpio.*.so", "spidev.*.so")
"""Modules that are taken from Debian, where it has them: the package index has no wheel."""
DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")
LOADS = "import numpy, onnxruntime, pocketsphinx, pyaudio, vosk"
NOT_SOURCE = (".git", ".venv", "build", "tests", "models", "__pycache__", ".*cache", "*.egg-info")
NEEDED_MB = 1500
_EXCHANGE = 2
_AT_FDCWD = -100


def in_force() -> Path | None:
    """The release that the units start; None if there is none (or one of before releases)."""
    return VENV.resolve() if VENV.is_symlink() and VENV.exists() else None


def is_whole(release: Path) -> bool:
    """Whether a release was made to its end."""
    return (release / MARK).is_file()


def prepare() -> Path:
    """The release of this checkout, made if it isn't there; nothing in force is touched."""
    release = RELEASES / name()
    for stale in HOME.glob(".source-*"):
        shutil.rmtree(stale)
    if is_whole(release):
        return release
    shutil.rmtree(release, ignore_errors=True)
    RELEASES.mkdir(mode=0o755, parents=True, exist_ok=True)
    if (free := shutil.disk_usage(RELEASES).free >> 20) < NEEDED_MB and in_force() is None:
        raise Failed(f"{HOME} has {free} MB free, and {NEEDED_MB} are needed")
    if (like := _with_these_libraries()) is not None:
        say("the libraries are those of a version that is there")
        _link_libraries(like, release)
    else:
        run(PYTHON, "-m", "venv", str(release))
    _fill(release)
    return release


def name() -> str:
    """Version and hash of all that makes a release: its files, its libraries, its Python."""
    total = hashlib.sha256(dependencies().encode())
    for path in sorted(_source_files()):
        total.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return f"{metadata()['metadata']['version']}-{total.hexdigest()[:12]}"


def _source_files() -> Iterator[Path]:
    yield from (CHECKOUT / name for name in ("setup.cfg", "pyproject.toml", "models/manifest.toml"))
    for path in (CHECKOUT / "device").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield path


def metadata() -> configparser.ConfigParser:
    """The checkout's setup.cfg."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    return parser


def dependencies() -> str:
    """A hash of what the libraries of a release are chosen by."""
    settings = metadata()
    wanted = [settings["options"]["install_requires"], sys.version, *EXTRAS]
    wanted += [settings["options.extras_require"][extra] for extra in EXTRAS]
    return hashlib.sha256("\0".join(wanted).encode()).hexdigest()


def _with_these_libraries() -> Path | None:
    """A release with the libraries that this one needs; the one in force if it has them."""
    there = [r for r in (in_force(), *RELEASES.iterdir()) if r is not None]
    wanted = dependencies()
    return next((r for r in there if _dependencies_of(r) == wanted), None)


def _dependencies_of(release: Path) -> str:
    try:
        return str(json.loads((release / MARK).read_text(encoding="utf-8"))["dependencies"])
    except (OSError, ValueError, KeyError):
        return ""


def packages_of(release: Path) -> Path:
    """The folder of a release's Python packages."""
    return release / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def units_of(release: Path) -> Path:
    """The folder of a release's units."""
    return packages_of(release) / "device" / "units"


def models_of(release: Path) -> Path:
    """The folder of a release's own models, beside the manifest that names them."""
    return release / "share" / "keepmum" / "models"


def _fill(release: Path) -> None:
    """Put libraries and this package into a new environment, try them, and mark it as whole."""
    quiet = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")
    pip = (str(release / "bin" / "python3"), "-m", "pip", "install", *quiet)
    run_shown(*pip, "setuptools>=77", "wheel")
    # setuptools leaves its work in the folder that it builds: a copy keeps the checkout clean
    with tempfile.TemporaryDirectory(prefix=".source-", dir=HOME) as work:
        source = Path(work, "keepmum")
        shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*NOT_SOURCE))
        (source / "models").mkdir()
        shutil.copy(CHECKOUT / "models" / "manifest.toml", source / "models")
        run_shown(*pip, "--no-build-isolation", f"{source}[{','.join(EXTRAS)}]")
    for pattern in FROM_DEBIAN:
        for module in DIST_PACKAGES.glob(pattern):
            link = packages_of(release) / module.name
            if not link.exists():
                link.symlink_to(module)
    run(str(release / "bin" / "python3"), "-I", "-c", LOADS)
    run(str(release / "bin" / "keepmum"), "--help")
    _mark(release)


def _mark(release: Path) -> None:
    """Say that the release is whole, once all of it is on the disk."""
    os.sync()
    with (release / MARK).open("w", encoding="utf-8") as out:
        json.dump({"dependencies": dependencies(), "python": sys.version}, out)
        out.flush()
        os.fsync(out.fileno())


def _link_libraries(like: Path, release: Path) -> None:
    """A new environment with the libraries of another, as hard links: no download, no space.

    pip never writes into a file that is there, it puts another in its place; so what is changed
    in one release stays as it was in the other.
    """
    run(PYTHON, "-m", "venv", "--without-pip", str(release))
    ours = shutil.ignore_patterns("device", "keepmum-*.dist-info")
    link_tree(packages_of(like), packages_of(release), ours)
    for script in (like / "bin").iterdir():
        beginning = f"#!{like}/bin/".encode()
        target = release / "bin" / script.name
        if target.exists() or not (text := script.read_bytes()).startswith(beginning):
            continue
        target.write_bytes(text.replace(beginning, f"#!{release}/bin/".encode(), 1))
        target.chmod(0o755)
    if models_of(like).is_dir():
        link_tree(models_of(like), models_of(release), None)


def link_tree(source: Path, target: Path, ignore: object) -> None:
    """All files of a folder in another, as hard links."""
    shutil.copytree(
        source,
        target,
        copy_function=os.link,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=ignore,  # type: ignore[arg-type]
    )


# --- the one in force


def switch(release: Path, *, command: bool = True) -> None:
    """Make `release` the one in force, by one rename.

    command: whether the command in /usr/local is ours to make; a package has one of its own.
    """
    link = HOME / ".venv-next"
    _set_aside(link)
    link.unlink(missing_ok=True)
    link.symlink_to(release.relative_to(HOME))
    if VENV.is_dir() and not VENV.is_symlink():
        _exchange(link, VENV)
        _set_aside(link)
    else:
        link.replace(VENV)
    if command:
        _make_command()


def _make_command() -> None:
    fresh = COMMAND.with_name(f".{COMMAND.name}-next")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(VENV / "bin" / "keepmum")
    fresh.replace(COMMAND)


def back(release: Path | None) -> None:
    """Put the release of before in force again: one of these, or the folder before there were."""
    if release is not None:
        switch(release)
    elif BEFORE.is_dir():
        if VENV.is_symlink():
            _exchange(BEFORE, VENV)
            BEFORE.unlink()
        else:
            BEFORE.replace(VENV)


def _set_aside(link: Path) -> None:
    """What an exchange left at `link`: the folder of before there were releases."""
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(BEFORE, ignore_errors=True)
        link.replace(BEFORE)


def _exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step (renameat2(2)); in two where a file system can't."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = (_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other))
    if hasattr(libc, "renameat2") and libc.renameat2(*names, _EXCHANGE) == 0:
        return
    aside = one.with_name(f"{one.name}-aside")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def clear() -> None:
    """Take away all releases but the one in force."""
    for each in RELEASES.iterdir():
        if each != in_force():
            shutil.rmtree(each, ignore_errors=True)
