"""keepmum install, uninstall: users, environment, models, settings and units, put in place.

`sudo make install` runs this file with the system's Python before anything else is there, so it
uses the standard library alone; it may be run again at any time, and does what is left to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HOME = Path("/opt/keepmum")
VENV = HOME / "venv"
MODELS = HOME / "models"
SETTINGS = Path("/etc/keepmum")
UNITS = Path("/etc/systemd/system")
SYSUSERS = Path("/etc/sysusers.d/keepmum.conf")
TMPFILES = Path("/etc/tmpfiles.d/keepmum.conf")
COMMAND = Path("/usr/local/bin/keepmum")
STATE = tuple(Path(f"/var/lib/keepmum{each}") for each in ("", "-panel", "-commands"))
USERS = ("keepmum-ears", "keepmum-hands", "keepmum-panel", "keepmum-commands")
GROUP = "keepmum"
LAMP_GROUP = "keepmum-lamp"
CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = (
    *("python3-venv", "python3-dev", "gcc", "portaudio19-dev", "libasound2-plugins"),
    *("libseccomp2", "espeak-ng"),
)
EXTRAS = "piper,home,panel,export"
FIRST_SETTINGS = """# Settings of keepmum; `keepmum config` prints them all with their limits.

[general]
language = "en"
"""


class Failed(Exception):
    """A step did not succeed: what it was and why."""


def say(text: str) -> None:
    """One line about what is being done."""
    print(f"  {text}", flush=True)


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program; raises Failed with the end of what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not there") from error
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-6:]
        raise Failed(f"{' '.join(command)} ended with {done.returncode}: " + " | ".join(said))
    return done


# --- steps of installing, in order


def packages() -> None:
    """What the environment is built with, and the voice."""
    have = run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", check=False).stdout
    there = {line.split()[0] for line in have.splitlines() if line.endswith(" installed")}
    missing = [p for p in PACKAGES if p not in there]
    if missing:
        say("packages: " + " ".join(missing))
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)


def users() -> None:
    """Static users, one for each process, and the group of those who may mute."""
    _write(SYSUSERS, _unit_text("keepmum.sysusers"))
    _write(TMPFILES, _unit_text("keepmum.tmpfiles"))
    run("systemd-sysusers", str(SYSUSERS))
    run("systemd-tmpfiles", "--create", str(TMPFILES))
    person = os.environ.get("SUDO_USER", "")
    if person and person != "root":
        run("usermod", "-aG", GROUP, person)


def environment() -> None:
    """A virtual environment of the system's Python, with the dependencies and this package."""
    python = VENV / "bin" / "python3"
    if not python.exists():
        HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        run("/usr/bin/python3", "-m", "venv", str(VENV))
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "setuptools>=77", "wheel")
    # setuptools leaves its work in the folder that it builds: a copy keeps the checkout clean
    source = HOME / "source"
    shutil.rmtree(source, ignore_errors=True)
    skip = shutil.ignore_patterns(
        ".git", ".venv", "build", "tests", "__pycache__", "*.onnx", "*.tflite", ".*cache"
    )
    shutil.copytree(CHECKOUT, source, ignore=skip)
    try:
        package = f"{source}[{EXTRAS}]"
        run(*pip, "--no-build-isolation", package)
        run(*pip, "--no-build-isolation", "--no-deps", "--force-reinstall", str(source))
    finally:
        shutil.rmtree(source)
    COMMAND.unlink(missing_ok=True)
    COMMAND.parent.mkdir(parents=True, exist_ok=True)
    COMMAND.symlink_to(VENV / "bin" / "keepmum")


