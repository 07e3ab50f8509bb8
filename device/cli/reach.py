"""Reaching the household's data: through the running hands, or on the disk where they don't run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import typer

from device.config import DEFAULT_PATH, Config
from device.data import inventory, ledger, ledgerreader, proof
from device.data.export import Places
from device.data.ledgerreader import View
from device.data.proof import Proof
from device.errors import HandsSilent, MustBeStopped, NotAllowed, NoTerminal
from device.sockets import client

SYSTEMD = Path("/run/systemd/system")
"""There if systemd runs."""
UNITS = ("keepmum-ears.service", "keepmum-hands.service")


def own_folder(variable: str, otherwise: str) -> Path:
    """A folder of this user's, for a speaker that `keepmum run` started."""
    return Path(os.environ.get(variable) or otherwise).expanduser() / "keepmum"


def own_socket() -> Path:
    """Where the hands of this user's `keepmum run` answer if /run/keepmum isn't theirs."""
    return own_folder("XDG_RUNTIME_DIR", "~/.local/state") / "ask.sock"


def own_state() -> Path:
    """The state folder of this user's `keepmum run` if the settings' one isn't theirs."""
    return own_folder("XDG_STATE_HOME", "~/.local/state")


def sockets(config: Config) -> tuple[Path, ...]:
    """Where hands may answer: the service's socket first, then one of this user's."""
    return (Path(config.service.ask), own_socket())


def connected(config: Config, request: Mapping[str, object]) -> Path:
    """The socket at which hands answer this request; raises HandsSilent, NotAllowed."""
    trouble: HandsSilent | NotAllowed = HandsSilent(socket=config.service.ask)
    for path in sockets(config):
        if not path.exists():
            continue
        try:
            client.ask(path, request).close()
        except (HandsSilent, NotAllowed) as error:
            trouble = error
        else:
            return path
    raise trouble


def answer(config: Config, request: Mapping[str, object]) -> dict[str, object]:
    """What the hands answer; raises HandsSilent, NotAllowed, or their error."""
    trouble: HandsSilent | NotAllowed = HandsSilent(socket=config.service.ask)
    for path in sockets(config):
        try:
            return client.answer_to(path, request)
        except (HandsSilent, NotAllowed) as error:
            if path.exists():
                trouble = error
    raise trouble


def state_of(config: Config) -> Path:
    """The state folder that this user can read: the settings', else this user's own."""
    state = Path(config.service.state)
    return state if os.access(state, os.R_OK | os.X_OK) else own_state()


def places_of(config: Config, config_file: Path | None) -> Places:
    """Where the data lie when no hands run."""
    places = Places.of(config, config_file or DEFAULT_PATH)
    return Places(state_of(config), places.settings, places.names, places.sentences)


def view(config: Config, since: int = 0) -> View:
    """The ledger, from the hands if they run, else from the disk.

    Raises NotAllowed, LedgerUnreadable.
    """
    try:
        return ledgerreader.from_wire(answer(config, {"ask": "ledger", "since": since}))
    except HandsSilent:
        return ledgerreader.read(state_of(config) / ledger.FILE, since)


def kept(config: Config) -> tuple[dict[str, str], Proof | None]:
    """How much there is of each kind that is kept, in words; and the last proof.

    Raises NotAllowed.
    """
    try:
        told = answer(config, {"ask": "kept"})
    except HandsSilent:
        state = state_of(config)
        return inventory.amounts(state), proof.last(state)
    amounts, last = told["amounts"], told["proof"]
    named = {str(k): str(v) for k, v in amounts.items()} if isinstance(amounts, dict) else {}
    return named, last if isinstance(last, dict) else None


def must_be_stopped(config: Config) -> None:
    """Raises MustBeStopped if ears or hands run."""
    if SYSTEMD.is_dir() and shutil.which("systemctl"):
        # to connect would start them
        command = ["systemctl", "is-active", "--quiet", *UNITS]
        if subprocess.run(command, check=False).returncode == 0:
            raise MustBeStopped
        return
    try:
        connected(config, {"ask": "nothing"})
    except HandsSilent:
        return
    except NotAllowed:
        pass
    raise MustBeStopped


def must_own(*folders: Path) -> None:
    """Raises NotAllowed unless this is root, or the owner of every one of these folders."""
    for folder in folders:
        there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        if os.geteuid() not in (0, there.stat().st_uid):
            raise NotAllowed(who="This user", what=f"change {folder}")


def agreed(question: str, how: str) -> bool:
    """Ask a person; raises NoTerminal where there is none."""
    if not sys.stdin.isatty():
        raise NoTerminal(how=how)
    return typer.confirm(question, default=False)


def moment(text: str, now: datetime) -> int:
    """The time that a person means by "2h", "3d", "today", "yesterday", or a date, in milliseconds.

    Raises typer.BadParameter.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    named = {"today": midnight, "yesterday": midnight - timedelta(days=1)}
    spans = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    if text in named:
        when = named[text]
    elif text[:-1].isdigit() and text[-1:] in spans:
        when = now - timedelta(**{spans[text[-1]]: int(text[:-1])})
    else:
        try:
            when = datetime.fromisoformat(text)
        except ValueError as error:
            raise typer.BadParameter(
                f"{text}: say 2h, 3d, 1w, today, yesterday, or a date such as 2026-11-22T15:30"
            ) from error
    return round(when.timestamp() * 1000)
