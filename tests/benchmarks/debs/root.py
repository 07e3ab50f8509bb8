"""A bare Debian of a suite and an architecture in a folder, and what lies in it.

Made by mmdebstrap with the packages that keepmum depends on, once; a trial has a copy of its own.
Another architecture needs qemu-user-static, registered as binfmt_misc.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.packaging.targets import Target

PROGRAMS = ("mmdebstrap", "dpkg-deb", "unshare", "lintian")
ALSO = ("systemd-sysv", "dbus", "debconf")
"""What every machine has beside its packages."""
NOT_COMPARED = (
    *("proc", "sys", "dev", "tmp", "run", "var/log", "var/cache", "var/lib/apt", "var/lib/dpkg"),
    *("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/.pwd.lock", "root"),
)
"""What dpkg, apt and the tools for users keep of every installation, whatever it was."""
CHANGED = ("etc/passwd", "etc/group")
_IN = """
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$debs" "$root/mnt"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
    DEBIAN_FRONTEND=noninteractive ORT_DISABLE_TELEMETRY=1 LG_WD=/tmp chroot "$root" "$@"
"""


def why_not(target: Target) -> str:
    """Why there can be no root for the target here; empty if there can."""
    if os.geteuid() != 0:
        return "a root of Debian needs root"
    missing = [p for p in PROGRAMS if shutil.which(p) is None]
    if missing:
        return f"{missing[0]} is not installed"
    asked = ("dpkg", "--print-architecture")
    mine = subprocess.run(asked, capture_output=True, text=True, check=False)
    handler = Path("/proc/sys/fs/binfmt_misc") / f"qemu-{target.machine}"
    if mine.stdout.strip() != target.arch and not handler.exists():
        return f"programs of {target.arch} don't run here (qemu-user-static, binfmt_misc)"
    return ""


@dataclass
class Root:
    """A Debian in a folder; `debs` is its /mnt."""

    folder: Path
    debs: Path

    def run(self, *command: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
        """Run a command in it, without a service manager; the result."""
        env = {**os.environ, "root": str(self.folder), "debs": str(self.debs)}
        enter = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-ec", _IN)
        return subprocess.run(
            [*enter, "root", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            env=env,
            stdin=subprocess.DEVNULL,
        )

    def path(self, name: str) -> Path:
        """A file of it, from here."""
        return self.folder / name.lstrip("/")

    def holds(self) -> set[str]:
        """Every file, and every line about users."""
        found = set()
        for folder, folders, files in os.walk(self.folder):
            here = Path(folder).relative_to(self.folder)
            folders[:] = [f for f in folders if str(here / f) not in NOT_COMPARED]
            names = (str(here / name) for name in (*folders, *files))
            found |= {name for name in names if name not in NOT_COMPARED}
        for name in CHANGED:
            lines = self.path(name).read_text(encoding="utf-8").splitlines()
            found |= {f"{name}: {line}" for line in lines}
        return found


@contextmanager
def root(target: Target, depends: list[str], cache: Path, debs: Path) -> Iterator[Root]:
    """A copy of the bare root, with the packages that keepmum depends on; gone with the block."""
    archive = cache / "roots" / f"{target.suite.name}-{target.arch}.tar"
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part.tar")
        subprocess.run(
            (
                *("mmdebstrap", "--quiet", "--variant=minbase", f"--arch={target.arch}"),
                '--aptopt=APT::Install-Recommends "false"',
                *(f"--include={','.join((*depends, *ALSO))}", target.suite.name, str(part)),
            ),
            check=True,
        )
        part.rename(archive)
    with tempfile.TemporaryDirectory(prefix="root-", dir=cache) as folder:
        # the nodes of devices are the host's business
        unpack = ("tar", "-x", "-p", "--exclude=./dev/*", "-f", str(archive), "-C", folder)
        subprocess.run(unpack, check=True)
        (Path(folder) / "dev").mkdir(exist_ok=True)
        for name, number in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(Path(folder, "dev", name), 0o20666, os.makedev(1, number))
            Path(folder, "dev", name).chmod(0o666)
        yield Root(Path(folder), debs)
