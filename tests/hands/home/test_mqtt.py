"""The line to the broker holds, comes back, and gives a hostile one nothing to hold on to."""

from __future__ import annotations

import asyncio
import random
import subprocess
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from device.hands.home import mqtt
from device.hands.home.allowance import Allowance
from device.hands.home.mqtt import Broker
from tests.hands.home.brokers import (
    DEADLINE,
    PASSWORD,
    home,
    listening,
    mosquitto,
    needs_mosquitto,
    neighbour,
    pretender,
    running,
)

CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x03\x00\x01\x00"


def test_an_allowance_is_used_up_and_grows_again_with_time() -> None:
    allowance = Allowance(rate=10.0, burst=3.0)
    assert [allowance.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not allowance.take(0.05)
    assert allowance.take(0.1)
    assert not allowance.take(0.02)
    assert not allowance.take(0.1), "a clock that goes back and forth gives nothing"


@needs_mosquitto
def test_orders_and_states_go_through_a_broker_with_a_password(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        heard: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        broker = Broker(home(port), PASSWORD, "kitchen")
        broker.route("a/+/state", lambda t, p: heard.put_nowait((t, p)))
        async with running(broker), listening(port) as (client, told):
            assert await broker.publish("a/lamp/set", "ON")
            await told.until(lambda all_: ("a/lamp/set", "ON") in all_)
            await client.publish("a/lamp/state", "OFF")
            async with asyncio.timeout(DEADLINE):
                assert await heard.get() == ("a/lamp/state", b"OFF")

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_who_is_told_to_end_in_the_moment_of_an_answer_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As asyncio.wait_for has it before Python 3.12: the answer comes, and the end is lost."""

    async def story(port: int) -> None:
        broker = Broker(home(port), PASSWORD, "kitchen")
        async with running(broker):
            begun = asyncio.Event()

            async def answered(*_: object, **__: object) -> None:
                if begun.is_set():
                    await asyncio.Event().wait()
                begun.set()
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

            monkeypatch.setattr(broker._client, "publish", answered)

            async def tell() -> None:
                while True:
                    await broker.publish("state", "1")

            telling = asyncio.create_task(tell())
            await begun.wait()
            telling.cancel()
            done, _ = await asyncio.wait({telling}, timeout=1)
            assert done == {telling}
            assert telling.cancelled()

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_a_wrong_password_is_no_connection_and_no_error(tmp_path: Path) -> None:
    async def story(port: int) -> None:
        broker = Broker(home(port), "wrong", "kitchen")
        task = asyncio.create_task(broker.run())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await broker.up.wait()
        assert not await broker.publish("a", "b")
        await mqtt.end(task)

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))


@needs_mosquitto
def test_a_broker_that_went_away_is_found_again_with_subscriptions_and_greeting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "FIRST_PAUSE_S", 0.05)

    async def story() -> None:
        greeted = 0
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        async def greeting() -> None:
            nonlocal greeted
            greeted += 1
            assert await broker.publish("hello", str(greeted))

        with mosquitto(tmp_path) as port:
            broker = Broker(home(port), PASSWORD, "kitchen")
            broker.route("state", lambda _, p: heard.put_nowait(p))
            broker.greet(greeting)
            task = asyncio.create_task(broker.run())
            async with asyncio.timeout(DEADLINE):
                await broker.up.wait()
        async with asyncio.timeout(DEADLINE):
            await broker.down.wait()
        assert not await broker.publish("a", "b")
        with mosquitto(tmp_path, port):
            async with asyncio.timeout(DEADLINE):
                await broker.up.wait()
            async with neighbour(port) as client:
                await client.publish("state", "back")
            async with asyncio.timeout(DEADLINE):
                assert await heard.get() == b"back"
            await mqtt.end(task)
        assert greeted == 2

    asyncio.run(story())


@needs_mosquitto
def test_tls_is_checked_against_the_authority_named(tmp_path: Path) -> None:
    def openssl(*args: str) -> None:
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=tmp_path)

    for name in ("mine", "other"):
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        )
    extra = f"certfile {tmp_path}/mine.pem\nkeyfile {tmp_path}/mine.key\n"

    async def story(port: int) -> None:
        settings = home(port, tls=True, ca=str(tmp_path / "mine.pem"))
        async with running(Broker(settings, PASSWORD, "kitchen")) as broker:
            assert await broker.publish("a", "b")
        stranger = Broker(home(port, tls=True, ca=str(tmp_path / "other.pem")), PASSWORD, "k")
        task = asyncio.create_task(stranger.run())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await stranger.up.wait()
        await mqtt.end(task)

    with mosquitto(tmp_path, extra=extra) as port:
        asyncio.run(story(port))


def test_a_packet_announced_as_huge_is_refused_before_memory_is_taken() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        # 268,435,455 bytes, the longest that MQTT can announce, and then bytes without end
        writer.write(CONNACK + b"\x30\xff\xff\xff\x7f")
        try:
            while True:
                writer.write(bytes(65_536))
                await writer.drain()
        except ConnectionError:
            refused.set()

    refused = asyncio.Event()

    async def story() -> None:
        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            task = asyncio.create_task(broker.run())
            async with asyncio.timeout(DEADLINE):
                await refused.wait()
            await mqtt.end(task)

    tracemalloc.start()
    asyncio.run(story())
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_a_flood_is_left_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    # no clock decides how much is looked at
    monkeypatch.setattr(mqtt, "RATE", 0.0)
    monkeypatch.setattr(mqtt, "BURST", 2_000.0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        writer.write(SUBACK)
        while True:
            writer.write(b"\x30\x05\x00\x01sON" * 100)
            await writer.drain()

    async def story() -> None:
        seen = 0

        def count(_: str, __: bytes) -> None:
            nonlocal seen
            seen += 1

        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            broker.route("s", count)
            async with running(broker):
                async with asyncio.timeout(DEADLINE):
                    await broker.down.wait()
                assert broker.counts.left == 1
                assert seen == mqtt.BURST

    asyncio.run(story())


def test_ten_thousand_messages_at_once_are_all_heard() -> None:
    count = 10_000

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        writer.write(SUBACK)
        for at in range(count):
            writer.write(b"\x31\x08\x00\x01s" + f"{at:05d}".encode())
        await writer.drain()
        await reader.read()

    async def story() -> None:
        heard: list[bytes] = []
        full = asyncio.Event()

        def hear(_: str, payload: bytes) -> None:
            heard.append(payload)
            if len(heard) == count:
                full.set()

        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            broker.route("s", hear)
            async with running(broker), asyncio.timeout(3 * DEADLINE):
                await full.wait()
        assert heard == [f"{at:05d}".encode() for at in range(count)], "each once, in their order"

    asyncio.run(story())


def test_a_long_message_is_dropped_and_counted_and_the_next_one_heard() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        writer.write(SUBACK + b"\x30\x83\x40\x00\x01s" + b"x" * 8192 + b"\x30\x05\x00\x01sON")
        await reader.read()

    async def story() -> None:
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            broker.route("s", lambda _, p: heard.put_nowait(p))
            async with running(broker), asyncio.timeout(DEADLINE):
                assert await heard.get() == b"ON"
            assert broker.counts.too_long == 1

    asyncio.run(story())


HOSTILE = {
    "a topic that is no text": b"\x30\x05\x00\x02\xff\xfeX",
    "a topic with a wildcard": b"\x30\x05\x00\x02a#X",
    "an empty topic": b"\x30\x03\x00\x00X",
    "a topic longer than the packet": b"\x30\x04\x00\x99ab",
    "a length without end": b"\x30\xff\xff\xff\xff\xff",
    "an answer to nothing": b"\x40\x02\x12\x34\x90\x03\x77\x77\x80\x70\x02\x00\x01",
    "an unknown kind": b"\x00\x00\xf0\x00",
    "a second welcome": CONNACK,
    "the end": b"\xe0\x00",
}


@pytest.mark.parametrize("packet", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_packet_out_of_its_mind_costs_a_connection_at_most(
    packet: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "FIRST_PAUSE_S", 0.0)

    met = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal met
        met += 1
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read(1024)
        writer.write(SUBACK + packet if met == 1 else SUBACK + b"\x30\x05\x00\x01sON")
        await writer.drain()
        if met > 1:
            await reader.read()

    async def story() -> None:
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            broker.route("s", lambda _, p: heard.put_nowait(p))
            task = asyncio.create_task(broker.run())
            async with asyncio.timeout(DEADLINE):
                assert await heard.get() == b"ON"
            assert not task.done()
            # in the moment in which the broker has answered, it ends all the same
            async with asyncio.timeout(DEADLINE):
                await mqtt.end(task)

    asyncio.run(story())


def test_noise_instead_of_a_broker_is_a_broker_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(mqtt, "LONGEST_PAUSE_S", 0.0)
    monkeypatch.setattr(mqtt, "ANSWER_S", 0.05)
    chance = random.Random(3)

    met = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal met
        met += 1
        if met == 60:
            enough.set()
        await reader.read(1024)
        start = CONNACK if met % 2 else b""
        writer.write(start + chance.randbytes(chance.randrange(1, 300)))
        await writer.drain()

    enough = asyncio.Event()

    async def story() -> None:
        async with pretender(talk) as port:
            broker = Broker(home(port), None, "kitchen")
            broker.route("s", lambda _, p: None)
            task = asyncio.create_task(broker.run())
            async with asyncio.timeout(DEADLINE):
                await enough.wait()
            assert not task.done()
            await mqtt.end(task)

    asyncio.run(story())


def test_a_broker_that_never_answers_costs_a_bounded_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "ANSWER_S", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(CONNACK)
        await reader.read()

    async def story() -> None:
        async with pretender(silent) as port, running(Broker(home(port), None, "k")) as broker:
            async with asyncio.timeout(DEADLINE):
                assert not await broker.publish("a", "b")

    asyncio.run(story())


class Silent:
    """A broker that takes everything in and never answers; says when somebody came and went."""

    def __init__(self) -> None:
        self.met, self.left = asyncio.Event(), asyncio.Event()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met.set()
        with suppress(ConnectionError):
            while await reader.read(1024):
                pass
        self.left.set()


@pytest.mark.parametrize("dialling", [True, False], ids=["dialling", "waiting for an answer"])
def test_who_is_stopped_before_there_is_a_connection_leaves_no_socket_and_no_task(
    dialling: bool,
) -> None:
    async def story() -> None:
        silent = Silent()
        async with pretender(silent.talk) as port, asyncio.timeout(DEADLINE):
            task = asyncio.create_task(Broker(home(port), None, "k").run())
            # one step into the loop, the thread that connects is on its way
            await (asyncio.sleep(0) if dialling else silent.met.wait())
            await mqtt.end(task)
            await silent.left.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            assert not [t for t in others if "misc_loop" in repr(t.get_coro())]

    asyncio.run(story())


def test_an_answer_that_never_comes_leaves_no_socket_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "ANSWER_S", 0.2)

    async def story() -> None:
        silent = Silent()
        async with pretender(silent.talk) as port:
            broker = Broker(home(port), None, "k")
            task = asyncio.create_task(broker.run())
            with suppress(TimeoutError):
                async with asyncio.timeout(DEADLINE):
                    await silent.left.wait()
            assert silent.left.is_set(), "the socket of the first try is still open"
            assert not task.done(), "it goes on trying"
            assert not broker.connected
            await mqtt.end(task)

    asyncio.run(story())
