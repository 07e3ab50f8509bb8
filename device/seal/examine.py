"""The running speaker from outside: every process of it, by what the kernel says of it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from device.seal import pages
from device.seal.evidence import Finding, Verdict, found
from device.seal.memory import wiping_environment
from device.seal.processes import Process

UNITS = ("ears", "hands", "panel")
EXPOSURE = {"ears": 0.6, "hands": 1.2, "panel": 1.0}
EXPECTED = {"socket", "pipe", "/dev/null", "microphone", "anon_inode"}
"""What ears, the recognizer's parent and its children may have open."""
ENDED = "ended while it was looked at"
_EXPOSED = re.compile(r"level for \S+: ([\d.]+)")


@dataclass(frozen=True, slots=True)
class Speaker:
    """The processes of each unit, the main one first."""

    ears: list[Process]
    hands: list[Process]
    panel: list[Process]

    @property
    def everybody(self) -> list[tuple[str, Process]]:
        """Every process with a name that says which it is."""
        named = [(_ears_name(i, p), p) for i, p in enumerate(self.ears)]
        for unit, family in (("hands", self.hands), ("panel", self.panel)):
            named += [(unit if i == 0 else f"{unit}'s child", p) for i, p in enumerate(family)]
        return named


def _ears_name(index: int, process: Process) -> str:
    if index and process.name == "keepmum-pulse":
        return "pulse"
    return ("ears", "recognizer's parent")[index] if index < 2 else "recognizer's child"


def running() -> Speaker:
    """The speaker that systemd runs; a unit that does not run has no processes."""
    families = []
    for unit in UNITS:
        pid = int(show(f"keepmum-{unit}.service", "MainPID") or 0)
        families.append([Process(p) for p in pages.family(pid)] if pid else [])
    return Speaker(*families)


