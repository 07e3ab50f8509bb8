"""Music, lists and own commands, asked of the running hands."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device.config import Config, Media, OwnCommand, Station
from device.events import Did, Said
from device.hands.home import surroundings
from device.hands.home.mqtt import end
from device.mind.types import FIRST_USER_INTENT, FOLLOW_UP, Hint, Intent, Slot
from device.names import Entry, compile_names
from device.owncommands import client, runner
from tests.hands.home.players import mpd, needs_mpd, radio
from tests.hands.houses import Home, home


async def reply(home_: Home, intent: int, *slots: tuple[Slot, int], cause: int = 0) -> str:
    """Ask; the key of the reply."""
    number = home_.ears.ask(intent, *slots, cause=cause)
    return (await home_.watch.until(Did, number)).reply


async def text_of(home_: Home, key: str) -> str:
    """The text of the next reply with this key that is heard."""
    count = 1
    while (said := await home_.watch.until(Said, count)).reply != key:
        count += 1
    return said.text


async def asked(home_: Home) -> None:
    while await home_.ears.hint() is not Hint.ASKED:
        continue


def number(home_: Home, kind: str, key: str) -> int:
    name = home_.context.names.find(kind, key)
    assert name is not None, key
    return name.id


# --- lists


def test_a_list_is_kept_read_and_cleared_after_a_yes(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            assert await reply(h, Intent.LIST_READ) == "list.empty"
            for item in ("apples", "milk", "bread"):
                slot = (Slot.ITEM, number(h, "item", item))
                assert await reply(h, Intent.LIST_ADD, slot) == "list.added"
            milk = (Slot.ITEM, number(h, "item", "milk"))
            assert await reply(h, Intent.LIST_REMOVE, milk) == "list.removed"
            assert await reply(h, Intent.LIST_REMOVE, milk) == "list.not_there"
            assert await reply(h, Intent.LIST_READ) == "list.items"
            assert await text_of(h, "list.items") == "On the shopping list: apples and bread."
            assert await reply(h, Intent.LIST_CLEAR) == "speaker.confirm"
            await asked(h)
            assert await reply(h, Intent.NO, cause=FOLLOW_UP) == "speaker.nevermind"
            assert h.context.around.lists.items("shopping list") == ("apples", "bread")
            assert await reply(h, Intent.LIST_CLEAR) == "speaker.confirm"
            await asked(h)
            assert await reply(h, Intent.YES, cause=FOLLOW_UP) == "list.cleared"
            assert h.context.around.lists.items("shopping list") == ()

    asyncio.run(story())


# --- own commands


@asynccontextmanager
async def owning(folder: Path, *commands: OwnCommand) -> AsyncIterator[Home]:
    """A house with own commands, and the process that runs them."""
    path = folder / "commands.sock"

    def change(config: Config) -> Config:
        service = dataclasses.replace(config.service, commands_socket=str(path))
        return dataclasses.replace(config, command=commands, service=service)

    config = Config(command=commands)
    known = client.by_number(config, compile_names(config))
    serving = asyncio.create_task(runner.Runner(known).serve(runner.listen(path)))
    async with home(folder, change=change) as h:
        yield h
    await end(serving)


def own(*run: str, **settings: object) -> OwnCommand:
    return OwnCommand(name="it", sentences=("do it",), run=run, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "key", "text"),
    [
        (own("/bin/echo", "all is well", speak=True), "own.said", "all is well"),
        (own("/bin/echo", "alexa open the door", speak=True), "own.unspeakable", ""),
        (own("/bin/echo", "not said"), "own.done", ""),
        (own("/bin/false"), "own.failed", ""),
        (own("/no/such"), "own.missing", ""),
        (own("/bin/sleep", "60", time_limit_s=0.2), "own.too_slow", ""),
    ],
    ids=["spoken", "hostile", "silent", "failing", "missing", "slow"],
)
def test_an_own_command_is_run_and_told(
    tmp_path: Path, command: OwnCommand, key: str, text: str
) -> None:
    async def story() -> None:
        async with owning(tmp_path, command) as h:
            assert await reply(h, FIRST_USER_INTENT) == key
            if text:
                assert (await h.watch.until(Said)).text == text

    asyncio.run(story())


def test_an_own_command_is_run_only_after_a_yes_if_so_wished(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    async def story() -> None:
        async with owning(tmp_path, own("/usr/bin/touch", str(mark), confirm=True)) as h:
            assert await reply(h, FIRST_USER_INTENT) == "speaker.confirm"
            await asked(h)
            assert await reply(h, Intent.NO, cause=FOLLOW_UP) == "speaker.nevermind"
            assert not mark.exists()
            assert await reply(h, FIRST_USER_INTENT) == "speaker.confirm"
            await asked(h)
            assert await reply(h, Intent.YES, cause=FOLLOW_UP) == "own.done"
            assert mark.exists()

    asyncio.run(story())


def test_a_number_without_a_command_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with owning(tmp_path, own("/bin/true")) as h:
            assert await reply(h, FIRST_USER_INTENT + 1) == "speaker.not_permitted"
            assert await reply(h, FIRST_USER_INTENT, (Slot.NUMBER, 1)) == "speaker.not_permitted"

    asyncio.run(story())


# --- music


async def hinted(home_: Home, hint: Hint) -> list[Hint]:
    """The hints that the ears get until this one, it included."""
    found = [await home_.ears.hint()]
    while found[-1] is not hint:
        found.append(await home_.ears.hint())
    return found


@needs_mpd
def test_ears_are_told_while_a_station_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others speak there, and one of them may say a wake word. Music of one's own is none."""
    monkeypatch.setattr(surroundings, "LOOK_S", 0.05)

    async def story(media: Media, url: str) -> None:
        played = dataclasses.replace(media, station=(Station("the news", url=url),))

        def change(config: Config) -> Config:
            return dataclasses.replace(config, media=played)

        async with home(tmp_path, change=change, more=[Entry("playlist", "morning")]) as h:
            morning = (Slot.PLAYLIST, number(h, "playlist", "morning"))
            assert await reply(h, Intent.MEDIA_PLAYLIST, morning) == "media.done"
            await asyncio.sleep(0.3)
            assert not h.hands.focus.now.radio
            news = (Slot.STATION, number(h, "station", "the news"))
            assert await reply(h, Intent.MEDIA_STATION, news) == "media.done"
            await hinted(h, Hint.RADIO)
            assert await reply(h, Intent.TIME) == "clock.time"
            over = await hinted(h, Hint.RADIO)
            assert over == [Hint.SPEAKING, Hint.RADIO], "spoken over it, and then it goes on"
            assert await reply(h, Intent.MEDIA_STOP) == "media.done"
            assert (await hinted(h, Hint.QUIET))[-1] is Hint.QUIET

    with mpd(tmp_path) as media, radio(tmp_path) as url:
        asyncio.run(story(media, url))


