"""Steps of installing, in order; each does what is left to do of it."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device.cli.install import release as releases
from device.cli.install.system import (
    CHECKOUT,
    COMMAND,
    GROUP,
    HOME,
    SETTINGS,
    SHELF,
    SYSUSERS,
    TMPFILES,
    UNITS,
    Failed,
    run,
    run_shown,
    say,
    write,
)

PACKAGES = (
    *("python3-venv", "python3-dev", "gcc", "portaudio19-dev", "libasound2-plugins"),
    *("libseccomp2", "espeak-ng", "python3-spidev"),
)
IF_THERE = ("python3-lgpio",)
"""Raspberry Pi OS has it; on Debian it comes from the package index, up to Python 3.12."""
FIRST_SETTINGS = """# Settings of keepmum; `keepmum config` prints them all with their limits.

[general]
language = "en"
"""
EARS, HANDS = "keepmum-ears.service", "keepmum-hands.service"
READY_S = 90.0
"""A Pi 3 loads its models for some ten seconds; ears that fail are started again meanwhile."""
OUR_ENDINGS = (".service", ".socket", ".path")


def packages() -> None:
    """What the environment is built with, and the voice."""
    have = run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", check=False).stdout
    there = {line.split()[0] for line in have.splitlines() if line.endswith(" installed")}
    missing = [p for p in PACKAGES if p not in there]
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    if missing:
        run_shown("apt-get", "update", "-q")
    missing += [p for p in IF_THERE if p not in there and _suite_has(p)]
    if missing:
        say("packages: " + " ".join(missing))
        run_shown("apt-get", "install", "-y", "-q", "--no-install-recommends", *missing)


def _suite_has(package: str) -> bool:
    known = run("apt-cache", "policy", package, check=False).stdout
    return bool(known.strip()) and "Candidate: (none)" not in known


def users() -> None:
    """Static users, one for each process, and the group of those who may mute."""
    write(SYSUSERS, _checkouts("keepmum.sysusers"))
    write(TMPFILES, _checkouts("keepmum.tmpfiles"))
    run("systemd-sysusers", str(SYSUSERS))
    run("systemd-tmpfiles", "--create", str(TMPFILES))
    person()


def person() -> None:
    """Whoever installs is one of the people who may mute and read."""
    name = os.environ.get("SUDO_USER", "")
    if name and name != "root":
        run("usermod", "-aG", GROUP, name)


def environment() -> None:
    """A release beside the one that runs, which goes on running."""
    HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    releases.prepare()


def models() -> None:
    """The release's models: those of the checkout if it has them, the rest fetched and verified."""
    made = releases.prepare()
    folder = releases.models_of(made)
    for source in sorted((CHECKOUT / "models").rglob("*")):
        name = source.relative_to(CHECKOUT / "models")
        if source.is_file() and not (SHELF / name).exists():
            _copy(source, folder / name)
    run_shown(str(made / "bin" / "keepmum"), "models", "fetch", "--folder", str(folder))
    for path in (folder, *folder.rglob("*")):
        mode = 0o755 if path.is_dir() else 0o644
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)


def _copy(source: Path, target: Path) -> None:
    """A file of the checkout's: another one in its place, which may be one with a release's."""
    if target.exists() and filecmp.cmp(source, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, part)
    part.replace(target)


def settings() -> None:
    """/etc/keepmum: readable by all processes, but for the secrets, which only hands read."""
    SETTINGS.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = SETTINGS / "keepmum.toml"
    if not file.exists():
        write(file, FIRST_SETTINGS)
    secrets = SETTINGS / "secrets.toml"
    if not secrets.exists():
        write(secrets, "# Passwords, readable by hands alone.\n")
    secrets.chmod(0o640)
    shutil.chown(secrets, "root", "keepmum-hands")


def units() -> None:
    """The new release in force, with its units; the one before again if it doesn't listen."""
    made, before = releases.prepare(), releases.in_force()
    listened = is_active(EARS)
    table = settings_table()
    os.sync()
    releases.switch(made)
    # which cards `default` stands for, once: no other takes a card's place when it is pulled
    run(str(COMMAND), "devices", "--choose", check=False)
    why = start(made, table, [HANDS, EARS] if listened else [HANDS])
    if why and listened and made != before:
        releases.back(before)
        start(before or releases.VENV, table, [HANDS, EARS])
        raise Failed(f"the new version does not listen ({why}); the one before is in force again")
    if why:
        say(f"{why}: `keepmum doctor` says more")
    else:
        releases.clear()


