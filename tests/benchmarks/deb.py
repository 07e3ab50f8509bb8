"""Debian packages: built twice, looked at by lintian, installed, upgraded, removed and purged.

`PAIRS=bookworm-amd64,trixie-arm64` names some of the four. Each is tried in a bare root of its
suite, without a service manager; another architecture by user emulation. A pair that can't be
tried here is said aloud, and counts as missed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from device.packaging import deb
from device.packaging.targets import MACHINES, SUITES, Target, target
from tests.benchmarks.debs.root import Root, root, why_not
from tests.benchmarks.harness import Goal, at_most, console, exactly, report

PAIRS = os.environ.get("PAIRS", ",".join(f"{s}-{a}" for s in SUITES for a in MACHINES)).split(",")
PACKAGES = deb.CACHE / "tried"
IMPORTS = (
    "aiomqtt, flatbuffers, gpiozero, hassil, jinja2, mpd, numpy, onnx, onnxruntime, piper,"
    "pocketsphinx, pyaudio, pymicro_wakeword, pyrage, pyseccomp, scipy, spidev, vosk, websockets"
)
"""What the product and all that its settings can name are made of."""
MINE = ("etc/keepmum/keepmum.toml", "var/lib/keepmum/kept")
"""What is the owner's: it stays until it is purged."""
CASES = ("deb_installed", "deb_upgraded", "deb_removed_clean", "deb_same_bytes")


def main() -> bool:
    """Try each pair; True if every goal is met."""
    figures: dict[str, float] = {}
    goals: dict[str, Goal] = {}
    for pair in PAIRS:
        one = target(*pair.split("-"))
        name = pair.replace("-", "_")
        goals |= {f"{case}_{name}": exactly(1) for case in CASES}
        goals[f"lintian_errors_{name}"] = exactly(0)
        goals[f"deb_mb_{name}"] = at_most(400)
        if why := why_not(one):
            console.print(f"[red]{pair} is not tried: {why}")
            figures |= {f"{case}_{name}": 0.0 for case in CASES}
            continue
        figures |= {f"{figure}_{name}": value for figure, value in trial(one).items()}
    return report("deb", figures, goals)


def trial(one: Target) -> dict[str, float]:
    """All figures of one pair."""

    def say(text: str) -> None:
        console.print(f"[dim]{one}: {text}")

    first = deb.build(one, PACKAGES / "first", say)
    again = deb.build(one, PACKAGES / "again", say)
    later = deb.build(one, PACKAGES / "first", say, version=f"9.{deb.version_of(one)}", cheap=True)
    figures = {
        "deb_same_bytes": float(_sha256(first) == _sha256(again)),
        "deb_mb": first.stat().st_size / 1e6,
        "lintian_errors": lintian_errors(first),
    }
    again.unlink()
    say("a root of its own")
    with root(one, depends(first), deb.CACHE, PACKAGES / "first") as room:
        before = room.holds()
        for case, faults in (
            ("deb_installed", installed(room, first)),
            ("deb_upgraded", upgraded(room, later)),
            ("deb_removed_clean", removed(room, before)),
        ):
            for fault in faults:
                console.print(f"[red]{one}, {case}:[/red] {fault}", highlight=False, markup=True)
            figures[case] = float(not faults)
    return figures


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def depends(package: Path) -> list[str]:
    """The names of the packages that must be there before."""
    command = ("dpkg-deb", "--field", str(package), "Depends")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sorted({each.split()[0] for each in said.split(",")})


def lintian_errors(package: Path) -> int:
    """How many errors lintian names; they are shown."""
    command = ("lintian", "--allow-root", "--fail-on", "none", "--tag-display-limit", "0")
    done = subprocess.run((*command, str(package)), capture_output=True, text=True, check=False)
    errors = [line for line in done.stdout.splitlines() if line.startswith("E:")]
    for line in errors:
        console.print(f"[red]{line}", highlight=False)
    return len(errors)


def _dpkg(room: Root, *words: str) -> list[str]:
    done = room.run("dpkg", *words)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr)[-1500:]]


def installed(room: Root, package: Path) -> list[str]:
    """Install; what is not as it should be."""
    faults = _dpkg(room, "-i", f"/mnt/{package.name}")
    faults += works(room)
    done = room.run("dpkg", "--verify", "keepmum")
    faults += [f"dpkg --verify: {done.stdout}"] if done.stdout.strip() else []
    enabled = room.path("etc/systemd/system/multi-user.target.wants/keepmum-ears.service")
    return faults + ([] if enabled.is_symlink() else ["ears are not enabled"])


def works(room: Root) -> list[str]:
    """The command answers, every library loads, every model is what the manifest says."""
    python = "/opt/keepmum/venv/bin/python3"
    faults = []
    for command in (
        ("keepmum", "--version"),
        ("keepmum", "help", "install"),
        ("keepmum", "config"),
        ("keepmum", "models", "verify"),
        (python, "-I", "-c", f"import {IMPORTS}"),
    ):
        done = room.run(*command)
        if done.returncode:
            faults.append(f"{' '.join(command)[:60]}: {(done.stdout + done.stderr)[-600:]}")
    return faults


def upgraded(room: Root, package: Path) -> list[str]:
    """Upgrade: what is the owner's stays, one release is there, and it is the new one."""
    kept = {}
    for name in MINE:
        file = room.path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        old = file.read_text(encoding="utf-8") if file.exists() else ""
        kept[name] = f"{old}# the owner's own\n"
        file.write_text(kept[name], encoding="utf-8")
    faults = _dpkg(room, "-i", f"/mnt/{package.name}") + works(room)
    faults += [f"{n} was changed" for n, text in kept.items() if room.path(n).read_text() != text]
    releases = sorted(p.name for p in room.path("opt/keepmum/releases").iterdir())
    if releases != [package.name.split("_")[1].replace("~", "-")]:
        faults.append(f"releases that are there: {releases}")
    link = str(room.path("opt/keepmum/venv").readlink())
    return faults + ([] if link.endswith(releases[0]) else [f"in force is {link}"])


def removed(room: Root, before: set[str]) -> list[str]:
    """Remove: the owner's stays. Purge: everything is as it was before."""
    faults = _dpkg(room, "--remove", "keepmum")
    faults += [f"{name} went with removal" for name in MINE if not room.path(name).exists()]
    left = sorted(p.name for p in room.path("opt/keepmum").glob("*"))
    faults += [f"/opt/keepmum still holds {left}"] if left else []
    faults += _dpkg(room, "--purge", "keepmum")
    now = room.holds()
    faults += [f"left behind: {name}" for name in sorted(now - before)[:20]]
    return faults + [f"taken away: {name}" for name in sorted(before - now)[:20]]
