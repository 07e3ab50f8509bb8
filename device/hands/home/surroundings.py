"""What lies beyond the speaker itself: the home, music, other people's texts. Made once.

Without a broker or a music server in the settings nothing here touches the network.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from device.config import Config
from device.errors import NoHomeLibrary
from device.hands.home import secrets
from device.hands.home.discovery import Topics, slug
from device.hands.home.states import Home
from device.hands.lists import Lists
from device.hands.voice.hostile import Wording
from device.hands.voice.replies import Reply
from device.names import NameTable

if TYPE_CHECKING:  # extras: only those who have them configured load them
    from device.hands.home.mpd import Player
    from device.hands.home.mqtt import Broker
    from device.hands.home.peers import Speakers
    from device.hands.house import House

LOOK_S = 2.0
"""Time between two looks at what the music server plays."""
AWAY_S = 30.0
"""The same while it is away."""


class Surroundings:
    """The home, the music and the lists of one speaker."""

    def __init__(self, config: Config, names: NameTable) -> None:
        passwords = secrets.read(Path(config.home.secrets))
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
        self.home = Home(config, names, self.broker)
        self.music: Player | None = None
        if config.media.mpd:
            _need("mpd", "an MPD server")
            from device.hands.home.mpd import Player

            self.music = Player(config.media, passwords.get("mpd_password"))
        self.radio = False
        """A station plays."""
        self.radio_changed: Callable[[], None] = lambda: None
        self.lists = Lists(Path(config.service.state))
        self.speakers: Speakers | None = None
        self._topics = Topics(config.home.prefix, slug(config.general.name))
        if self.broker is not None and config.home.peers:
            from device.hands.home.peers import Speakers

            self.speakers = Speakers(self.broker, self._topics)

    async def open(self, house: House) -> None:
        """Appear in the home and keep up the line to it, until cancelled."""
        if self.broker is None:
            return
        if self.speakers is not None:
            self.speakers.on_timer = lambda seconds: _ring_here(house, seconds)
        from device.hands.home.mqtt import end
        from device.hands.home.presence import Presence

        presence = Presence(house, self.broker, self._topics)
        telling = asyncio.create_task(presence.run())
        try:
            await self.broker.run()
        finally:
            await end(telling)

    async def watch_radio(self) -> None:
        """Look again and again whether a station plays: other programs may start and end it."""
        if self.music is None:
            return
        while True:
            plays = await self.music.station_plays()
            if bool(plays) is not self.radio:
                self.radio = bool(plays)
                self.radio_changed()
            await asyncio.sleep(AWAY_S if plays is None else LOOK_S)

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


def _ring_here(house: House, seconds: int) -> None:
    """A timer that was set in another room and is to ring in this one."""
    if house.timers.add(seconds) is not None:
        house.tell(Reply("timer.set", {"duration": seconds}))


def _need(module: str, what: str) -> None:
    """Raise NoHomeLibrary if a library is missing that the settings ask for."""
    if importlib.util.find_spec(module) is None:
        library = {"mpd": "python-mpd2", "jinja2": "Jinja2"}.get(module, module)
        raise NoHomeLibrary(what=what, library=library)
