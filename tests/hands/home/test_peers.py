"""Speakers of one home agree who answers; alone, or without a broker, each answers at once."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from device.config import Announcement, Peer
from device.events import Did, Said
from device.hands.home import peers, trust
from device.hands.home.discovery import Topics
from device.hands.home.mqtt import Broker
from device.hands.home.peers import Speakers
from device.mind.types import Intent, Request
from tests.hands.home.brokers import DEADLINE, PASSWORD, mosquitto, needs_mosquitto, running
from tests.hands.home.brokers import home as settings
from tests.hands.homes import SPEAKERS_KEY, Household, household, living, slots

REAL_AGREE_S, REAL_SAME_S = peers.AGREE_S, peers.SAME_S


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the time for everything: what is tested here is who answers, on a busy machine
    too; how soon is for the benchmark.
    """
    monkeypatch.setattr(peers, "AGREE_S", AGREE_S)
    monkeypatch.setattr(peers, "SAME_S", SAME_S)


AGREE_S, SAME_S = 4 * peers.AGREE_S, 4 * peers.SAME_S


@dataclasses.dataclass
class One:
    """A speaker as far as this is about it."""

    speakers: Speakers
    broker: Broker


async def met(one: Speakers, others: int) -> None:
    """Wait until a speaker knows of so many others."""
    changed = asyncio.Event()
    one.on_peers = changed.set
    async with asyncio.timeout(DEADLINE):
        while len(one.peers) != others:
            changed.clear()
            await changed.wait()


KEY = SPEAKERS_KEY


@asynccontextmanager
async def several(port: int, *names: str, key: str = KEY) -> AsyncIterator[list[One]]:
    """Speakers on one broker that know of each other."""
    async with AsyncExitStack() as stack:
        found = []
        for name in names:
            broker = Broker(settings(port), PASSWORD, name)
            topics = Topics("keepmum", name)
            one = One(Speakers(broker, topics, lambda seconds: None, key), broker)
            broker.will = (topics.of("available"), "offline")
            await stack.enter_async_context(running(broker))
            await broker.publish(topics.of("available"), "online", retain=True)
            found.append(one)
        for one in found:
            await met(one.speakers, len(names) - 1)
            while key and not all(one.speakers._trust.trusted(p) for p in one.speakers.peers):
                await asyncio.sleep(0.01)
        yield found


async def agreed(all_: list[One], number: int, scores: list[int], apart: float = 0.0) -> list[bool]:
    """Whether each answers a waking that all heard, one after the other."""

    async def one(which: int) -> bool:
        await asyncio.sleep(which * apart)
        all_[which].speakers.woke(number, scores[which])
        return await all_[which].speakers.mine(number)

    return await asyncio.gather(*(one(i) for i in range(len(all_))))


