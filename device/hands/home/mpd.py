"""Music: one line to an MPD server, which may be away or slow.

A connection is made for a request when there is none, and every wait has an end; nothing here
keeps the speaker from answering. What the server tells (titles) is text from afar: whoever speaks
it asks `wording` first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from mpd import MPDError
from mpd.asyncio import MPDClient

from device.config import Media

ANSWER_S = 4.0
"""Time for the server to answer a request, connecting included."""
MAX_TITLE = 120

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the server does at the moment."""

    plays: bool
    station: bool
    """What plays is a radio station, or another sound from afar."""


class Player:
    """Everything that is asked of the music; None or False means that the server is away."""

    def __init__(self, media: Media, password: str | None) -> None:
        self.media = media
        self._password = password
        self._client: MPDClient | None = None
        self._turn = asyncio.Lock()
        self._full: int | None = None
        """The volume before ducking; None when not ducked."""

    async def ask(self, talk: Callable[[MPDClient], Awaitable[T]]) -> T | None:
        """What `talk` returns, done with a connected client; None if the server is away."""
        try:
            async with asyncio.timeout(ANSWER_S), self._turn:
                # a connection that idled too long is closed by the server: once more, then
                with suppress(MPDError, OSError):
                    if self._client is not None:
                        return await talk(self._client)
                return await talk(await self._connect())
        except (MPDError, OSError, TimeoutError, asyncio.InvalidStateError) as error:
            log.info("music away: %s", type(error).__name__)
            self.close()
            return None

    async def _connect(self) -> MPDClient:
        self.close()
        client = MPDClient()
        await client.connect(self.media.mpd, self.media.port)
        if self._password:
            await client.password(self._password)
        self._client = client
        return client

    def close(self) -> None:
        """Leave the server; the next request connects again."""
        if self._client is not None:
            self._client.disconnect()
            self._client = None

    async def resume(self) -> bool:
        """Go on with what was played; False if the queue is empty or the server away."""

        async def talk(client: MPDClient) -> bool:
            status = await client.status()
            if status.get("playlistlength", "0") == "0":
                return False
            await client.play() if status.get("state") == "stop" else await client.pause(0)
            return True

        return bool(await self.ask(talk))

    async def play_anything(self) -> bool:
        """Go on with what was played, or with the whole library, shuffled, if nothing was."""

        async def talk(client: MPDClient) -> bool:
            await client.clear()
            await client.add("/")
            await client.shuffle()
            await client.play()
            return True

        return await self.resume() or bool(await self.ask(talk))

    async def pause(self) -> bool:
        """Pause."""
        return await self._do(lambda client: client.pause(1))

    async def stop(self) -> bool:
        """Stop."""
        return await self._do(lambda client: client.stop())

    async def next(self) -> bool:
        """The next track."""
        return await self._do(lambda client: client.next())

    async def previous(self) -> bool:
        """The track before."""
        return await self._do(lambda client: client.previous())

    async def _do(self, talk: Callable[[MPDClient], Awaitable[Any]]) -> bool:
        async def done(client: MPDClient) -> bool:
            await talk(client)
            return True

        return bool(await self.ask(done))

    async def play_playlist(self, name: str) -> bool:
        """Play a stored playlist from its beginning."""

        async def talk(client: MPDClient) -> bool:
            await client.clear()
            await client.load(name)
            await client.play()
            return True

        return bool(await self.ask(talk))

    async def play_artist(self, name: str) -> bool:
        """Play everything by an artist."""

        async def talk(client: MPDClient) -> bool:
            await client.clear()
            await client.findadd("artist", name)
            await client.play()
            return True

        return bool(await self.ask(talk))

    async def play_stream(self, url: str) -> bool:
        """Play a radio station."""

        async def talk(client: MPDClient) -> bool:
            await client.clear()
            await client.add(url)
            await client.play()
            return True

        return bool(await self.ask(talk))

    async def playing(self) -> tuple[str, str] | None:
        """(title, artist) of what plays, either may be empty; None if nothing does."""

        async def talk(client: MPDClient) -> tuple[str, str] | None:
            status, song = await client.status(), await client.currentsong()
            if status.get("state") != "play":
                return None
            title = _text(song, "title") or _text(song, "name")
            return title, _text(song, "artist")

        return await self.ask(talk)

    async def seen(self) -> Seen | None:
        """What the server does; None if it is away."""

        async def talk(client: MPDClient) -> Seen:
            if (await client.status()).get("state") != "play":
                return Seen(plays=False, station=False)
            return Seen(True, "://" in _text(await client.currentsong(), "file"))

        return await self.ask(talk)

    async def duck(self) -> None:
        """Turn music down while the speaker listens or speaks; `unduck` turns it up again."""

        async def talk(client: MPDClient) -> None:
            status = await client.status()
            volume = int(status.get("volume", "-1"))
            if self._full is None and volume > self.media.duck and status.get("state") == "play":
                await client.setvol(self.media.duck)
                self._full = volume

        if self.media.mpd:
            await self.ask(talk)

    async def unduck(self) -> None:
        """Turn music up again, if `duck` turned it down."""
        full = self._full
        if full is not None:
            self._full = None
            await self._do(lambda client: client.setvol(full))

    async def library(self, most: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """(playlists, artists), at most so many of each; None if the server is away."""

        async def talk(client: MPDClient) -> tuple[tuple[str, ...], tuple[str, ...]]:
            playlists = [_text(p, "playlist") for p in await client.listplaylists()]
            artists = [_text(a, "artist") for a in await client.list("artist")]
            return _some(playlists, most), _some(artists, most)

        return await self.ask(talk)


def _text(song: Mapping[str, object], key: str) -> str:
    """A tag as one text; MPD gives a list where a song has several."""
    value = song.get(key, "")
    value = value[0] if isinstance(value, list) and value else value
    return str(value)[:MAX_TITLE] if isinstance(value, str) else ""


def _some(names: list[str], most: int) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))[:most]
