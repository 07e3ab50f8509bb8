"""What is the matter with hearing and with the loudspeaker shows for as long as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device.errors import KeepmumError, LoudspeakerBusy, NoLoudspeaker
from device.events import Parted
from device.hands.health import WORDS
from device.hands.house import House
from device.hands.sound.sinks import NullSink
from device.letter import DEAF, IMPAIRED, OF_HANDS, Fault, FaultCode, Hello
from device.mind.types import Lamp
from tests.hands.houses import home


class Moody(NullSink):
    """A loudspeaker that opens when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: KeepmumError | None = None

    def open(self) -> None:
        if self.refuses:
            raise self.refuses
        super().open()


def test_every_fault_that_lasts_has_its_words() -> None:
    assert set(WORDS) == DEAF | IMPAIRED | {
        FaultCode.LOUDSPEAKER_ABSENT,
        FaultCode.LOUDSPEAKER_BUSY,
    }


@pytest.mark.parametrize("code", sorted(DEAF | IMPAIRED))
def test_a_fault_lights_the_lamp_until_it_is_well(code: FaultCode, tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            house = h.house
            lamps: list[Lamp] = []
            house.lamp = lamps.append
            house.journal.publish(Hello(1, house.names.digest))
            house.show()
            assert lamps[-1:] == [Lamp.ASLEEP]
            assert house.health.words == []
            house.journal.publish(Fault(code))
            assert lamps[-1:] == [Lamp.BROKEN]
            assert house.health.words == [WORDS[code]]
            assert house.health.deaf is (code in DEAF)
            house.journal.publish(Fault(FaultCode.SOUND_WELL))
            assert lamps[-1:] == [Lamp.ASLEEP]
            assert not house.health.wrong

    asyncio.run(story())


def test_what_makes_deaf_outlives_the_ears_and_ends_with_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            house = h.house
            house.journal.publish(Fault(FaultCode.MICROPHONE_LOST))
            house.journal.publish(Parted("closed"))
            assert house.health.deaf
            house.journal.publish(Hello(2, house.names.digest))
            assert not house.health.deaf

    asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LoudspeakerBusy(device="hw:CARD=Device,DEV=0"), FaultCode.LOUDSPEAKER_BUSY),
        (NoLoudspeaker(device="x", there=""), FaultCode.LOUDSPEAKER_ABSENT),
    ],
)
def test_a_loudspeaker_that_does_not_open_is_noted_and_nothing_counts_as_said(
    error: KeepmumError, code: FaultCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device.hands.sound.player.RETRY_SECONDS", 0.05)

    async def story() -> None:
        sink = Moody()
        sink.refuses = error
        async with home(tmp_path, sink=sink) as h:
            house = h.house
            told = _faults(house)
            assert not await _chimed(house)
            assert await _next(told) is code
            assert house.health.speaking is code
            sink.refuses = None
            assert await _next(told) is FaultCode.LOUDSPEAKER_WELL
            assert house.health.words == []
            assert await _chimed(house)

    asyncio.run(story())


def _faults(house: House) -> asyncio.Queue[FaultCode]:
    told: asyncio.Queue[FaultCode] = asyncio.Queue()

    def take(event: object) -> None:
        if isinstance(event, Fault):
            told.put_nowait(event.code)

    house.journal.subscribe(take)
    return told


async def _next(told: asyncio.Queue[FaultCode]) -> FaultCode:
    async with asyncio.timeout(10):
        return await told.get()


async def _chimed(house: House) -> bool:
    from device.hands.voice.replies import Chime, Reply

    return await house.say(Reply("volume.up", chime=Chime.DONE))


def test_what_hands_note_themselves_no_letter_may_say() -> None:
    from device.errors import MalformedLetter
    from device.letter import pack, unpack

    for code in FaultCode:
        if code in OF_HANDS:
            with pytest.raises(MalformedLetter):
                unpack(pack(Fault(code)))
        else:
            assert unpack(pack(Fault(code))) == Fault(code)
