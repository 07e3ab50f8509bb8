"""A machine to install keepmum on: a real systemd, booted on a throw-away copy of this one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.installed import clone

BOOT = Path(__file__).with_name("boot.sh")
ROOT = Path(__file__).parents[2]
BASES = ROOT / "build" / "systemd"
"""Environments that were installed once; they are kept, a boot writes elsewhere."""
INSTALLER = ("/usr/bin/python3", "-B", "-m", "device.cli.install")
"""What `make install` calls, in a checkout."""
BETWEEN_ASKS_S = 0.05
ENTER = ("nsenter", "-m", "-p", "-n", "-u", "-i", "-C")


def why_not() -> str:
    """Why a systemd can't be booted here; empty if it can."""
    if os.geteuid() != 0:
        return "booting a systemd needs root"
    programs = ("systemctl", "dbus-daemon", "nsenter", "unshare")
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        return f"{missing[0]} is not installed (packages systemd, dbus, util-linux)"
    if "cgroup2" not in Path("/proc/mounts").read_text():
        return "there is no second version of control groups mounted"
    probe = subprocess.run(
        ("unshare", "--mount", "--pid", "--net", "--cgroup", "--fork", "sh", "-ec", _OVERLAY),
        capture_output=True,
        text=True,
        check=False,
    )
    if probe.returncode == 0:
        return ""
    return f"a copy of this machine can't be made here: {probe.stderr.strip()[-200:]}"


_OVERLAY = """
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
"""


@dataclass
class Machine:
    """A booted machine: `pid` is its process 1 as seen from here."""

    pid: int
    root: Path
    """Its root folder, to be read and written from here."""

    def run(
        self,
        *command: str,
        user: str = "",
        check: bool = True,
        timeout: float = 300,
        folder: str = "/",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine, as root or as `user`; its result, said aloud if bad."""
        as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups") if user else ()
        done = subprocess.run(
            [*ENTER, "-t", str(self.pid), *as_user, "env", f"--chdir={folder}", *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        if check and done.returncode:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def systemctl(self, *words: str, check: bool = True) -> str:
        """What systemctl prints."""
        return self.run("systemctl", *words, check=check).stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.systemctl("show", unit, "--value", "-p", name)

    def is_active(self, unit: str) -> bool:
        """Whether the unit runs and has said that it is ready."""
        return self.systemctl("is-active", unit, check=False) == "active"

    def until(self, what: str, holds: Callable[[], bool], seconds: float = 20.0) -> float:
        """Ask again and again until it holds; how long it took. Fails with the unit's story."""
        start = time.monotonic()
        while not holds():
            if time.monotonic() - start > seconds:
                status = self.systemctl(
                    "status", "--no-pager", "-n", "25", "keepmum-*", check=False
                )
                raise AssertionError(f"not within {seconds} s: {what}\n{status}\n{self.journal()}")
            time.sleep(BETWEEN_ASKS_S)  # who asks without a pause keeps the machine from answering
        return time.monotonic() - start

    def main_pid(self, unit: str) -> int:
        """The process id of a unit's main process, as seen on the machine."""
        return int(self.show(unit, "MainPID"))

    def journal(self, unit: str = "") -> str:
        """The log."""
        which = ("-u", unit) if unit else ()
        return self.run("journalctl", "--no-pager", "-o", "cat", *which, check=False).stdout[-6000:]

    def write(self, path: str, text: str) -> None:
        """A file on the machine."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def exists(self, path: str) -> bool:
        """Whether there is such a file on the machine."""
        return os.path.lexists(self.root / path.lstrip("/"))


@contextmanager
def boot(own: Path | None = None) -> Iterator[Machine]:
    """A machine that has started, and ends with the block.

    own: a folder that is its /opt/keepmum and keeps what is written there; left away, it has the
    release of this checkout, not yet in force, and what it writes is gone with it.
    """
    base = environment()
    with tempfile.TemporaryDirectory(prefix="keepmum-boot-") as work:
        log = Path(work, "console")
        with log.open("wb") as console:
            process = subprocess.Popen(
                [str(BOOT), "systemd", work, str(base)],
                stdout=console,
                stderr=console,
                env={**os.environ, "OWN": str(own or "")},
            )
        try:
            machine = Machine(_first_process(process, log), Path())
            machine.root = Path(f"/proc/{machine.pid}/root")
            machine.until("the machine is up", lambda: _is_up(machine), 60)
            yield machine
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def checkout() -> Path:
    """What is installed from: a clean clone; where git isn't, the files that there are."""
    return clone.clone() if not clone.why_not() else ROOT


def environment() -> Path:
    """The layer with a release of the checkout and its models, made by the installer itself.

    Its libraries are installed once, as long as setup.cfg names the same.
    """
    libraries, name = _asked(checkout())
    layer = BASES / libraries[:16] / "layer"
    release = layer / "opt" / "keepmum" / "releases" / name
    done = layer.parent / f"{name}.done"
    if not done.exists():
        layer.parent.mkdir(parents=True, exist_ok=True)
        for step in ("environment", "models"):
            with tempfile.TemporaryDirectory(prefix="keepmum-build-") as work:
                build = (str(BOOT), "run", work, str(layer), "--")
                install = ("env", f"--chdir={checkout()}", *INSTALLER, "install", "--only", step)
                subprocess.run([*build, *install], check=True, timeout=900)
        # the copy's /tmp is that of this machine, as a checkout may lie there; what was left goes
        shutil.rmtree(layer / "tmp", ignore_errors=True)
        for other in release.parent.iterdir():
            if other != release:
                shutil.rmtree(other, ignore_errors=True)
                (layer.parent / f"{other.name}.done").unlink(missing_ok=True)
        done.touch()
    return layer


def _asked(folder: Path) -> list[str]:
    """The hash of the libraries and the name of the release that a checkout makes."""
    question = (
        "from device.cli.install import release as r; print(r.dependencies()); print(r.name())"
    )
    asked = ("/usr/bin/python3", "-B", "-c", question)
    return subprocess.run(
        asked, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.split()


def _first_process(process: subprocess.Popen[bytes], log: Path) -> int:
    """The child of unshare: process 1 of the machine."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"the machine did not boot: {log.read_text()}")
        with suppress(OSError):  # a helper of the script that ended meanwhile
            pids = children.read_text().split()
            if pids and Path(f"/proc/{pids[0]}/comm").read_text().strip() == "systemd":
                return int(pids[0])
    raise AssertionError(f"the machine did not boot: {log.read_text()}")


def _is_up(machine: Machine) -> bool:
    state = machine.systemctl("is-system-running", check=False)
    return state in ("running", "degraded")
