"""What is the matter with hearing and with the loudspeaker shows for as long as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device.errors import KeepmumError, LoudspeakerBusy, NoLoudspeaker
from device.events import Parted, Parting
from device.hands.sound.sinks import NullSink
from device.hands.troubles import WORDS
from device.hands.wiring import Hands
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
            hands = h.hands
            lamps: list[Lamp] = []
            hands.ears._lamp = lamps.append
            hands.events.publish(Hello(1, hands.context.names.digest))
            hands.ears.trouble(False)
            assert lamps[-1:] == [Lamp.ASLEEP]
            assert hands.troubles.words == []
            hands.events.publish(Fault(code))
            assert lamps[-1:] == [Lamp.BROKEN]
            assert hands.troubles.words == [WORDS[code]]
            assert hands.troubles.deaf is (code in DEAF)
            hands.events.publish(Fault(FaultCode.SOUND_WELL))
            assert lamps[-1:] == [Lamp.ASLEEP]
            assert not hands.troubles.words

    asyncio.run(story())


def test_what_makes_deaf_outlives_the_ears_and_ends_with_the_next(tmp_path: Path) -> None:
    async def story() -> None:
        async with home(tmp_path) as h:
            hands = h.hands
            hands.events.publish(Fault(FaultCode.MICROPHONE_LOST))
            hands.events.publish(Parted(Parting.CLOSED))
            assert hands.troubles.deaf
            hands.events.publish(Hello(2, hands.context.names.digest))
            assert not hands.troubles.deaf

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
            hands = h.hands
            told = _faults(hands)
            assert not await _chimed(hands)
            assert await _next(told) is code
            assert hands.troubles.speaking is code
            sink.refuses = None
            assert await _next(told) is FaultCode.LOUDSPEAKER_WELL
            assert hands.troubles.words == []
            assert await _chimed(hands)

    asyncio.run(story())


def _faults(hands: Hands) -> asyncio.Queue[FaultCode]:
    told: asyncio.Queue[FaultCode] = asyncio.Queue()

    def take(event: object) -> None:
        if isinstance(event, Fault):
            told.put_nowait(event.code)

    hands.events.subscribe(take)
    return told


async def _next(told: asyncio.Queue[FaultCode]) -> FaultCode:
    async with asyncio.timeout(10):
        return await told.get()


async def _chimed(hands: Hands) -> bool:
    from device.hands.sound.chimes import Chime
    from device.hands.voice.replies import Reply

    return await hands.context.conversation.say(Reply("volume.up", chime=Chime.DONE))


def test_what_hands_note_themselves_no_letter_may_say() -> None:
    from device.errors import MalformedLetter
    from device.letter import pack, unpack

    for code in FaultCode:
        if code in OF_HANDS:
            with pytest.raises(MalformedLetter):
                unpack(pack(Fault(code)))
        else:
            assert unpack(pack(Fault(code))) == Fault(code)
