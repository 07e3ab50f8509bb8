"""What the services are, for `keepmum doctor`: whether they run, as whom, and why not."""

from __future__ import annotations

import contextlib
import grp
import os
import pickle
import pwd
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from device import errors
from device.config import Config
from device.data.aside import set_aside_before
from device.errors import KeepmumError, NoService, NotAsUser, ServiceEnded, SetAside
from device.panel import protocol

UNITS = ("keepmum-panel.service", "keepmum-hands.service", "keepmum-ears.service")
START_S = 15.0
"""Units that are just being started are given so long."""
LOOK_S = 120.0
"""A check that takes longer hangs, and so would the service."""
GROUPS = {"keepmum-ears": ("audio",), "keepmum-hands": ("audio",)}
"""What the units grant besides."""


def as_user(user: str, check: Callable[[], str]) -> str:
    """What `check` says in a process of its own, as that user where root may and there is one.

    A service has its own rights and not root's: what root can read says nothing. And a library
    that ends its process takes the check with it, not the doctor. Raises what the check raises.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException), os.fdopen(writing, "wb") as said:
            said.write(pickle.dumps(_outcome(user, check)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        ready, _, _ = select.select([said], [], [], LOOK_S)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        raw = said.read()
    _, status = os.waitpid(pid, 0)
    if not raw:
        how = "it hangs" if not ready else f"it ended with {os.waitstatus_to_exitcode(status)}"
        raise NotAsUser(user=user or "you", why=how)
    kind, what = pickle.loads(raw)  # noqa: S301 - our own child's
    if kind == "fine":
        return str(what)
    if kind == "known":
        name, facts = what
        raise getattr(errors, name)(**facts)
    raise NotAsUser(user=user or "you", why=what)


def _outcome(user: str, check: Callable[[], str]) -> tuple[str, object]:
    try:
        if os.geteuid() == 0 and user:
            _become(user)
        return "fine", check()
    except KeepmumError as error:
        return "known", (type(error).__name__, {k: str(v) for k, v in error.facts.items()})
    except OSError as error:
        return "other", f"{error.strerror or error}: {error.filename or 'no file'}"
    except Exception as error:  # noqa: BLE001 - whatever a library raises is a finding, no traceback
        return "other", f"{type(error).__name__}: {error}"


def _become(user: str) -> None:
    """Take on a service's user and groups; stay root where they aren't installed."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return
    groups = {entry.pw_gid}
    for name in GROUPS.get(user, ()):
        with contextlib.suppress(KeyError):
            groups.add(grp.getgrnam(name).gr_gid)
    os.setgroups(sorted(groups))
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = "/"


def state(settings: Config) -> str:
    """Whether hands can keep what they must, and did. Raises SetAside, OSError."""
    folder = Path(settings.service.state)
    if not folder.exists() and shutil.which("systemctl") is None:
        folder = next(p for p in folder.parents if p.exists())
    with NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        file.write(bytes(1))
        file.flush()
        os.fsync(file.fileno())
    if aside := set_aside_before(folder):
        raise SetAside(count=len(aside), newest=aside[-1])
    return f"{settings.service.state} can be written"


def running(settings: Config) -> str:
    """Whether the whole speaker runs. Raises NoService, ServiceEnded."""
    if shutil.which("systemctl") is None or not Path("/run/systemd/system").exists():
        raise NoService(why="there is no systemd here")
    there = [unit for unit in UNITS if show(unit, "LoadState") == "loaded"]
    if not there:
        raise NoService(why="it is not installed")
    muted = _muted(settings)
    wanted = [u for u in UNITS if not (muted and u == UNITS[-1])]
    deadline = time.monotonic() + START_S
    while down := [u for u in wanted if show(u, "ActiveState") != "active"]:
        if time.monotonic() > deadline:
            raise ServiceEnded(unit=down[0], **_why(down[0]))
        time.sleep(0.2)
    if muted:
        return "muted, on purpose: the ears do not exist; panel and hands run"
    return "panel, hands and ears run, and ears say that they listen"


def _muted(settings: Config) -> bool:
    try:
        return protocol.ask(settings.panel.socket, protocol.STATE)
    except KeepmumError:
        return False


def _why(unit: str) -> dict[str, str]:
    """What a unit ended of last, and the mend, by its exit code."""
    code = show(unit, "ExecMainStatus")
    for kind in vars(errors).values():
        known = isinstance(kind, type) and issubclass(kind, KeepmumError)
        if known and str(kind.exit_code) == code != "1":
            return {"why": f"{kind.__name__}, code {code}", "then": kind.mend}
    state_ = show(unit, "ActiveState")
    name = unit.removesuffix(".service")
    return {"why": f"{state_}, code {code or 'none'}", "then": f"Look at: systemctl status {name}"}


def show(unit: str, name: str) -> str:
    """One property of a unit."""
    command = ("systemctl", "show", unit, "--value", "-p", name)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip()