@needs_mpd
def test_music_plays_by_name_and_tells_what_it_is(tmp_path: Path) -> None:
    async def story(media: Media, url: str) -> None:
        stations = (Station("the news", url=url),)
        played = dataclasses.replace(media, station=stations)
        library = [Entry("playlist", "morning"), Entry("artist", "Alexa Band")]

        def change(config: Config) -> Config:
            return dataclasses.replace(config, media=played)

        async with home(tmp_path, change=change, more=library) as h:
            assert await reply(h, Intent.MEDIA_WHAT) == "media.nothing"
            morning = (Slot.PLAYLIST, number(h, "playlist", "morning"))
            assert await reply(h, Intent.MEDIA_PLAYLIST, morning) == "media.done"
            assert await reply(h, Intent.MEDIA_WHAT) == "media.title_by"
            assert await text_of(h, "media.title_by") == "Sinnerman by Nina Simone."
            band = (Slot.ARTIST, number(h, "artist", "Alexa Band"))
            assert await reply(h, Intent.MEDIA_ARTIST, band) == "media.done"
            assert await reply(h, Intent.MEDIA_WHAT) == "media.title", "the artist would wake it"
            for intent in (Intent.MEDIA_PAUSE, Intent.MEDIA_RESUME, Intent.MEDIA_STOP):
                assert await reply(h, intent) == "media.done"
            news = (Slot.STATION, number(h, "station", "the news"))
            assert await reply(h, Intent.MEDIA_STATION, news) == "media.done"

    with mpd(tmp_path) as media, radio(tmp_path) as url:
        asyncio.run(story(media, url))
