"""What Debian's package does on the machine, beside unpacking.

`python3 -m device.cli.install.packaged settle|begin RELEASE`, called by dpkg's scripts
(device/packaging/scripts) with the Python of the new release. Users come from systemd-sysusers,
units are enabled by deb-systemd-helper; the rest is the installer's.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from device.cli.install import release as releases
from device.cli.install import steps
from device.cli.install.system import COMMAND, HOME, SYSUSERS, TMPFILES, UNITS, Failed, run, say

BEFORE = releases.RELEASES / "before"
"""The release that ran when dpkg began; dpkg's own script links its files there."""
MANAGER = Path("/run/systemd/system")
PACE = (
    "from device.ears.recognize import pace\n"
    "from device.modelstore import ModelStore\n"
    "store = ModelStore()\n"
    "print(pace.write(store) if pace.has_network(store) else '')"
)
"""Measures the recognizer's network, since the settings may leave the choice to its pace."""


def settle(release: Path) -> None:
    """Settings, drop-ins and the link; what `make install` put elsewhere makes way."""
    take_over()
    steps.settings()
    steps.person()
    try:
        steps.place_drop_ins(releases.units_of(release), steps.settings_table())
    except Failed as error:
        say(f"{error}; what the units may reach stays as it was")
    releases.switch(release, command=False)
    python = str(release / "bin" / "python3")
    # which cards `default` stands for, once: no other takes a card's place when it is pulled
    run(python, "-I", "-m", "device", "devices", "--choose", check=False)
    run(python, "-I", "-c", PACE, check=False)


def take_over() -> None:
    """Take away the units, users' list and command of `make install`: the package has its own.

    A unit that no release of keepmum has like this is the owner's own, and stays; so do drop-ins
    and masks. They all count for the package's units.
    """
    for unit in UNITS.glob("keepmum-*"):
        if unit.suffix not in steps.OUR_ENDINGS or unit.is_symlink() or not unit.is_file():
            continue
        if unit.read_bytes() not in _as_installed(unit.name):
            say(f"{unit} is your own, and goes before the package's")
            continue
        unit.unlink()
        for wants in UNITS.glob("*.wants"):
            (wants / unit.name).unlink(missing_ok=True)
    for file in (SYSUSERS, TMPFILES):
        file.unlink(missing_ok=True)
    if COMMAND.is_symlink() and COMMAND.readlink().is_relative_to(HOME):
        COMMAND.unlink()


def _as_installed(unit: str) -> set[bytes]:
    """A unit as the releases have it that are there, also from before there were releases."""
    inside = f"lib/python3*/site-packages/device/units/{unit}"
    folders = (releases.VENV, *releases.RELEASES.glob("*"))
    return {file.read_bytes() for folder in folders for file in folder.glob(inside)}


def begin(release: Path) -> None:
    """Start the new release; the one of before again if that listened and this does not.

    Raises Failed then.
    """
    if not MANAGER.is_dir():
        releases.clear()
        return
    listened = steps.is_active(steps.EARS)
    wanted = [steps.HANDS, steps.EARS] if listened else [steps.HANDS]
    why = steps.restart(steps.begun_at_boot(releases.units_of(release)), wanted)
    if why and listened and BEFORE.is_dir():
        releases.switch(BEFORE, command=False)
        # its units in /etc go before the package's, until the next version takes over
        steps.start(BEFORE, steps.settings_table(), wanted)
        raise Failed(f"the new version does not listen ({why}); the one before is in force again")
    if why:
        say(f"{why}: `keepmum doctor` says more")
    releases.clear()


def main(arguments: Sequence[str]) -> int:
    """settle RELEASE, or begin RELEASE."""
    what, release = arguments
    try:
        {"settle": settle, "begin": begin}[what](Path(release))
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"keepmum: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
