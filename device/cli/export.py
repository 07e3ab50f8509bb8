"""keepmum export and import: everything about the household, for one recipient, and back."""

from __future__ import annotations

import base64
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config
from device.cli import reach
from device.config import DEFAULT_PATH, Config
from device.data import archive, export, restore
from device.data.export import Places
from device.data.ledgerwriter import now_ms
from device.errors import HandsSilent, NoTerminal, WrongArchive
from device.hands.state import check, open_state

app = typer.Typer()
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file.", show_default=False)
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="The passphrase is its first line.", show_default=False),
]


@app.command("export")
def export_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="The archive to write; left away: keepmum-DATE.age.", show_default=False
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="age public key (age1...) that can open it.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    unencrypted: Annotated[
        bool, typer.Option("--unencrypted", help="A plain archive; only in a terminal, on purpose.")
    ] = False,
    config_file: ConfigFile = None,
) -> None:
    """Take along everything the speaker holds about its household, encrypted to you."""
    console = Console()
    settings = config.load(config_file)
    path = file or Path(f"keepmum-{date.today().isoformat()}.{'tar' if unencrypted else 'age'}")
    if path.exists():
        raise typer.BadParameter(f"{path} is there already")
    if unencrypted and not _on_purpose(console):
        return
    tar = _gathered(settings, reach.places_of(settings, config_file))
    if unencrypted:
        _write(path, tar, os.fstat(sys.stdin.fileno()).st_uid)
    elif to:
        _write(path, archive.seal_to(tar, tuple(to)))
    else:
        _write(path, archive.seal_with(tar, _passphrase(passphrase_file, new=True)))
    made = archive.unpack(tar, str(path))
    console.print(f"{path}: household {made.household[:8]}, {made.since[:10]} to {made.made[:10]}.")
    console.print("In it: " + ", ".join(sorted({e.kind for e in made.files.values()})) + ".")
    console.print("Not in it: " + ", ".join(export.LEFT_OUT) + "; INDEX.txt in it says why.")


def _on_purpose(console: Console) -> bool:
    console.print("Whoever gets a plain archive can read all of it.")
    if not sys.stdout.isatty():
        raise NoTerminal(how="--to or --passphrase-file, which encrypt it")
    return reach.agreed("Write it unencrypted", "--to or --passphrase-file, which encrypt it")


def _gathered(settings: Config, places: Places) -> bytes:
    try:
        return base64.b64decode(str(reach.answer(settings, {"ask": "export"})["tar"]))
    except HandsSilent:
        reach.must_own(places.state)
        return export.gather(places, settings, now_ms())


def _write(path: Path, content: bytes, owner: int | None = None) -> None:
    """Write a new file that only its owner can read: who used sudo, or who owns the terminal."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:
            os.fchown(descriptor, owner or int(os.environ.get("SUDO_UID", "0")), -1)
        file.write(content)


def _passphrase(file: Path | None, *, new: bool) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").partition("\n")[0]
    if not sys.stdin.isatty():
        raise NoTerminal(how="--passphrase-file, or --to with a public key")
    answer: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
    return answer


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="An archive that `keepmum export` wrote.")],
    *,
    identity: Annotated[
        Path | None,
        typer.Option(help="age identity file with the key that opens it.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    new_device: Annotated[
        bool, typer.Option("--new-device", help="This speaker is new; it takes the household over.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Don't ask before replacing; what opens wider is asked.")
    ] = False,
    config_file: ConfigFile = None,
) -> None:
    """Bring an export back, onto this speaker or a new one (root, with keepmum stopped)."""
    console = Console()
    settings = config.load(config_file)
    places = Places.of(settings, config_file or DEFAULT_PATH)
    reach.must_own(places.state, places.settings.parent)
    reach.must_be_stopped(settings)
    coming = archive.unpack(_opened(file, identity, passphrase_file), str(file))
    restore.check_owner(coming, places, new_device=new_device)
    console.print(
        f"Household {coming.household[:8]}, speaker {coming.speaker!r},"
        f" {coming.since[:10]!a} to {coming.made[:10]!a}.",
        markup=False,
    )
    wider = restore.widens(coming, settings, places)
    restore.plan(coming, places)
    if not _agreed(console, wider, yes=yes):
        console.print("Nothing was changed.")
        return
    written = restore.apply(coming, places, open_state, check)
    console.print("Restored: " + ", ".join(written) + ".")
    console.print("Enter passwords anew, run `keepmum learn-names`, then start keepmum.")


def _agreed(console: Console, wider: list[str], *, yes: bool) -> bool:
    if wider:
        console.print("It would open this speaker wider than it is:", style="bold yellow")
        for line in wider:
            console.print(f"  {line}", markup=False)
        return reach.agreed("Agree to all of that, and replace what the speaker has", "a terminal")
    return yes or reach.agreed("Replace what the speaker has", "--yes")


def _opened(file: Path, identity: Path | None, passphrase_file: Path | None) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(archive.MAX_BYTES + 1)
    except OSError as error:
        raise WrongArchive(file=file, why=error.strerror) from error
    if not archive.is_sealed(data):
        return data
    if not archive.needs_passphrase(data):
        if identity is None:
            raise WrongArchive(file=file, why="it needs the key it was made for: --identity")
        return archive.open_as(data, identity.read_text(encoding="utf-8"))
    return archive.open_with(data, _passphrase(passphrase_file, new=False))
