"""What lies beyond the speaker itself: the home, music, other people's texts. Made once.

Without a broker or a music server in the settings nothing here touches the network.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from device.config import Config
from device.errors import NoHomeLibrary, NoToken
from device.events import Kept
from device.hands.home import secrets
from device.hands.home.claims import SHORTEST_KEY
from device.hands.home.discovery import Topics, slug
from device.hands.home.lists import Lists
from device.hands.home.states import Home
from device.hands.voice.hostile import Wording
from device.names import NameTable

if TYPE_CHECKING:  # extras: only those who have them configured load them
    from device.hands.home.homeassistant import Assistant
    from device.hands.home.mpd import Player
    from device.hands.home.mqtt import Broker
    from device.hands.home.peers import Speakers

LOOK_S = 2.0
"""Time between two looks at what the music server plays."""
log = logging.getLogger("keepmum.hands")
AWAY_S = 30.0
"""The same while it is away."""


class Surroundings:
    """The home, the music and the lists of one speaker."""

    def __init__(
        self,
        config: Config,
        names: NameTable,
        *,
        music_seen: Callable[[bool | None, bool], None] = lambda plays, station: None,
        timer_came: Callable[[int], None] = lambda seconds: None,
        broken: Callable[[Kept], None] = lambda what: None,
    ) -> None:
        """`music_seen` is told whether music plays (None: not known) and whether it is a station;
        `timer_came` gets the seconds of a timer that another speaker of the home sent; `broken` is
        told of files that can't be used.
        """
        passwords = secrets.usable(Path(config.home.secrets), lambda: broken(Kept.SECRETS))
        wake_words = [word.name for word in config.wake.all_words()]
        self.wording = Wording(wake_words, config.general.language)
        self.broker: Broker | None = None
        if config.home.broker:
            _need("aiomqtt", "a broker")
            _need("jinja2", "a broker")
            from device.hands.home.mqtt import Broker

            password = passwords.get("mqtt_password")
            # a broker ends the older of two connections with one id
            own_id = f"keepmum-{slug(config.general.name)}-{os.urandom(2).hex()}"
            self.broker = Broker(config.home, password, own_id)
        self.assistant = _assistant(config, passwords, lambda: broken(Kept.SECRETS))
        self.home = Home(config, names, self.broker, self.assistant)
        self.music: Player | None = None
        if config.media.mpd:
            _need("mpd", "an MPD server")
            from device.hands.home.mpd import Player

            self.music = Player(config.media, passwords.get("mpd_password"))
        self._music_seen = music_seen
        self.lists = Lists(Path(config.service.state), lambda: broken(Kept.LISTS))
        self.speakers: Speakers | None = None
        self.topics = Topics(config.home.prefix, slug(config.general.name))
        if self.broker is not None and config.home.peers:
            from device.hands.home.peers import Speakers

            key = _key(passwords, lambda: broken(Kept.SECRETS))
            self.speakers = Speakers(self.broker, self.topics, timer_came, key)

    def woke(self, number: int, score: int) -> None:
        """This speaker woke: the other speakers of the home are told."""
        if self.speakers is not None:
            self.speakers.woke(number, score)

    async def mine(self, number: int) -> bool:
        """Whether this speaker answers an activation, or another one that heard it better."""
        return self.speakers is None or await self.speakers.mine(number)

    async def watch_radio(self) -> None:
        """Look again and again whether a station plays: other programs may start and end it."""
        if self.music is None:
            return
        while True:
            seen = await self.music.seen()
            plays = None if seen is None else seen.plays
            self._music_seen(plays, seen is not None and seen.station)
            await asyncio.sleep(AWAY_S if seen is None else LOOK_S)

    async def duck(self, wanted: bool) -> None:
        """Music steps back while the speaker listens or speaks."""
        if self.music is not None:
            await (self.music.duck() if wanted else self.music.unduck())

    async def hush(self) -> None:
        """What "stop" stops when nothing rings: the music."""
        if self.music is not None:
            await self.music.pause()

    def close(self) -> None:
        """Leave the music server."""
        if self.music is not None:
            self.music.close()


def _assistant(
    config: Config, passwords: dict[str, str], broken: Callable[[], None]
) -> Assistant | None:
    """The line to Home Assistant itself, if the settings name one and there is a token for it."""
    if not config.home.home_assistant:
        return None
    _need("websockets", "Home Assistant")
    from device.hands.home.homeassistant import Assistant

    token = passwords.get("home_assistant_token")
    if not token:
        error = NoToken(file=config.home.secrets)
        log.error("%s %s", error, error.remedy)  # the home is away; the speaker is not
        broken()
        return None
    return Assistant(config.home.home_assistant, token)


def _key(passwords: dict[str, str], broken: Callable[[], None]) -> str:
    """The key of the household's speakers; empty if there is none, or none that is one."""
    key = passwords.get("speakers_key", "")
    if 0 < len(key) < SHORTEST_KEY:
        log.error("speakers_key is too short to be a key: at least %s signs", SHORTEST_KEY)
        broken()
        return ""
    return key


def _need(module: str, what: str) -> None:
    """Raise NoHomeLibrary if a library is missing that the settings ask for."""
    if importlib.util.find_spec(module) is None:
        library = {"mpd": "python-mpd2", "jinja2": "Jinja2"}.get(module, module)
        raise NoHomeLibrary(what=what, library=library)
