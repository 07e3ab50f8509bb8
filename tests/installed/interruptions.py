"""Upgrades that are cut off: the installer is killed at any moment, and the speaker goes on.

Each time a version that differs in one file is installed over the one that runs, killed after a
part of the time that a whole upgrade takes, and looked at twice: as it is, and as it is after a
restart of everything, which is what a power cut is for the files that units are started from.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.seal.machine import ENTER, INSTALLER, Machine
from tests.seal.speaker import Speaker

EARS, HANDS, PANEL = "keepmum-ears.service", "keepmum-hands.service", "keepmum-panel.service"
UP_S = 90.0


@dataclass
class Interrupted:
    """What became of the upgrades that were cut off."""

    count: int = 0
    down: list[str] = field(default_factory=list)
    """Those after which the speaker did not listen."""
    unfinished: list[str] = field(default_factory=list)
    """Those that the next installation did not finish."""


def another_version(checkout: Path, place: Path, number: int) -> Path:
    """A copy of the checkout that differs in one file."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(checkout, place, symlinks=True)
    with (place / "device" / "__init__.py").open("a") as file:
        file.write(f"\nVERSION_OF_A_TEST = {number}\n")
    return place


def interrupt(speaker: Speaker, place: Path, times: int, seed: int, old: str = "") -> Interrupted:
    """Cut off that many upgrades at moments drawn from `seed`, and finish the last of each."""
    machine, dice, seen = speaker.machine, random.Random(seed), Interrupted()
    original = Path(speaker.checkout)
    whole = _whole(machine, another_version(original, place, 0))
    for number in range(1, times + 1):
        checkout = another_version(original, place, number)
        # every other one late, where the link, the units and the services change
        moment = whole * (dice.random() if number % 2 else 0.6 + 0.5 * dice.random())
        _cut_off(machine, checkout, moment)
        what = f"{old}{number}, after {moment:.1f} s of {whole:.1f} s"
        seen.count += 1
        if not listens(machine):
            seen.down.append(f"{what}: as it is")
        restart_everything(machine)
        if not listens(machine):
            seen.down.append(f"{what}: after a restart of everything")
        done = machine.run(*INSTALLER, "install", folder=str(checkout), check=False)
        if done.returncode or not listens(machine) or number != version(machine):
            seen.unfinished.append(f"{what}: {done.returncode} {done.stderr[-300:]}")
    return seen


def _whole(machine: Machine, checkout: Path) -> float:
    """Seconds of an upgrade that nobody interrupts, without doctor."""
    began = time.monotonic()
    for step in ("packages", "users", "environment", "models", "settings", "units"):
        machine.run(*INSTALLER, "install", "--only", step, folder=str(checkout))
    return time.monotonic() - began


def _cut_off(machine: Machine, checkout: Path, seconds: float) -> None:
    """Install, and kill the installer and all that it started, at once, after so long."""
    command = [*ENTER, "-t", str(machine.pid), "setsid", "env", f"--chdir={checkout}"]
    with subprocess.Popen(
        [*command, *INSTALLER, "install"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            for child in children.split():  # nsenter's one: the leader of the session
                with suppress(ProcessLookupError):
                    os.killpg(int(child), signal.SIGKILL)
            process.kill()


def listens(machine: Machine) -> bool:
    """Whether ears, hands and panel are up, within the time that they may take to load."""
    end = time.monotonic() + UP_S
    while not all(machine.is_active(unit) for unit in (EARS, HANDS, PANEL)):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def restart_everything(machine: Machine) -> None:
    """Stop all units, read them anew, and start what is enabled, as at boot."""
    machine.systemctl("stop", "keepmum-*.socket", "keepmum-*.path", EARS, HANDS, PANEL, check=False)
    machine.systemctl("daemon-reload")
    machine.systemctl("start", "sockets.target", "multi-user.target")


def version(machine: Machine) -> int:
    """The number of the version in force."""
    code = "import device; print(getattr(device, 'VERSION_OF_A_TEST', -1))"
    return int(machine.run("/opt/keepmum/venv/bin/python3", "-I", "-c", code).stdout)