@needs_mosquitto
@pytest.mark.parametrize("apart", [0.0, 0.1, 0.3])
def test_the_one_that_heard_best_answers(tmp_path: Path, apart: float) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b", "c") as three:
            assert await agreed(three, 1, [5, 9, 7], apart) == [False, True, False]
            assert await agreed(three, 2, [9, 9, 9], apart) == [False, False, True]

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_wakings_far_apart_are_two(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b") as two:
            assert await agreed(two, 1, [5, 9], (AGREE_S + SAME_S) / 2) == [True, True]

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


class Wire(Broker):
    """A line on which a test says what the others say."""

    connected = True

    def send(self, topic: str, payload: str, *, retain: bool = False) -> bool:
        self.told = json.loads(payload)
        return True


@pytest.mark.parametrize(
    ("before", "after", "mine"),
    [
        (0.2, None, False),  # what came so long before is the same waking
        (0.201, None, True),
        (None, 0.2, False),  # and what says that it came so long after
        (None, 0.201, True),
    ],
)
def test_two_wakings_are_one_if_they_are_a_fifth_of_a_second_apart(
    before: float | None, after: float | None, mine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "AGREE_S", REAL_AGREE_S)
    monkeypatch.setattr(peers, "SAME_S", REAL_SAME_S)

    async def story() -> None:
        loop, now = asyncio.get_running_loop(), [1000.0]
        monkeypatch.setattr(loop, "time", lambda: now[0])
        speakers = Speakers(Wire(settings(1), None, "a"), Topics("keepmum", "a"), lambda s: None)
        speakers._available("keepmum/b/available", b"online")
        speakers._available("keepmum/c/available", b"online")
        for peer in "bc":  # both were seen to listen before
            speakers._trust.claimed(peer, {}, 900.0)
            speakers._trust.listens(peer, 900.0)
            speakers._trust.judge(peer, 900.0)
        claim = {"score": 9, "after": {} if after is None else {"a": after}}
        if before is not None:
            speakers._claimed("keepmum/b/woke", json.dumps(claim).encode())
            now[0] += before
        speakers.woke(1, 5)
        if after is not None:
            speakers._claimed("keepmum/b/woke", json.dumps(claim).encode())
        waking = speakers._waking
        assert waking is not None
        now[0] += 0.1
        await asyncio.sleep(0)
        assert not waking.mine.done(), "c may still say something"
        now[0] += 0.201
        async with asyncio.timeout(DEADLINE):
            assert await speakers.mine(1) is mine

    asyncio.run(story())


@needs_mosquitto
def test_agreeing_takes_no_longer_than_it_may_and_alone_no_time(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b") as two:
            began = time.monotonic()
            assert (await agreed(two[:1], 1, [5])) == [True]
            assert AGREE_S - 0.1 < time.monotonic() - began < 2 * AGREE_S
        async with several(port, "c") as alone:
            began = time.monotonic()
            alone[0].speakers.woke(1, 5)
            waiting = alone[0].speakers._waking
            assert waiting is not None
            assert waiting.mine.done()

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_when_all_have_spoken_nobody_waits_on(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b", "c") as three:
            began = time.monotonic()
            assert sum(await agreed(three, 1, [1, 2, 3])) == 1
            assert time.monotonic() - began < AGREE_S - 0.1

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_with_the_broker_gone_each_answers_at_once(tmp_path: Path) -> None:
    async def story(stack: ExitStack) -> None:
        async with several(stack.enter_context(mosquitto(tmp_path)), "a", "b") as two:
            stack.close()
            async with asyncio.timeout(DEADLINE):
                for one in two:
                    await one.broker.down.wait()
            assert await agreed(two, 1, [5, 9]) == [True, True]

    with ExitStack() as stack:
        asyncio.run(story(stack))


@needs_mosquitto
@pytest.mark.parametrize(
    "payload",
    [b"", b"9", b"{}", b'{"score": "9", "after": {}}', b'{"score": 1e9, "after": {}}', b"[" * 4000],
    ids=["empty", "number", "bare", "text", "huge", "deep"],
)
def test_nonsense_is_no_claim(tmp_path: Path, payload: bytes) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b") as (a, b):
            b.broker.send("keepmum/b/woke", payload.decode())
            assert await agreed([a], 1, [1]) == [True]

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_a_stranger_that_is_not_there_has_no_say(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with several(port, "a", "b") as (a, b):
            a.speakers.woke(1, 1)
            b.broker.send("keepmum/ghost/woke", json.dumps({"score": 15, "after": {}}))
            assert await a.speakers.mine(1)

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


Enemy = Callable[[Broker, bytes], None]
"""What a client with every right at the broker does when it hears a speaker's claim."""
BEST = json.dumps({"score": 15, "after": {}})


def as_itself(enemy: Broker, claim: bytes) -> None:
    enemy.send("keepmum/zz/available", "online")
    enemy.send("keepmum/zz/woke", BEST)


def as_another(enemy: Broker, claim: bytes) -> None:
    enemy.send("keepmum/b/woke", BEST)
    enemy.send("keepmum/b/state", '{"listening": true}')


def with_more(enemy: Broker, claim: bytes) -> None:
    enemy.send("keepmum/b/woke", json.dumps({**json.loads(claim), "score": 15}))


def with_what_was(enemy: Broker, claim: bytes) -> None:
    for old in HEARD:
        enemy.send("keepmum/b/woke", old.decode())


HEARD: list[bytes] = []


@needs_mosquitto
@pytest.mark.parametrize("enemy", [as_itself, as_another, with_more, with_what_was])
def test_whoever_lacks_the_key_silences_nobody(tmp_path: Path, enemy: Enemy) -> None:
    async def story(port: int) -> None:
        heard = asyncio.Event()

        def hears(topic: str, claim: bytes) -> None:
            if topic == "keepmum/b/woke" and b"mac" not in claim:
                HEARD.append(claim)
            if topic == "keepmum/a/woke":
                enemy(line, claim)
                heard.set()

        HEARD.clear()
        async with several(port, "a", "b") as (a, b):
            line = Broker(settings(port), PASSWORD, "enemy")
            line.route("keepmum/+/woke", hears)
            async with running(line):
                assert await agreed([a, b], 1, [5, 9]) == [False, True], "they still agree"
                for number in range(2, 6):
                    heard.clear()
                    assert await agreed([a], number, [1]) == [True]
                    async with asyncio.timeout(DEADLINE):
                        await heard.wait()

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_without_a_key_speakers_agree_once_they_were_seen_to_listen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "PROOF_S", 0.2)

    async def story(port: int) -> None:
        async with several(port, "a", "b", key="") as (a, b):
            assert await agreed([a, b], 1, [5, 9]) == [True, True], "each answers"
            for one, name in ((a, "a"), (b, "b")):
                one.broker.send(f"keepmum/{name}/state", '{"listening": true}')
            async with asyncio.timeout(DEADLINE):
                while not (a.speakers._trust.trusted("b") and b.speakers._trust.trusted("a")):
                    await asyncio.sleep(0.01)
            assert await agreed([a, b], 2, [5, 9]) == [False, True]

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_a_stranger_makes_nobody_wait(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        async with several(port, "a") as (a,):
            a.broker.send("keepmum/zz/available", "online")
            await met(a.speakers, 1)
            a.speakers.woke(1, 5)
            waiting = a.speakers._waking
            assert waiting is not None
            assert waiting.mine.done()

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


Story = Callable[[Household, Household], Awaitable[None]]


def two_rooms(folder: Path, story: Story) -> None:
    """A story of two whole houses on one broker, the kitchen's and the office's."""

    async def run(port: int) -> None:
        async with AsyncExitStack() as stack:
            homes = []
            for name, other in (("Kitchen", "Office"), ("Office", "Kitchen")):
                config = household("en", port)
                mqtt = dataclasses.replace(
                    config.home,
                    speaker=(Peer(f"the {other}", id=other),),
                    announcement=(Announcement("dinner", text="Dinner is ready."),),
                )
                general = dataclasses.replace(config.general, name=name)
                own = folder / name
                own.mkdir()
                changed = dataclasses.replace(config, general=general, home=mqtt)
                homes.append(await stack.enter_async_context(living(own, changed)))
            kitchen, office = homes
            for home in homes:
                found = home.run.context.around.speakers
                assert found is not None
                await met(found, 1)
                while not all(found._trust.trusted(peer) for peer in found.peers):
                    await asyncio.sleep(0.01)
            await story(kitchen, office)

    with mosquitto(folder) as port:
        asyncio.run(run(port))


@needs_mosquitto
def test_a_timer_goes_to_another_room(tmp_path: Path) -> None:
    async def story(kitchen: Household, office: Household) -> None:
        said = slots(duration=300, speaker=kitchen.id("speaker", "Office"))
        reply, _ = await kitchen.ask(Request(Intent.ANNOUNCE_TIMER, said))
        assert reply == "peer.timer_sent"
        await office.run.watch.until(Said)
        assert [t.length for t in office.run.context.timers.all()] == [300]
        assert kitchen.run.context.timers.all() == []

    two_rooms(tmp_path, story)


@needs_mosquitto
def test_an_announcement_is_said_in_another_room(tmp_path: Path) -> None:
    async def story(kitchen: Household, office: Household) -> None:
        said = slots(announcement=kitchen.id("announcement", "dinner"), all=1)
        reply, _ = await kitchen.ask(Request(Intent.ANNOUNCE, said))
        assert reply == "peer.sent"
        assert (await office.run.watch.until(Said)).text == "Dinner is ready."

    two_rooms(tmp_path, story)


@needs_mosquitto
def test_of_two_houses_that_woke_one_acts(tmp_path: Path) -> None:
    async def story(kitchen: Household, office: Household) -> None:
        for home in (kitchen, office):
            home.run.ears.ask(Intent.TIMER_SET, *slots(duration=60))
        replies = [(await home.run.watch.until(Did)).reply for home in (kitchen, office)]
        assert sorted(replies) == ["peer.elsewhere", "timer.set"]
        timers = [len(home.run.context.timers.all()) for home in (kitchen, office)]
        assert sorted(timers) == [0, 1]

    two_rooms(tmp_path, story)
