"""What lies beyond the speaker, looked at for `keepmum doctor`: broker, music, own commands."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from device import names
from device.config import Config
from device.errors import BrokerAway, MusicAway, NameWakes, NoProgram
from device.hands.home import secrets
from device.hands.voice.hostile import Wording

PATIENCE_S = 5.0
AT_ONCE = 20


def names_aloud(config: Config) -> str:
    """Whether every name can be said without waking the speaker. Raises NameWakes for the first."""
    wording = Wording((w.name for w in config.wake.all_words()), config.general.language)
    texts = [name.text for name in names.in_force(config).names]
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        # a look at many together is quicker, and may see a word across two of them
        found = [text for text in some if wording.wakes(text)] if wording.wakes(_all(some)) else []
        if found:
            raise NameWakes(name=found[0])
    return f"{len(texts)} names without a wake word in them"


def _all(texts: list[str]) -> str:
    return ". ".join(texts)


def home(config: Config) -> str:
    """Whether the broker lets this speaker in. Raises BrokerAway."""
    if not config.home.broker:
        return "no broker in the settings"
    from device.hands.home.mqtt import Broker, end

    password = secrets.read(Path(config.home.secrets)).get("mqtt_password")
    broker = Broker(config.home, password, "keepmum-doctor")

    async def knock() -> bool:
        task = asyncio.create_task(broker.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await broker.up.wait()
        except TimeoutError:
            return False
        finally:
            await end(task)
        return True

    if not asyncio.run(knock()):
        raise BrokerAway(broker=config.home.broker, why=broker.why, secrets=config.home.secrets)
    return f"the broker {config.home.broker} answers; {len(config.home.device)} devices"


def music(config: Config) -> str:
    """Whether MPD answers. Raises MusicAway."""
    if not config.media.mpd:
        return "no music in the settings"
    from device.hands.home.mpd import Player

    password = secrets.read(Path(config.home.secrets)).get("mpd_password")

    async def ask() -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        player = Player(config.media, password)
        try:
            return await player.library(1_000_000)
        finally:
            player.close()

    library = asyncio.run(ask())
    if library is None:
        raise MusicAway(server=config.media.mpd)
    return f"MPD answers: {len(library[0])} playlists, {len(library[1])} artists"


def own_commands(config: Config) -> str:
    """Whether the program of each own command is there. Raises NoProgram for the first not."""
    for command in config.command:
        if not os.access(command.run[0], os.X_OK) or Path(command.run[0]).is_dir():
            raise NoProgram(program=command.run[0], name=command.name)
    return f"{len(config.command)} in the settings"