def show(unit: str, name: str) -> str:
    """One property of a unit; empty where there is no systemd."""
    try:
        done = subprocess.run(
            ("systemctl", "show", unit, "--value", "-p", name),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def examine(speaker: Speaker) -> Iterator[Finding]:
    """Everything there is to see from outside."""
    if not speaker.ears:
        muted = Path("/var/lib/keepmum-panel/mute").exists()
        why = "muted: the ears do not exist" if muted else "the ears do not run"
        yield Finding(5, "ears", why, Verdict.HOLDS if muted else Verdict.UNCHECKED)
    for unit, family in (("hands", speaker.hands), ("panel", speaker.panel)):
        if not family:
            yield Finding(5, unit, f"keepmum-{unit}.service does not run", Verdict.UNCHECKED)
    yield from _while_they_live("the processes", lambda: _identities(speaker))
    for name, process in speaker.everybody:
        yield from _while_they_live(name, partial(_authority, name, process), process)
    for index, process in enumerate(speaker.ears):
        name = _ears_name(index, process)
        yield from _while_they_live(name, partial(_deprived, name, process, index), process)
    yield from _while_they_live("hands and panel", lambda: _others(speaker))
    yield from _while_they_live("the units", _units)


def _while_they_live(
    name: str, look: Callable[[], Iterator[Finding]], process: Process | None = None
) -> Iterator[Finding]:
    """What a look found; where a process ended meanwhile, only that: half a look is none."""
    try:
        seen = list(look())
    except (FileNotFoundError, ProcessLookupError, KeyError):
        seen = []
    else:
        if process is None or pages.alive(process.pid):
            yield from seen
            return
    yield Finding(4, name, ENDED, Verdict.UNCHECKED)


def examined(again: int = 3) -> list[Finding]:
    """The running speaker, looked at once more if a part of it was started anew meanwhile."""
    for _ in range(again):
        findings = list(examine(running()))
        if not any(f.evidence == ENDED for f in findings):
            break
    return findings


def _identities(speaker: Speaker) -> Iterator[Finding]:
    heads = {n: f[0].uid for n, f in zip(UNITS, _families(speaker), strict=True) if f}
    if heads:
        apart = len(set(heads.values())) == len(heads) and 0 not in heads.values()
        said = ", ".join(f"{n} {uid}" for n, uid in heads.items())
        yield found(4, "a user for each process, none of them root", said, apart)


def _families(speaker: Speaker) -> tuple[list[Process], ...]:
    return speaker.ears, speaker.hands, speaker.panel


def _authority(name: str, process: Process) -> Iterator[Finding]:
    """What no process of the speaker may have."""
    sets = process.capabilities
    yield found(4, f"{name}: no capability", ", ".join(sorted(sets)) or "all sets empty", not sets)
    threads = len(process.threads())
    seen = f"{threads} thread{'s' * (threads > 1)}"
    yield found(4, f"{name}: seccomp and no-new-privs on every thread", seen, process.filtered)
    cores = process.leaves_cores
    yield found(2, f"{name}: leaves no core", "limit is 0" if not cores else "may", not cores)


def _deprived(name: str, process: Process, index: int) -> Iterator[Finding]:
    """What ears, and those forked from them, must not have."""
    readable = process.readable
    said = "its memory is root's to read" if not readable else "its user may read it"
    yield found(2, f"{name}: not dumpable", said, not readable)
    yield _locked(name, process)
    wiping = process.started_with(wiping_environment({}))
    said = "glibc's perturb and Python's malloc" if wiping else "the environment lacks it"
    yield found(2, f"{name}: freed memory is wiped", said, wiping)
    there = process.interfaces()
    alone = process.namespace("net") != Process(1).namespace("net")
    said = f"own namespace, interfaces: {', '.join(there) or 'none'}"
    yield found(4, f"{name}: no network", said, alone and set(there) <= {"lo"})
    inet = process.internet_sockets()
    yield found(4, f"{name}: no internet socket", ", ".join(inet) or "none open", not inet)
    mounts = process.writable_mounts()
    yield found(4, f"{name}: no writable mount", ", ".join(mounts) or "none", not mounts)
    kinds = process.kinds()
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    yield found(4, f"{name}: open descriptors", said, set(kinds) <= EXPECTED)
    files = process.files()
    yield found(4, f"{name}: no file open for writing", ", ".join(files) or "none", not files)
    if index > 0:
        heard = process.microphones()
        yield found(1, f"{name}: no microphone", ", ".join(heard) or "none open", not heard)
    elif not process.microphones():
        said = "its microphone is no capture node: a sound server's socket, or a pipe"
        yield Finding(4, f"{name}: reads a capture node", said, Verdict.WEAKER)


def _locked(name: str, process: Process) -> Finding:
    locked, swapped = process.kilobytes("VmLck"), process.kilobytes("VmSwap")
    what = f"{name}: memory stays in RAM"
    if locked and not swapped:
        return Finding(2, what, f"{locked // 1024} MiB locked, 0 swapped", Verdict.HOLDS)
    swaps = len(Path("/proc/swaps").read_text().splitlines()) > 1
    if not swaps:
        return Finding(2, what, "not locked, but this machine has no swap", Verdict.WEAKER)
    limit = process.group_file("memory.swap.max") or process.group_file("memory.memsw.limit")
    said = f"not locked, {swapped} KiB swapped, control group's limit: {limit or 'none'}"
    return Finding(2, what, said, Verdict.HOLDS if limit == "0" else Verdict.BROKEN)


def _others(speaker: Speaker) -> Iterator[Finding]:
    """Hands and panel: neither may hear; the panel has no network."""
    for name, family in (("hands", speaker.hands), ("panel", speaker.panel)):
        heard = [m for p in family for m in p.microphones()]
        if family:
            yield found(5, f"{name}: no microphone", ", ".join(heard) or "none open", not heard)
    for process in speaker.panel[:1]:
        inet = process.internet_sockets()
        yield found(5, "panel: no internet socket", ", ".join(inet) or "none open", not inet)


def _units() -> Iterator[Finding]:
    """Exposure as systemd computes it, drop-ins, and limits as control groups have them."""
    for unit in UNITS:
        name = f"keepmum-{unit}.service"
        if not show(name, "FragmentPath"):
            yield Finding(4, f"unit {name}", "not installed here", Verdict.UNCHECKED)
            continue
        score = exposure(name)
        if score is None:
            yield Finding(4, f"{name}: exposure", "systemd-analyze says nothing", Verdict.UNCHECKED)
        else:
            said = f"{score} of 10 (at most {EXPOSURE[unit]})"
            yield found(4, f"{name}: exposure", said, score <= EXPOSURE[unit])
        drop_ins = show(name, "DropInPaths")
        if drop_ins:
            yield Finding(4, f"{name}: as it was shipped", f"also {drop_ins}", Verdict.WEAKER)
        yield from _limits(name)


def _limits(unit: str) -> Iterator[Finding]:
    """A unit's word is not trusted: the kernel may lack the controller."""
    pid = int(show(unit, "MainPID") or 0)
    if not pid:
        return
    process = Process(pid)
    for file in ("memory.max", "pids.max"):
        limit = process.group_file(file)
        verdict = Verdict.WEAKER if limit in (None, "max") else Verdict.HOLDS
        said = f"{file} is {limit}" if limit else f"this kernel's group has no {file}: no limit"
        yield Finding(2, f"{unit}: {file}", said, verdict)


def exposure(unit: str) -> float | None:
    """systemd's own score of a unit, 0 (sealed) to 10; None if it can't be had."""
    try:
        done = subprocess.run(
            ("systemd-analyze", "security", "--no-pager", unit),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    match = _EXPOSED.search(done.stdout)
    return float(match[1]) if match else None
