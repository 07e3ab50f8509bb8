"""What a package can be made for: suites of Debian, with their Python, and architectures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).with_name("locks")
OLDEST_GLIBC = 5
"""The second number of the oldest C library that wheels are made for (2.5)."""


@dataclass(frozen=True)
class Suite:
    """A release of Debian: its wheels may need the C library 2.`glibc` at most."""

    name: str
    number: int
    python: str
    glibc: int
    alsa: str
    from_debian: tuple[str, ...]
    """Python packages that are Debian's own: no wheel of theirs is packed."""
    units: str
    """Where units lie: /lib until its packages moved to /usr."""


SUITES = {
    suite.name: suite
    for suite in (
        Suite("bookworm", 12, "3.11", 36, "libasound2", ("pyaudio",), "lib"),
        Suite("trixie", 13, "3.13", 41, "libasound2t64", ("pyaudio", "lgpio"), "usr/lib"),
    )
}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's names of architectures, and the processor's as wheels and models have it."""


@dataclass(frozen=True)
class Target:
    """One suite on one architecture."""

    suite: Suite
    arch: str

    @property
    def machine(self) -> str:
        """The processor, as `uname -m` says it there."""
        return MACHINES[self.arch]

    @property
    def multiarch(self) -> str:
        """The triplet in the names of Debian's own extension modules."""
        return f"{self.machine}-linux-gnu"

    @property
    def tag(self) -> str:
        """CPython's tag in the names of extension modules: 311, 313."""
        return self.suite.python.replace(".", "")

    @property
    def lock(self) -> Path:
        """Every wheel that is packed: name, version, sha256."""
        return LOCKS / f"{self.suite.name}-{self.arch}.txt"

    def packages_of(self, release: Path) -> Path:
        """The folder of a release's Python packages, by the target's Python."""
        return release / "lib" / f"python{self.suite.python}" / "site-packages"

    def platforms(self) -> list[str]:
        """The platform tags of wheels that run there."""
        known = range(OLDEST_GLIBC, self.suite.glibc + 1)
        tags = [f"manylinux_2_{glibc}_{self.machine}" for glibc in known]
        return [*tags, f"manylinux2014_{self.machine}"]

    def __str__(self) -> str:
        return f"{self.suite.name} on {self.arch}"


def target(suite: str, arch: str) -> Target:
    """The target of these names. Raises ValueError, in words for a person."""
    if suite not in SUITES:
        raise ValueError(f"SUITE={suite} is not known; there are {', '.join(SUITES)}")
    if arch not in MACHINES:
        raise ValueError(f"ARCH={arch} is not known; there are {', '.join(MACHINES)}")
    return Target(SUITES[suite], arch)
