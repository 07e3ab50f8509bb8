"""The volume is kept, held to its limits, softer at night, and gives way to rings."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from device.hands.sound.volume import Volume
from device.hands.state import open_state
from tests.hands.sound.test_mixers import FakeMixer


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    state = open_state(tmp_path)
    yield state
    state.close()


def made(kept: sqlite3.Connection, mixer: FakeMixer, limit: list[int] | None = None) -> Volume:
    most = limit or [100]
    return Volume(mixer, kept, first=60, limit=lambda: most[0], changed=lambda: None)


def test_the_volume_outlives_its_process(kept: sqlite3.Connection) -> None:
    async def story() -> None:
        mixer = FakeMixer()
        volume = made(kept, mixer)
        assert volume.percent == 60
        await volume.change(35)
        await volume.silence(True)
        again = made(kept, mixer)
        assert (again.percent, again.silent, again.heard) == (35, True, 0)

    asyncio.run(story())


@pytest.mark.parametrize(("wanted", "got"), [(-20, 0), (0, 0), (130, 100)])
def test_the_volume_has_ends(kept: sqlite3.Connection, wanted: int, got: int) -> None:
    async def story() -> None:
        mixer = FakeMixer()
        await made(kept, mixer).change(wanted)
        assert mixer.percent == got

    asyncio.run(story())


def test_changing_the_volume_ends_silence(kept: sqlite3.Connection) -> None:
    async def story() -> None:
        mixer = FakeMixer()
        volume = made(kept, mixer)
        await volume.silence(True)
        assert mixer.percent == 0
        await volume.change(40)
        assert not volume.silent and mixer.percent == 40

    asyncio.run(story())


def test_a_ring_has_its_own_volume_and_leaves_the_other_as_it_was(
    kept: sqlite3.Connection,
) -> None:
    async def story() -> None:
        mixer = FakeMixer()
        volume = made(kept, mixer)
        await volume.silence(True)
        await volume.ring(70)
        assert mixer.percent == 70
        await volume.change(30)
        assert mixer.percent == 70
        await volume.ring(None)
        assert mixer.percent == 30

    asyncio.run(story())


def test_a_limit_is_kept_to_and_lifted(kept: sqlite3.Connection) -> None:
    async def story() -> None:
        mixer, limit = FakeMixer(), [25]
        volume = made(kept, mixer, limit)
        await volume.apply()
        assert mixer.percent == 25
        limit[0] = 100
        await volume.apply()
        await volume.apply()
        assert mixer.sets == [25, 60]

    asyncio.run(story())


def test_who_changes_the_volume_at_night_means_it_until_morning(kept: sqlite3.Connection) -> None:
    async def story() -> None:
        mixer, limit = FakeMixer(), [25]
        volume = made(kept, mixer, limit)
        await volume.change(80)
        assert mixer.percent == 80
        limit[0] = 100
        await volume.apply()
        limit[0] = 25
        await volume.apply()
        assert mixer.percent == 25

    asyncio.run(story())


def test_a_mixer_that_fails_loses_nothing(kept: sqlite3.Connection) -> None:
    class Broken(FakeMixer):
        async def set(self, percent: int) -> None:
            raise OSError("no mixer")

        async def duck(self, ducked: bool) -> None:
            raise TimeoutError

    async def story() -> None:
        volume = made(kept, Broken())
        await volume.change(20)
        await volume.duck(True)
        await volume.duck(True)
        await volume.duck(False)
        assert made(kept, FakeMixer()).percent == 20

    asyncio.run(story())