def start(release: Path, table: dict[str, Any], wanted: list[str]) -> str:
    """Put the units of a release in place and start them; which of `wanted` isn't up, in words."""
    folder = releases.units_of(release)
    for unit in units_in(folder):
        write(UNITS / unit.name, unit.read_text(encoding="utf-8"))
    place_drop_ins(folder, table)
    run("systemctl", "daemon-reload")
    enabled = begun_at_boot(folder)
    run("systemctl", "enable", "--quiet", *enabled)
    return restart(enabled, wanted)


def place_drop_ins(folder: Path, table: dict[str, Any]) -> None:
    """Put those of a release's drop-ins in place that the settings ask for; the others go."""
    for unit, name, is_wanted in DROP_INS:
        file = UNITS / f"{unit}.d" / name
        source = folder / f"{unit.removesuffix('.service')}-{name}"
        if is_wanted(table) and source.exists():
            write(file, source.read_text(encoding="utf-8"))
        else:
            file.unlink(missing_ok=True)


def units_in(folder: Path) -> list[Path]:
    """The units among a folder's files."""
    return sorted(p for p in folder.iterdir() if p.suffix in OUR_ENDINGS)


def begun_at_boot(folder: Path) -> list[str]:
    """The units of a folder that are enabled."""
    return [p.name for p in units_in(folder) if "\n[Install]" in p.read_text(encoding="utf-8")]


def restart(enabled: list[str], wanted: list[str]) -> str:
    """Start units anew and wait; which of `wanted` isn't up in a new life, in words."""
    lives = {unit: _life(unit) for unit in wanted}
    # those started by others stay so; a socket keeps the mode that it was made with, so it is made
    # anew. All in one job of the manager: whoever interrupts this leaves nothing half started.
    run("systemctl", "stop", "--no-block", "keepmum-commands.service", check=False)
    run("systemctl", "restart", "--no-block", *enabled, check=False)
    return _wait(lives)


def _life(unit: str) -> str:
    """What tells one life of a unit from the next."""
    return run("systemctl", "show", "--value", "-p", "InvocationID", unit, check=False).stdout


def _wait(lives: dict[str, str]) -> str:
    """Wait until each unit is up in a new life; which of them isn't, in words."""
    end, told = time.monotonic() + READY_S, False
    while missing := [u for u, before in lives.items() if not is_active(u) or _life(u) == before]:
        if time.monotonic() > end:
            return f"{missing[0]} is not up after {READY_S:.0f} s"
        if not told and end - time.monotonic() < READY_S - 2:
            say(f"waiting for {missing[0]}")
            told = True
        time.sleep(0.2)
    return ""


def is_active(unit: str) -> bool:
    """Whether the service manager says that the unit is up."""
    return run("systemctl", "is-active", "--quiet", unit, check=False).returncode == 0


def doctor() -> None:
    """Every start-up check at once, in the open."""
    subprocess.run([str(COMMAND), "doctor"], check=False)


STEPS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("Debian packages", packages),
    ("users and folders", users),
    (f"environment in {releases.RELEASES}", environment),
    ("models", models),
    (f"settings in {SETTINGS}", settings),
    ("units", units),
)


# --- what the settings ask of the units


def settings_table() -> dict[str, Any]:
    """The settings as they are written; raises Failed if they can't be read."""
    file = SETTINGS / "keepmum.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failed(f"{file} can't be read: {error}") from error


def _section(table: dict[str, Any], name: str) -> dict[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def wants_lan(table: dict[str, Any]) -> bool:
    """Whether the settings name something to talk to over IP: a broker or a music server."""
    media = str(_section(table, "media").get("mpd", ""))
    return bool(_section(table, "home").get("broker")) or bool(media and media[0] != "/")


def wants_pins(table: dict[str, Any]) -> bool:
    """Whether the settings name a lamp or button with pins."""
    panel = _section(table, "panel")
    return panel.get("lamp") in ("led", "ring") or panel.get("button_pin") is not None


DROP_INS: tuple[tuple[str, str, Callable[[dict[str, Any]], bool]], ...] = (
    (HANDS, "lan.conf", wants_lan),
    ("keepmum-panel.service", "gpio.conf", wants_pins),
)
"""Unit, name of the drop-in, and whether the settings ask for it; it is units/UNIT-NAME."""


def _checkouts(name: str) -> str:
    return (CHECKOUT / "device" / "units" / name).read_text(encoding="utf-8")
