"""keepmum learn-names: the table of names that ears and hands read at their start.

Names come from the settings, from the music library (MPD), and from devices that announced
themselves to Home Assistant over MQTT. Whatever is learned from outside is shown; a name in which
the wake word would be heard is left out.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from device import config as settings
from device.cli.run import ConfigFile
from device.config import Config
from device.config.text import dump
from device.data.inventory import keep
from device.errors import CannotWrite
from device.hands.home import announced, secrets
from device.hands.voice.hostile import Wording, printable
from device.names import Entry, NameTable, compile_names

app = typer.Typer()
LISTEN_S = 3.0
"""Time in which a broker sends what it kept."""
MOST_MUSIC = 300
"""Playlists, and artists: each is a word more that can be misheard."""


@app.command("learn-names")
def learn_names(
    config_file: ConfigFile = None,
    home: Annotated[
        bool, typer.Option(help="Take in devices announced to Home Assistant over MQTT.")
    ] = True,
    music: Annotated[bool, typer.Option(help="Take in playlists and artists from MPD.")] = True,
) -> None:
    """Make the table of names from the settings, the music and the home. Run as root."""
    config = settings.load(config_file)
    wording = Wording((w.name for w in config.wake.all_words()), config.general.language)
    if home and config.home.broker:
        config = _with_home(config, wording, config_file or settings.DEFAULT_PATH)
    more = _music(config, wording) if music and config.media.mpd else []
    table = compile_names(config, more)
    _write(Path(config.service.names), table.dumps())
    _show(table)


def _with_home(config: Config, wording: Wording, file: Path) -> Config:
    heard = asyncio.run(_announced(config))
    if heard is None:
        print("The broker is away: devices that were learned before stay.")
        return config
    mine = {d.name.lower() for d in config.home.device} - _learned_before(file)
    found = tuple(
        d
        for d in announced.devices(heard)
        if d.name.lower() not in mine and _sayable(d.name, wording)
    )
    learned = dataclasses.replace(settings.Home(), device=found, room=announced.rooms(found))
    _write(settings.learned_file(file), settings.LEARNED_HEAD + dump_devices(learned))
    return settings.load(file) if file.exists() else config


def dump_devices(home: settings.Home) -> str:
    """The rooms and devices as TOML."""
    text = dump(Config(home=home), comments=False)
    start = text.find("[[home.")
    end = text.find("\n[media]")
    return text[start:end] if start >= 0 else ""


def _learned_before(file: Path) -> set[str]:
    return {d.name.lower() for d in settings.learned(file).device}


async def _announced(config: Config) -> dict[str, bytes] | None:
    """What the broker keeps of Home Assistant's discovery; None if it is away."""
    from device.hands.home.mqtt import Broker, end

    password = secrets.read(Path(config.home.secrets)).get("mqtt_password")
    broker = Broker(config.home, password, "keepmum-learn-names")
    found: dict[str, bytes] = {}
    broker.route(f"{config.home.discovery_prefix}/#", found.__setitem__)
    task = asyncio.create_task(broker.run())
    try:
        async with asyncio.timeout(LISTEN_S):
            await broker.up.wait()
        count = -1
        while count != len(found):
            count = len(found)
            await asyncio.sleep(LISTEN_S / 4)
    except TimeoutError:
        return None
    finally:
        await end(task)
    return found


def _music(config: Config, wording: Wording) -> list[Entry]:
    from device.hands.home.mpd import Player

    async def ask() -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        password = secrets.read(Path(config.home.secrets)).get("mpd_password")
        player = Player(config.media, password)
        try:
            return await player.library(MOST_MUSIC)
        finally:
            player.close()

    library = asyncio.run(ask())
    if library is None:
        print("MPD is away: no music in the table.")
        return []
    kinds = zip(("playlist", "artist"), library, strict=True)
    return [Entry(kind, name) for kind, names in kinds for name in names if _sayable(name, wording)]


def _sayable(name: str, wording: Wording) -> bool:
    """Whether a name from outside can be said without waking; says so if not."""
    plain = printable(name)
    if not any(c.isalnum() for c in plain):
        return False
    if wording.wakes(plain):
        print(f"left out, since the wake word would be heard in it: {plain}")
        return False
    return True


def _write(path: Path, text: str) -> None:
    try:
        keep(path, text.encode())
        path.chmod(0o644)  # whatever root's umask is: ears and hands read it
    except OSError as error:
        raise CannotWrite(file=path, why=error.strerror) from error


def _show(table: NameTable) -> None:
    counts = Counter(name.kind for name in table.names)
    print(", ".join(f"{count} {kind}s" for kind, count in counts.items()))
    print("In force after: sudo systemctl restart keepmum-ears keepmum-hands")
