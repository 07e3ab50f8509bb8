"""One package: its version and time, its files, and dpkg-deb's call."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from device.cli.install.release import metadata
from device.cli.install.system import CHECKOUT
from device.packaging import control, tree
from device.packaging.targets import Target
from device.packaging.tree import Say
from device.packaging.wheels import Unfit

CACHE = CHECKOUT / "build" / "packaging"
PROGRAMS = {"dpkg-deb": "dpkg", "readelf": "binutils", "git": "git"}
"""What is called, and Debian's package that has it."""
COMPRESSION = ("-Zxz", "-z1", "--threads-max=1")
"""One thread: with more, the bytes would depend on how many processors there are."""


def build(
    target: Target, folder: Path, say: Say, *, version: str = "", cheap: bool = False
) -> Path:
    """Make the package for a target in `folder`, and return it. Raises Unfit.

    version: instead of the checkout's; cheap: compressed in a hurry, to be tried and thrown away.
    """
    for program, package in PROGRAMS.items():
        if shutil.which(program) is None:
            raise Unfit(f"{program} is not there; install it: sudo apt install {package}")
    epoch = time_of()
    version = version or version_of(target)
    release = tree.release_of(version.replace("~", "-"))
    with tempfile.TemporaryDirectory(prefix="keepmum-deb-", dir=_big()) as work:
        root = Path(work)
        tree.fill(root, target, release, CACHE, say)
        tree.normalize(root, epoch)
        _control(root, target, release, version)
        tree.normalize(root, epoch)
        folder.mkdir(parents=True, exist_ok=True)
        out = folder / f"keepmum_{version}_{target.arch}.deb"
        say("packing")
        how = ("-Zgzip", "-z1") if cheap else COMPRESSION
        command = ("dpkg-deb", "--root-owner-group", *how, "--build", str(root), str(out))
        env = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if done.returncode:
            raise Unfit(f"dpkg-deb ended with {done.returncode}: {done.stderr.strip()}")
    return out


def _big() -> Path:
    """A folder with room for a gigabyte: /tmp is memory on many machines."""
    CACHE.mkdir(parents=True, exist_ok=True)
    return CACHE


def _git(*words: str) -> str:
    done = subprocess.run(
        ("git", "-C", str(CHECKOUT), *words), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def time_of() -> int:
    """The time that everything in the package has: SOURCE_DATE_EPOCH, or that of the commit."""
    found = os.environ.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct")
    if not found.isdigit():
        raise Unfit("no commit says when this is from; set SOURCE_DATE_EPOCH to seconds since 1970")
    return int(found)


def version_of(target: Target) -> str:
    """The version: setup.cfg's alone where a tag says so, with time and commit anywhere else."""
    version = metadata()["metadata"]["version"]
    tags = _git("tag", "--points-at", "HEAD").split()
    if f"v{version}" not in tags:
        stamp = _git(
            "log", "-1", "--format=%cd.%h", "--date=format-local:%Y%m%d%H%M%S", "--abbrev=7"
        )
        version += f"+git{stamp or '0'}{'.dirty' if _git('status', '--porcelain') else ''}"
    return f"{version}~deb{target.suite.number}"


def _control(root: Path, target: Target, release: Path, version: str) -> None:
    """DEBIAN/: what dpkg reads."""
    folder, inside = root / "DEBIAN", root / release.relative_to("/")
    units = target.packages_of(inside) / "device" / "units"
    folder.mkdir()
    text = control.TEXT.format(
        version=version,
        arch=target.arch,
        maintainer=control.MAINTAINER,
        kilobytes=control.kilobytes(root),
        depends=", ".join(control.depends(target, inside)),
        recommends=", ".join(control.recommends(target)),
    )
    (folder / "control").write_text(text, encoding="utf-8")
    (folder / "md5sums").write_text(control.checksums(root), encoding="utf-8")
    people = control.people((units / "keepmum.sysusers").read_text(encoding="utf-8"))
    names = control.Names(release, units, people)
    for name in ("preinst", "postinst", "prerm", "postrm"):
        (folder / name).write_text(control.script(name, names), encoding="utf-8")
