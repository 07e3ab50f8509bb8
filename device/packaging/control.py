"""What dpkg reads: the control file, its scripts, checksums, and who must be there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from device.cli.install import steps
from device.cli.install.system import HOME, SETTINGS, STATE
from device.packaging.targets import Target
from device.packaging.wheels import Unfit, libraries, needed

SCRIPTS = Path(__file__).with_name("scripts")
MAINTAINER = "keepmum <keepmum@localhost>"
PACE = "share/keepmum/models/whisper-tiny-en/pace"
"""Measured on the machine, and so no file of the package's."""
PROVIDERS = {
    "libc6": ("libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1"),
    "libatomic1": ("libatomic.so.1",),
    "libgcc-s1": ("libgcc_s.so.1",),
    "libstdc++6": ("libstdc++.so.6",),
    "zlib1g": ("libz.so.1",),
}
"""Debian's packages of the libraries that wheels leave to the system; the same in all suites."""
LOADERS = ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "linux-vdso.so.1")
TEXT = """Package: keepmum
Version: {version}
Architecture: {arch}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: {depends}
Recommends: {recommends}
Suggests: mosquitto, mpd
Section: sound
Priority: optional
Description: voice speaker that runs on one machine and keeps mum about you
 It wakes on its word, hears one command, acts on it, answers aloud, and
 forgets. No cloud, no account, no recording.
 .
 The part that hears has no network and no disk; the part that acts has no
 microphone. The kernel enforces it, and keepmum prove shows it.
"""


def depends(target: Target, release: Path) -> list[str]:
    """The packages that must be there: Python, sound, the voice, and what the libraries need.

    Raises Unfit for a library that nobody is known to have.
    """
    python = target.suite.python
    major, minor = python.split(".")
    asked = [
        f"python3 (>= {python})",
        f"python3 (<< {major}.{int(minor) + 1})",
        *(p for p in debians(target) if p not in steps.IF_THERE),
        "python3-spidev",
        target.suite.alsa,
        "libasound2-plugins",
        "libseccomp2",
        "espeak-ng",
        "systemd (>= 252)",
    ]
    return sorted({*asked, *_system_libraries(release)})


def debians(target: Target) -> list[str]:
    """Debian's packages of the Python modules that are not packed."""
    return [f"python3-{name}" for name in target.suite.from_debian]


def recommends(target: Target) -> list[str]:
    """What is good to have; Raspberry Pi OS has all of it, and Debian not."""
    return ["alsa-utils", *(p for p in debians(target) if p in steps.IF_THERE)]


def _system_libraries(release: Path) -> set[str]:
    inside = {path.name for path in libraries(release)}
    owners = {name: package for package, names in PROVIDERS.items() for name in names}
    found: set[str] = set()
    for library in libraries(release):
        for name in needed(library) - inside:
            if name in LOADERS:
                continue
            if name not in owners:
                raise Unfit(f"{library.name} needs {name}, and no package of Debian's is known")
            found.add(owners[name])
    return found


def kilobytes(root: Path) -> int:
    """What dpkg calls the installed size: every file in whole KiB, and one for anything else."""
    sizes = (p.stat().st_size if p.is_file() and not p.is_symlink() else 1 for p in root.rglob("*"))
    return sum(-(-size // 1024) for size in sizes)


def checksums(root: Path) -> str:
    """md5sums of all files, as `dpkg --verify` compares them."""
    lines = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not path.is_symlink() and not name.startswith("DEBIAN/"):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
            lines.append(f"{digest.hexdigest()}  {name}\n")
    return "".join(lines)


@dataclass(frozen=True)
class Names:
    """What the scripts speak of: the release's folder there, that of its units here, users and
    groups."""

    release: Path
    units: Path
    people: tuple[str, str]


def script(name: str, names: Names) -> str:
    """One of dpkg's scripts, with its places filled in."""
    drop_ins = (f"{unit}.d/{drop_in}" for unit, drop_in, _ in steps.DROP_INS)
    text = (SCRIPTS / f"{name}.sh").read_text(encoding="utf-8")
    values = {
        "HOME": str(HOME),
        "RELEASE": str(names.release),
        "PACE": PACE,
        "SETTINGS": str(SETTINGS),
        "STATE": " ".join(map(str, STATE)),
        "UNITS": " ".join(p.name for p in steps.units_in(names.units)),
        "ENABLED": " ".join(steps.begun_at_boot(names.units)),
        "DROP_INS": " ".join(drop_ins),
        "USERS": names.people[0],
        "GROUPS": names.people[1],
    }
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def people(sysusers: str) -> tuple[str, str]:
    """The users, and the groups, that a sysusers.d file makes; a user has a group of its name."""
    made = [line.split()[:2] for line in sysusers.splitlines() if line[:1] in ("u", "g")]
    users = [name for kind, name in made if kind == "u"]
    return " ".join(users), " ".join(name for _, name in made)
