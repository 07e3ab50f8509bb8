"""The files of the package: a release as the installer makes one, and what Debian wants."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from device.cli.fetch import choose, fetch
from device.cli.install.release import MARK, NOT_SOURCE, RELEASES, VENV
from device.cli.install.steps import units_in
from device.cli.install.system import CHECKOUT
from device.modelstore import ModelStore, read_manifest
from device.packaging import wheels
from device.packaging.targets import Target
from device.packaging.wheels import Unfit

HERE = Path(__file__).parent
WITHOUT_TESTS = ("numpy", "scipy", "sklearn", "joblib")
"""Libraries that are half as large without the folders named `tests`."""
LEFT_OUT = ("onnx/backend/test",)
ONLY_TO_BUILD = ("whisper-tiny-en/model.bin",)
"""Models that others are made from, and that no running speaker reads."""
MODULES = {
    "pyaudio": ("pyaudio",),
    "lgpio": ("lgpio.py", "_lgpio.cpython-{tag}-{multiarch}.so"),
    "spidev": ("spidev.cpython-{tag}-{multiarch}.so",),
}
"""Modules of Debian's own packages, as they lie among its Python modules."""
DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")
RUN = """#!{python}
import sys

from device.__main__ import main

sys.exit(main())
"""
Say = Callable[[str], None]


def fill(root: Path, target: Target, release: Path, cache: Path, say: Say) -> None:
    """Put all files of the package below `root`.

    release: where the release lies on the machine; cache: downloads, kept for the next time.
    """
    inside = root / release.relative_to("/")
    packages = target.packages_of(inside)
    packages.mkdir(parents=True)
    say(f"libraries for {target}")
    _libraries(packages, target, cache / "wheels")
    say("keepmum itself")
    with tempfile.TemporaryDirectory(prefix="keepmum-deb-") as work:
        wheels.unpack(own_wheel(Path(work), packages), packages)
    _trim(packages)
    _environment(inside, target, release)
    say("models")
    models(inside / "share" / "keepmum" / "models", target, cache / "models", say)
    _debian(root, packages, target)


def _libraries(packages: Path, target: Target, cache: Path) -> None:
    files = wheels.fetch(target, cache)
    from_source = [file for file in files if file.suffix != ".whl"]
    for file in files:
        if file not in from_source:
            wheels.unpack(file, packages)
    with tempfile.TemporaryDirectory(prefix="keepmum-deb-") as work:
        for file in from_source:
            wheels.unpack(wheels.build(file, Path(work, file.name), packages), packages)
    for whose in (*target.suite.from_debian, "spidev"):
        for module in MODULES[whose]:
            name = module.format(tag=target.tag, multiarch=target.multiarch)
            (packages / name).symlink_to(DIST_PACKAGES / name)


def own_wheel(work: Path, packages: Path) -> Path:
    """This checkout's wheel, built in a copy by the setuptools that is packed."""
    source = work / "keepmum"
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    (source / "models").mkdir()
    shutil.copy(CHECKOUT / "models" / "manifest.toml", source / "models")
    return wheels.build(source, work, packages)


def _trim(packages: Path) -> None:
    for part in LEFT_OUT:
        shutil.rmtree(packages / part, ignore_errors=True)
    for part in WITHOUT_TESTS:
        for folder in sorted((packages / part).rglob("tests"), reverse=True):
            shutil.rmtree(folder)


def _environment(inside: Path, target: Target, release: Path) -> None:
    """What makes a folder a virtual environment, and the mark that says it is whole."""
    programs = inside / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to("/usr/bin/python3")
    (programs / "python").symlink_to("python3")
    (programs / "keepmum").write_text(RUN.format(python=release / "bin" / "python3"))
    version = target.suite.python
    (inside / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n"
    )
    (inside / MARK).write_text(json.dumps({"dependencies": "Debian's", "python": version}))


def models(folder: Path, target: Target, cache: Path, say: Say) -> None:
    """The models of `keepmum models fetch`, verified, as they are for the target's processor."""
    store = ModelStore(cache, read_manifest(machine=target.machine))
    told: set[str] = set()

    def show(what: str, _done: int, _total: int) -> None:
        if what not in told:
            told.add(what)
            say(f"  {what}")

    for entry in choose(store.manifest, []):
        # pip by itself would take this machine's wheel
        if entry.machine and not (cache / entry.name).is_file():
            with tempfile.TemporaryDirectory(prefix="keepmum-deb-") as work:
                [wheel] = wheels.download(target, [entry.package], Path(work))
                fetch([entry.name], show, store, wheel)
    fetch([], show, store)
    folder.mkdir(parents=True, exist_ok=True)
    for entry in choose(store.manifest, []):
        if entry.name in ONLY_TO_BUILD:
            continue
        out = folder / entry.name
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(store.path(entry.name), out)
    shutil.copyfile(CHECKOUT / "models" / "manifest.toml", folder / "manifest.toml")


def _debian(root: Path, packages: Path, target: Target) -> None:
    """Units, users, command, manual pages, copyright, changes, and what lintian is told."""
    share, units = root / "usr/share", packages / "device" / "units"
    system = root / target.suite.units / "systemd" / "system"
    for unit in units_in(units):
        _copy(unit, system / unit.name)
    _copy(units / "keepmum.sysusers", root / "usr/lib/sysusers.d/keepmum.conf")
    _copy(units / "keepmum.tmpfiles", root / "usr/lib/tmpfiles.d/keepmum.conf")
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/keepmum").symlink_to(VENV / "bin" / "keepmum")
    _copy(HERE / "copyright", share / "doc/keepmum/copyright")
    _copy(HERE / "lintian-overrides", share / "lintian/overrides/keepmum")
    with tempfile.TemporaryDirectory(prefix="keepmum-man-") as work:
        command = (sys.executable, "-m", "device", "help", "--manual", work)
        subprocess.run(command, check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
        for page in sorted(Path(work).iterdir()):
            section = page.suffix[1:]
            packed(page.read_bytes(), share / "man" / f"man{section}" / f"{page.name}.gz")
    packed((CHECKOUT / "CHANGELOG.md").read_bytes(), share / "doc/keepmum/changelog.gz")


def _copy(source: Path, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, out)


def packed(text: bytes, out: Path) -> None:
    """A file compressed without its name and time."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(gzip.compress(text, 9, mtime=0))


def normalize(root: Path, epoch: int) -> None:
    """Modes and times of all files, as if nobody's habits had made them."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            is_program = path.parent.name in {"bin", "DEBIAN"}
            is_program = is_program and path.name not in ("control", "md5sums")
            path.chmod(0o755 if path.is_dir() or is_program else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)


def release_of(version: str) -> Path:
    """Where the release of a package lies on the machine."""
    if not version or "/" in version:
        raise Unfit(f"{version!r} is no version")
    return RELEASES / version
