"""A whole conversation under strace, in an empty network namespace, and what it did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

WATCHED = (
    "socket,socketpair,connect,sendto,sendmsg,open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,"
    "symlink,symlinkat,link,linkat,rename,renameat,renameat2,memfd_create,execve,"
    "clone,clone3,fork,vfork"
)
NETWORK = ("AF_INET", "AF_INET6", "AF_PACKET", "AF_NETLINK")
IN_MEMORY = "/dev/shm/keepmum-voice-"
"""Where the voice's program puts a reply for the moment between synthesis and playing: no disk."""
_LINE = re.compile(r"^(\d+)\s+(.*)$")
_CHILD = re.compile(r"^(?:clone3?|v?fork)\(.*=\s(\d+)(?:\s|$)")
_RESUMED = re.compile(r"^<\.\.\. (?:clone3?|v?fork) resumed>.*=\s(\d+)(?:\s|$)")
_MADE = re.compile(r'^(?:open|openat|creat|openat2)\((?:AT_FDCWD, )?"([^"]+)", ([A-Z_|0-9]+)')
_NAMED = re.compile(r'^(?:mkdir|mknod|symlink|link|rename)[a-z0-9]*\(.*?"([^"]+)"')
_ROLE = re.compile(r'execve\(.*"device", "(ears|hands|panel|commands)"')


@dataclass
class Trace:
    """What every process did."""

    sockets: list[str] = field(default_factory=list)
    """Calls that made or used a socket of the internet, or asked for a name."""
    written: dict[str, list[str]] = field(default_factory=dict)
    """Role -> files created or opened for writing."""

    def by(self, role: str) -> list[str]:
        """Files that a role wrote."""
        return self.written.get(role, [])


def converse(wav: Path, folder: Path, state: Path, **environment: str) -> Trace:
    """Run ears and hands on a WAV file under strace and without a network."""
    settings = folder / "keepmum.toml"
    settings.write_text(
        f'[sound]\noutput = "null"\nmixer = "own"\n[voice]\nengine = "espeak-ng"\n'
        f'[service]\nstate = "{state}"\nask = "{state}/ask.sock"\n'
        "activations_per_hour = 600\n"
    )
    log = folder / "trace"
    strace = ("strace", "-f", "-qq", "-s", "200", "-e", f"trace={WATCHED}", "-o", str(log))
    keepmum = (sys.executable, "-m", "device", "run", "--config", str(settings))
    subprocess.run(
        ["unshare", "--net", *strace, *keepmum, "--input", str(wav)],
        env={**os.environ, "HOME": str(folder), **environment},
        capture_output=True,
        timeout=600,
        check=True,
    )
    return read(log, folder, state)


def read(log: Path, folder: Path, state: Path) -> Trace:
    """What a trace says. The folder of the supervisor's own sockets and settings is not counted."""
    trace = Trace()
    roles: dict[int, str] = {}
    for pid, call in _calls(log):
        if child := _CHILD.match(call) or _RESUMED.match(call):
            roles.setdefault(int(child[1]), roles.get(pid, "supervisor"))
        if role := _ROLE.search(call):
            roles[pid] = role[1]
        if any(name in call for name in NETWORK) or "sin_port" in call:
            trace.sockets.append(f"{roles.get(pid, 'supervisor')}: {call}")
        path = _written(call)
        if path and not path.startswith((str(state), "/dev/null", "/dev/tty", "/proc/")):
            trace.written.setdefault(roles.get(pid, "supervisor"), []).append(path)
    return trace


def _calls(log: Path) -> Iterator[tuple[int, str]]:
    for line in log.read_text(errors="replace").splitlines():
        if match := _LINE.match(line):
            yield int(match[1]), match[2]


def _written(call: str) -> str:
    """The file that a call creates or opens for writing, if it succeeded."""
    if " = -1 " in call:
        return ""
    if made := _MADE.match(call):
        flags = set(made[2].split("|"))
        return made[1] if flags & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE"} else ""
    named = _NAMED.match(call)
    return named[1] if named else ""
