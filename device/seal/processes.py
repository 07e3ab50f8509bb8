"""A process seen from outside: who it is, what it may, what it has open; from /proc, as root."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SOUND_IN = re.compile(r"^/dev/snd/pcmC\d+D\d+c$")
_INTERNET = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6")
NO_CAPABILITY = "0" * 16


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its id."""

    pid: int

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self.pid}/{name}").read_text(encoding="utf-8", errors="replace")

    @property
    def status(self) -> dict[str, str]:
        """The fields of /proc/PID/status."""
        pairs = (line.split(":", 1) for line in self._read("status").splitlines() if ":" in line)
        return {key: value.strip() for key, value in pairs}

    @property
    def name(self) -> str:
        """What it calls itself; empty if it is gone."""
        try:
            return self._read("comm").strip()
        except (FileNotFoundError, ProcessLookupError):
            return ""

    @property
    def uid(self) -> int:
        """The user it runs as."""
        return int(self.status["Uid"].split()[1])

    @property
    def capabilities(self) -> set[str]:
        """Its capability sets that are not empty."""
        names = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
        return {name for name in names if self.status[name] != NO_CAPABILITY}

    def threads(self) -> list[Process]:
        """Every thread, as a process of its own."""
        return [Process(int(p.name)) for p in Path(f"/proc/{self.pid}/task").iterdir()]

    @property
    def filtered(self) -> bool:
        """Whether every thread has a seccomp filter and can't gain privileges."""
        return all(
            t.status["Seccomp"] == "2" and t.status["NoNewPrivs"] == "1" for t in self.threads()
        )

    @property
    def readable(self) -> bool:
        """Whether processes of the same user may read its memory: what isn't dumpable is root's."""
        return Path(f"/proc/{self.pid}/maps").stat().st_uid == self.uid != 0

    @property
    def leaves_cores(self) -> bool:
        """Whether a core could be written."""
        for line in self._read("limits").splitlines():
            if line.startswith("Max core file size"):
                return line.split()[-3:-1] != ["0", "0"]
        return True

    def kilobytes(self, field: str) -> int:
        """A size of /proc/PID/status, 0 if it isn't there."""
        return int(self.status.get(field, "0 kB").split()[0])

    def namespace(self, kind: str) -> str:
        """Which namespace it is in."""
        return str(Path(f"/proc/{self.pid}/ns/{kind}").readlink())

    def interfaces(self) -> list[str]:
        """Network interfaces that it sees."""
        lines = self._read_net("dev").splitlines()[2:]
        return [line.split(":")[0].strip() for line in lines]

    def descriptors(self) -> dict[int, str]:
        """What it has open, in the kernel's words."""
        found = {}
        for entry in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                found[int(entry.name)] = os.readlink(entry)  # noqa: PTH115 - not always a path
        return found

    def kinds(self) -> dict[str, int]:
        """How many descriptors of each kind it has open."""
        counts: dict[str, int] = {}
        for what in self.descriptors().values():
            kind = "microphone" if _SOUND_IN.match(what) else re.split(r"[:\[ ]", what)[0]
            counts[kind] = counts.get(kind, 0) + 1
        return counts

    def microphones(self) -> list[str]:
        """Capture nodes that it has open."""
        return [what for what in self.descriptors().values() if _SOUND_IN.match(what)]

    def files(self) -> list[str]:
        """Files that it has open for writing, devices apart."""
        written = []
        for fd, what in self.descriptors().items():
            if not what.startswith("/") or what.startswith(("/dev/", "/proc/", "/memfd:")):
                continue
            flags = re.search(r"flags:\s+(\d+)", self._read(f"fdinfo/{fd}"))
            if flags and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY:
                written.append(what)
        return written

    def internet_sockets(self) -> list[str]:
        """Its sockets that are not local ones, as `protocol`."""
        own = {what[8:-1] for what in self.descriptors().values() if what.startswith("socket:[")}
        local = _local_sockets()
        kinds = {}
        for protocol in _INTERNET:
            for line in self._read_net(protocol).splitlines()[1:]:
                kinds[line.split()[9]] = protocol
        return [kinds.get(inode, "unknown") for inode in own - local]

    def writable_mounts(self) -> list[str]:
        """Mounts that are not read-only and whose root this user can write, kernel's own apart."""
        found = []
        for line in self._read("mountinfo").splitlines():
            left, right = line.split(" - ")
            point, options = left.split()[4:6]
            kind = right.split()[0]
            if "rw" not in options.split(",") or kind in ("proc", "sysfs", "devtmpfs", "devpts"):
                continue
            if self._may_write(point):
                found.append(point)
        return found

    def _may_write(self, path: str) -> bool:
        with suppress(OSError):
            entry = os.stat(f"/proc/{self.pid}/root{path}")  # noqa: PTH116
            groups = {int(g) for g in self.status["Groups"].split()}
            mode = entry.st_mode
            if entry.st_uid == self.uid:
                return bool(mode & 0o200)
            if entry.st_gid in groups | {int(self.status["Gid"].split()[1])}:
                return bool(mode & 0o020)
            return bool(mode & 0o002)
        return False

    def started_with(self, environment: Mapping[str, str]) -> bool:
        """Whether it was started in this environment, as the kernel keeps it.

        Lists are compared item by item: glibc cuts its list of tunables up where it stands.
        """
        there = set(self._read("environ").replace(":", "\0").split("\0"))
        wanted = {item for k, v in environment.items() for item in f"{k}={v}".split(":")}
        return wanted <= there

    def group_file(self, name: str) -> str | None:
        """A file of its control group, in either version; None if the kernel has none."""
        controller = name.split(".", maxsplit=1)[0]
        for line in self._read("cgroup").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            for root in (
                "/sys/fs/cgroup",
                f"/sys/fs/cgroup/{controller}",
                "/sys/fs/cgroup/unified",
            ):
                file = Path(f"{root}{path}/{name}")
                if file.exists():
                    return file.read_text().strip()
        return None

    def _read_net(self, name: str) -> str:
        try:
            return self._read(f"net/{name}")
        except OSError:
            return ""  # the kernel lacks the protocol, or the unit hides it


def _local_sockets() -> set[str]:
    """Inodes of all Unix sockets, in every network namespace: a socket keeps the one it was made
    in, so those that ears were given are listed where the giver lives."""
    seen: set[str] = set()
    inodes: set[str] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            namespace = str((entry / "ns/net").readlink())
            if namespace not in seen:
                lines = (entry / "net/unix").read_text(errors="replace").splitlines()[1:]
                inodes |= {line.split()[6] for line in lines}
                seen.add(namespace)
    return inodes
