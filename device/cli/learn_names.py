"""keepmum learn-names: the table of names that ears and hands read at their start.

Names come from the settings, from the music library (MPD), from devices that announced themselves
to Home Assistant over MQTT, and from Home Assistant itself. Whatever is learned from outside is
shown: what was learnt as what, what is new or gone, and what was left out and why.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from device import config as settings
from device.cli import learning, reach
from device.cli.learning import Found, Sieve
from device.cli.run import ConfigFile
from device.config import Config, Device
from device.config.text import dump
from device.data.inventory import keep
from device.errors import CannotWrite
from device.names import Entry, NameTable, compile_names

app = typer.Typer()
console = Console(highlight=False, soft_wrap=True)
SHOWN = 40
"""Lines of one list; the rest is counted."""


@app.command("learn-names")
def learn_names(
    config_file: ConfigFile = None,
    home: Annotated[
        bool, typer.Option(help="Take in devices announced over MQTT or exposed to Assist.")
    ] = True,
    music: Annotated[bool, typer.Option(help="Take in playlists and artists from MPD.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Make the table of names from the settings, the music and the home. Run as root."""
    config = settings.load(config_file)
    file = config_file or settings.DEFAULT_PATH
    if home and (config.home.broker or config.home.home_assistant):
        config = _with_home(config, file, yes)
    more = _music(config) if music and config.media.mpd else []
    table = compile_names(config, more)
    _write(Path(config.service.names), table.dumps())
    _show_alike(table)
    _show(table)


def _with_home(config: Config, file: Path, yes: bool) -> Config:
    before = settings.learned(file)
    known = {device.name.lower() for device in before.device}
    mine = {device.name.lower() for device in config.home.device} - known
    with console.status("Listening to the home …"):
        found = asyncio.run(learning.home(config))
        found = learning.sifted(found, Sieve(_without(config, before)), mine)
    for source in found.away:
        print(f"Away: {source}.")
    if found.away:
        print("Devices that were learned before stay.")
        return config
    _show_found(found, before.device)
    if not _agreed(found, before, yes):
        print("Nothing was changed: what was learned before stays.")
        return config
    learned = learning.merged(settings.Home(), found)
    _write(settings.learned_file(file), settings.LEARNED_HEAD + dump_devices(learned))
    return settings.load(file) if file.exists() else config


def _without(config: Config, learned: settings.Home) -> Config:
    """The settings as the owner wrote them: what was learnt is no reason to refuse itself."""
    mine = tuple(device for device in config.home.device if device not in learned.device)
    return dataclasses.replace(config, home=dataclasses.replace(config.home, device=mine))


def _agreed(found: Found, before: settings.Home, yes: bool) -> bool:
    """Whether what was found may take the place of what was known. A person is asked; where there
    is none, what only adds is taken, and what takes away more than it adds is not.
    """
    now, old = ({_line(d) for d in those} for those in (found.devices, before.device))
    added, gone = now - old, old - now
    if yes or not (added or gone):
        return True
    if len(gone) <= len(added) and not sys.stdin.isatty():
        return True
    if not sys.stdin.isatty():
        print("More would be taken away than added: run it at a terminal, or with --yes.")
        return False
    return reach.agreed(f"Take in {len(added)} new, and lose {len(gone)}", "--yes")


def dump_devices(home: settings.Home) -> str:
    """The floors, rooms and devices as TOML."""
    text = dump(Config(home=home), comments=False)
    start = text.find("[[home.")
    end = text.find("\n[media]")
    return text[start:end] if start >= 0 else ""


def _music(config: Config) -> list[Entry]:
    with console.status("Asking the music server …"):
        entries = learning.music(config)
    if entries is None:
        print("MPD is away: no music in the table.")
        return []
    sieve = Sieve(config)
    faults = {entry.text: sieve.fault([entry.text]) for entry in entries}
    _show_left_out((text, why) for text, why in faults.items() if why)
    return [e for e in entries if not faults[e.text] and any(c.isalnum() for c in e.text)]


def _write(path: Path, text: str) -> None:
    try:
        keep(path, text.encode())
        path.chmod(0o644)  # whatever root's umask is: ears and hands read it
    except OSError as error:
        raise CannotWrite(file=path, why=error.strerror) from error


# --- what is shown


def _line(device: Device) -> tuple[str, str, str]:
    return device.name, device.kind.replace("_", " "), device.room


def _show_found(found: Found, before: Iterable[Device]) -> None:
    old = {_line(device) for device in before}
    now = {_line(device) for device in found.devices}
    table = Table("", "name", "what it is", "room", box=None)
    for line in sorted(now | old):
        mark = "new" if line not in old else "gone" if line not in now else ""
        table.add_row(mark, *line)
    if table.row_count:
        console.print(table)
    _show_left_out(found.left_out)
    if found.passed_over:
        print(f"{found.passed_over} settings, diagnostics and readings of devices passed over.")


def _show_left_out(left: Iterable[tuple[str, str]]) -> None:
    lines = sorted(set(left))
    for name, why in lines[:SHOWN]:
        print(f"left out, since {why}: {name}")
    if len(lines) > SHOWN:
        print(f"… and {len(lines) - SHOWN} more")


def _show_alike(table: NameTable) -> None:
    """Names that nothing tells apart: neither the room nor what they are."""
    ways: dict[tuple[str, str, int | None], set[str]] = defaultdict(set)
    for name in table.of_kind("device"):
        for way in name.spoken:
            ways[way, name.domain, name.area].add(name.key)
    alike = sorted({way for (way, _, _), keys in ways.items() if len(keys) > 1})
    for way in alike[:SHOWN]:
        print(f"Two devices are called {way}, and neither room nor kind tells them apart.")


def _show(table: NameTable) -> None:
    counts = Counter(name.kind for name in table.names)
    print(", ".join(f"{count} {kind}s" for kind, count in counts.items()))
    print("In force after: sudo systemctl restart keepmum-ears keepmum-hands")
