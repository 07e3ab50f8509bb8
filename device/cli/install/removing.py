"""Uninstalling: everything that installing put there goes, what is the owner's stays or is asked
for with PURGE."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from device.cli.install.steps import DROP_INS, OUR_ENDINGS
from device.cli.install.system import (
    CHECKOUT,
    COMMAND,
    HOME,
    SETTINGS,
    STATE,
    SYSUSERS,
    TMPFILES,
    UNITS,
    run,
)

RUN = (Path("/run/keepmum"), Path("/run/keepmum-commands"))


def uninstall(*, purge: bool) -> Iterator[str]:
    """Take keepmum away; tells what stays. With `purge` state, settings, drop-ins, users go too."""
    names = _unit_names()
    there = [n for n in names if (UNITS / n).exists()]
    if there:
        run("systemctl", "disable", "--now", "--quiet", *there, check=False)
    for unit, name, _ in DROP_INS:
        (UNITS / f"{unit}.d" / name).unlink(missing_ok=True)
    for name in names:
        (UNITS / name).unlink(missing_ok=True)
        if purge:
            shutil.rmtree(UNITS / f"{name}.d", ignore_errors=True)
        with suppress(OSError):  # not empty: the owner's own
            (UNITS / f"{name}.d").rmdir()
    run("systemctl", "daemon-reload", check=False)
    run("systemctl", "reset-failed", *there, check=False)
    for path in (SYSUSERS, TMPFILES, COMMAND):
        path.unlink(missing_ok=True)
    for folder in (HOME, *RUN):
        shutil.rmtree(folder, ignore_errors=True)
    if purge:
        _purge()
    yield from _what_stays(names)


def _purge() -> None:
    for folder in (SETTINGS, *STATE):
        shutil.rmtree(folder, ignore_errors=True)
    lines = (CHECKOUT / "device" / "units" / "keepmum.sysusers").read_text(encoding="utf-8")
    made = [line.split()[:2] for line in lines.splitlines() if line[:1] in ("u", "g")]
    for kind, name in made:
        if kind == "u":
            run("userdel", name, check=False)
    for _, name in made:
        run("groupdel", name, check=False)


def _what_stays(names: list[str]) -> Iterator[str]:
    drop_ins = (UNITS / f"{name}.d" for name in names)
    for folder in (SETTINGS, *STATE, *drop_ins):
        if folder.exists():
            yield str(folder)
    users = Path("/etc/passwd").read_text(encoding="utf-8")
    if any(line.startswith("keepmum-") for line in users.splitlines()):
        yield "the users keepmum-…, who own it"
    yield "Debian packages (apt autoremove does not know them)"


def _unit_names() -> list[str]:
    """Of this version, and of any other that left some."""
    units = CHECKOUT / "device" / "units"
    ours = {p.name for p in units.iterdir() if p.suffix in OUR_ENDINGS}
    there = {p.name for p in UNITS.glob("keepmum-*") if p.suffix in OUR_ENDINGS and p.is_file()}
    return sorted(ours | there)
