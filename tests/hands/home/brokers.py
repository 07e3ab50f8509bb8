"""Brokers for tests: a real mosquitto, and one that does as it pleases."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiomqtt
import pytest

from device import config
from device.hands.home.mqtt import Broker, end

DEADLINE = 10.0
PASSWORD = "between us"

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto") is None, reason="needs the Debian package mosquitto"
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto(folder: Path, port: int = 0, extra: str = "") -> Iterator[int]:
    """A mosquitto with a user `keepmum`; yields its port once it listens."""
    port = port or free_port()
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(
        ["mosquitto_passwd", "-b", str(passwords), "keepmum", PASSWORD],
        check=True,
        capture_output=True,
    )
    settings = folder / f"mosquitto-{port}.conf"
    settings.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n"
        f"user root\npersistence false\nmax_queued_messages 100000\n{extra}"
    )
    with subprocess.Popen(
        ["mosquitto", "-c", str(settings)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        # mosquitto says so when it listens; its end would end the loop
        for line in process.stderr:
            if "running" in line:
                break
        assert process.poll() is None, "mosquitto did not start"
        try:
            yield port
        finally:
            process.terminate()
            process.wait(DEADLINE)


def home(port: int, **settings: object) -> config.Home:
    """Settings for a broker on this machine."""
    known: dict[str, object] = {"broker": "127.0.0.1", "port": port, "user": "keepmum"}
    return config.Home(**(known | settings))  # type: ignore[arg-type]


@asynccontextmanager
async def running(broker: Broker) -> AsyncIterator[Broker]:
    """The broker's line kept up for the length of a test; connected when the block begins."""
    task = asyncio.create_task(broker.run())
    try:
        async with asyncio.timeout(DEADLINE):
            await broker.up.wait()
        yield broker
    finally:
        await end(task)


@asynccontextmanager
async def neighbour(port: int) -> AsyncIterator[aiomqtt.Client]:
    """Another client of the same broker, with every right."""
    async with aiomqtt.Client("127.0.0.1", port, username="keepmum", password=PASSWORD) as client:
        yield client


class Told:
    """Messages that arrived, to be waited for."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []
        self._more = asyncio.Condition()

    async def take(self, client: aiomqtt.Client) -> None:
        """Take in everything that a client gets, until the broker goes."""
        with suppress(aiomqtt.MqttError):
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                async with self._more:
                    self.all.append((message.topic.value, message.payload.decode(errors="replace")))
                    self._more.notify_all()

    async def until(self, condition: Callable[[list[tuple[str, str]]], bool]) -> None:
        """Wait until what arrived fulfils `condition`."""
        async with asyncio.timeout(DEADLINE), self._more:
            await self._more.wait_for(lambda: condition(self.all))


@asynccontextmanager
async def listening(port: int, topic: str = "#") -> AsyncIterator[tuple[aiomqtt.Client, Told]]:
    """A neighbour that hears everything of `topic`."""
    async with neighbour(port) as client:
        await client.subscribe(topic, qos=1)
        told = Told()
        task = asyncio.create_task(told.take(client))
        try:
            yield client, told
        finally:
            await end(task)


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def pretender(talk: Talk) -> AsyncIterator[int]:
    """A server that says what `talk` says to each client; yields its port."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
