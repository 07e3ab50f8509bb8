"""Music through a real MPD: played, told, ducked; a server that is away costs a bounded wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mpd.asyncio import MPDClient

from device.config import Media
from device.hands.home import mpd as module
from device.hands.home.mpd import Player, Seen
from tests.hands.home.brokers import pretender
from tests.hands.home.players import mpd, needs_mpd, radio

Story = Callable[[Player], Awaitable[None]]


def told(folder: Path, story: Story, password: str = "") -> None:
    """Run a story against a player of a real MPD."""

    async def run(media: Media) -> None:
        player = Player(media, password or None)
        await story(player)
        player.close()

    with mpd(folder, password) as media:
        asyncio.run(run(media))


async def status(player: Player) -> dict[str, Any]:
    async def talk(client: MPDClient) -> dict[str, Any]:
        return dict(await client.status())

    answer = await player.ask(talk)
    assert answer is not None
    return answer


@needs_mpd
def test_a_playlist_plays_pauses_goes_on_and_skips(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        assert not await player.resume(), "there is nothing to play yet"
        assert await player.play_playlist("morning")
        assert await player.playing() == ("Sinnerman", "Nina Simone")
        assert await player.pause()
        assert await player.playing() is None
        assert await player.resume()
        assert await player.next()
        assert await player.playing() == ("Hello", "Alexa Band")
        assert await player.previous()
        assert await player.playing() == ("Sinnerman", "Nina Simone")
        assert await player.stop()
        assert (await status(player))["state"] == "stop"
        assert await player.resume()
        assert (await status(player))["state"] == "play"

    told(tmp_path, story)


@needs_mpd
def test_music_without_a_name_is_the_whole_library_or_what_was_played(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        assert await player.play_anything()
        assert (await status(player))["playlistlength"] == "3"
        assert await player.play_artist("Nina Simone")
        assert await player.pause()
        assert await player.play_anything()
        assert (await status(player))["playlistlength"] == "2"
        assert (await status(player))["state"] == "play"

    told(tmp_path, story)


@needs_mpd
def test_an_artist_and_a_station_play_by_name(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        assert await player.play_artist("Nina Simone")
        assert (await status(player))["playlistlength"] == "2"
        assert await player.seen() == Seen(plays=True, station=False)
        with radio(tmp_path) as url:
            assert await player.play_stream(url)
            assert (await status(player))["state"] == "play"
            assert await player.seen() == Seen(plays=True, station=True)
            assert await player.pause()
            assert await player.seen() == Seen(plays=False, station=False)
        assert (await status(player))["playlistlength"] == "1"
        assert not await player.play_playlist("nothing of this name")

    told(tmp_path, story)


@needs_mpd
def test_the_library_is_told_for_the_table_of_names(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        assert await player.library(10) == (("morning",), ("Alexa Band", "Nina Simone"))
        assert await player.library(1) == (("morning",), ("Alexa Band",))

    told(tmp_path, story)


@needs_mpd
def test_music_ducks_and_comes_back_to_where_it_was(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        await player.play_playlist("morning")
        await player.ask(lambda client: client.setvol(80))
        await player.duck()
        await player.duck()
        assert (await status(player))["volume"] == str(player.media.duck)
        await player.unduck()
        await player.unduck()
        assert (await status(player))["volume"] == "80"

    told(tmp_path, story)


@needs_mpd
def test_music_behind_a_password(tmp_path: Path) -> None:
    async def story(player: Player) -> None:
        assert await player.play_playlist("morning")
        stranger = Player(player.media, None)
        assert not await stranger.play_playlist("morning")
        stranger.close()

    told(tmp_path, story, "between us")


def test_a_server_that_is_away_or_silent_costs_a_bounded_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.3)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def story() -> None:
        began = time.monotonic()
        assert not await Player(Media(mpd=str(tmp_path / "none")), None).pause()
        async with pretender(silent) as port:
            assert not await Player(Media(mpd="127.0.0.1", port=port), None).pause()
        assert time.monotonic() - began < 2.0

    asyncio.run(story())


def test_a_server_that_talks_nonsense_is_away() -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfe\x00 hello\n" * 100)
        await writer.drain()
        await reader.read()

    async def story() -> None:
        async with pretender(nonsense) as port:
            assert await Player(Media(mpd="127.0.0.1", port=port), None).playing() is None
            assert await Player(Media(mpd="127.0.0.1", port=port), None).seen() is None

    asyncio.run(story())