def models() -> None:
    """The models: those of the checkout if it has them, the rest fetched and verified."""
    MODELS.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.copytree(CHECKOUT / "models", MODELS, dirs_exist_ok=True)
    run(str(COMMAND), "models", "fetch", "--folder", str(MODELS))
    for path in (MODELS, *MODELS.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def settings() -> None:
    """/etc/keepmum: readable by all processes, but for the secrets, which only hands read."""
    SETTINGS.mkdir(mode=0o755, parents=True, exist_ok=True)
    file = SETTINGS / "keepmum.toml"
    if not file.exists():
        _write(file, FIRST_SETTINGS)
    secrets = SETTINGS / "secrets.toml"
    if not secrets.exists():
        _write(secrets, "# Passwords, readable by hands alone.\n")
    secrets.chmod(0o640)
    shutil.chown(secrets, "root", "keepmum-hands")


def units() -> None:
    """Units and the loosening ones that the settings ask for; enabled and started anew."""
    for name in _unit_names():
        _write(UNITS / name, _unit_text(name))
    table = tomllib.loads((SETTINGS / "keepmum.toml").read_text(encoding="utf-8"))
    _drop_in("keepmum-hands.service", "lan.conf", "keepmum-hands-lan.conf", wants_lan(table))
    _drop_in("keepmum-panel.service", "gpio.conf", "keepmum-panel-gpio.conf", wants_pins(table))
    run("systemctl", "daemon-reload")
    enabled = [n for n in _unit_names() if "\n[Install]" in _unit_text(n)]
    run("systemctl", "enable", "--quiet", *enabled)
    # a socket keeps the mode that it was made with: made anew, then those who listen on it
    run("systemctl", "restart", "keepmum-panel.socket", "keepmum-lamp.socket")
    run("systemctl", "restart", "keepmum-panel.service", "keepmum-mute.path")
    run("systemctl", "restart", "keepmum-hands.service", check=False)
    # --no-block: ears that find no microphone keep trying, and that is doctor's to say
    run("systemctl", "restart", "--no-block", "keepmum-ears.service", check=False)


def doctor() -> None:
    """Every start-up check at once, in the open."""
    subprocess.run([str(COMMAND), "doctor"], check=False)


STEPS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("Debian packages", packages),
    ("users and folders", users),
    (f"virtual environment in {VENV}", environment),
    (f"models in {MODELS}", models),
    (f"settings in {SETTINGS}", settings),
    ("units", units),
)


def wants_lan(table: dict[str, Any]) -> bool:
    """Whether the settings name something to talk to over IP: a broker or a music server."""
    media = str(table.get("media", {}).get("mpd", ""))
    return bool(table.get("home", {}).get("broker")) or bool(media and not media.startswith("/"))


def wants_pins(table: dict[str, Any]) -> bool:
    """Whether the settings name a lamp or button with pins."""
    panel = table.get("panel", {})
    return panel.get("lamp") in ("led", "ring") or panel.get("button_pin") is not None


# --- uninstalling


def uninstall(*, purge: bool) -> None:
    """Take everything away but the state (and settings); with `purge`, those and the users too."""
    names = _unit_names()
    there = [n for n in names if (UNITS / n).exists()]
    if there:
        run("systemctl", "disable", "--now", "--quiet", *there, check=False)
    for name in names:
        (UNITS / name).unlink(missing_ok=True)
        shutil.rmtree(UNITS / f"{name}.d", ignore_errors=True)
    run("systemctl", "daemon-reload", check=False)
    run("systemctl", "reset-failed", *there, check=False)
    for path in (SYSUSERS, TMPFILES, COMMAND):
        path.unlink(missing_ok=True)
    for folder in (HOME, Path("/run/keepmum"), Path("/run/keepmum-commands")):
        shutil.rmtree(folder, ignore_errors=True)
    if purge:
        for folder in (SETTINGS, *STATE):
            shutil.rmtree(folder, ignore_errors=True)
        for user in USERS:
            run("userdel", user, check=False)
        for group in (*USERS, GROUP, LAMP_GROUP):
            run("groupdel", group, check=False)


# --- helpers


def _unit_names() -> list[str]:
    endings = (".service", ".socket", ".path")
    return sorted(p.name for p in (CHECKOUT / "device" / "units").iterdir() if p.suffix in endings)


def _unit_text(name: str) -> str:
    return (CHECKOUT / "device" / "units" / name).read_text(encoding="utf-8")


def _drop_in(unit: str, name: str, source: str, wanted: bool) -> None:
    file = UNITS / f"{unit}.d" / name
    if wanted:
        _write(file, _unit_text(source))
    else:
        file.unlink(missing_ok=True)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)


def main(arguments: Sequence[str]) -> int:
    """install [--only STEP], or uninstall [--purge]."""
    parser = argparse.ArgumentParser(prog="install")
    parser.add_argument("what", choices=("install", "uninstall"))
    parser.add_argument("--purge", action="store_true", help="uninstall: the state as well")
    parser.add_argument("--only", choices=[f.__name__ for _, f in STEPS], help="one step alone")
    options = parser.parse_args(arguments)
    if os.geteuid() != 0:
        print("keepmum: this needs root\n  Run it with sudo.", file=sys.stderr)
        return 63
    try:
        if options.what == "uninstall":
            uninstall(purge=options.purge)
            print("keepmum is gone" + ("." if options.purge else "; its state and settings stay."))
            return 0
        for what, step in STEPS:
            if options.only in (None, step.__name__):
                print(what, flush=True)
                step()
    except Failed as error:
        print(f"keepmum: {error}\n  Mend that and run it again.", file=sys.stderr)
        return 64
    if options.only is None:
        doctor()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
