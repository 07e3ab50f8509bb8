"""keepmum mute, unmute: asked of the panel; muted means that the ears do not exist."""

from __future__ import annotations

import shutil
import subprocess
import time

import typer

from device.cli.run import ConfigFile
from device.cli.units import EARS, is_active
from device.config import salvage
from device.errors import EarsStay, NotMuted
from device.panel import protocol

app = typer.Typer()
PATIENCE_S = 5.0


@app.command("mute")
def mute(config_file: ConfigFile = None) -> None:
    """Mute the microphone: the process that could hear ends, and stays away, also over reboots."""
    if not protocol.ask(salvage.load(config_file)[0].panel.socket, protocol.MUTE):
        raise NotMuted
    if not _ears_are(running=False):
        raise EarsStay
    print("Muted: no process exists that could hear. `keepmum unmute` brings it back.")


@app.command("unmute")
def unmute(config_file: ConfigFile = None) -> None:
    """Unmute the microphone: the ears are started again."""
    if protocol.ask(salvage.load(config_file)[0].panel.socket, protocol.UNMUTE):
        raise NotMuted
    print("Unmuted: the ears are being started.")


def _ears_are(*, running: bool) -> bool:
    """Wait until the ears' unit is as it should be; True where there is no systemd to ask."""
    deadline = time.monotonic() + PATIENCE_S
    while is_active(EARS) is not running or _is_ending():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_ending() -> bool:
    """Whether the unit's processes are being started or ended right now."""
    if shutil.which("systemctl") is None:
        return False
    done = subprocess.run(
        ["systemctl", "show", "-p", "ActiveState", "--value", EARS],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() in ("deactivating", "activating", "reloading")
