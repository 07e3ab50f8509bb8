"""The line to the MQTT broker, which may be away, slow or hostile.

What a broker can cost is bounded: the length of a packet is checked before memory is taken for
it, so many messages a second are looked at and no more, every wait has an end. A broker that goes
over a bound is left, and tried again later. Nothing from it is believed beyond the handlers that
were registered for a topic; no handler opens a microphone, lifts mute or runs a command.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import aiomqtt

from device.config import Home

MAX_PACKET = 65_536
"""Bytes of an MQTT packet; a broker that announces a longer one is left."""
MAX_PAYLOAD = 4_096
"""Bytes of a message that handlers see; longer ones are counted and dropped."""
RATE = 100.0
"""Messages a second that are looked at, over time."""
BURST = 2_000.0
"""Messages at once: the retained ones after connecting."""
QUEUE = 256
ANSWER_S = 3.0
"""Time for the broker to take or answer anything."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0

Handler = Callable[[str, bytes], None]
log = logging.getLogger(__name__)


class TooMuch(Exception):
    """The broker went over a bound."""


@dataclass(slots=True)
class Allowance:
    """A token bucket; its clock is given, so that tests need none."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    last: float | None = None

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, now: float) -> bool:
        """One token at the time `now` (seconds); False if there is none."""
        last = now if self.last is None else self.last
        self.last = max(last, now)
        self.tokens = min(self.burst, self.tokens + (self.last - last) * self.rate)
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True


class _Client(aiomqtt.Client):
    """A client that leaves the broker instead of taking in an oversized packet, and that leaves
    nothing behind where no connection comes about.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._dialled = asyncio.Event()

    def _client_connect(self) -> None:
        try:
            super()._client_connect()
        finally:
            self._loop.call_soon_threadsafe(self._dialled.set)

    async def __aenter__(self) -> Self:
        """Connect. Whoever is stopped, refused or not answered keeps no socket and no task:
        aiomqtt leaves both to a broker that never answers, and its thread goes on connecting
        after the loop has given up.
        """
        try:
            return await super().__aenter__()
        except BaseException:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await self._dialled.wait()
            self._client._sock_close()
            raise

    def bound(self, limit: int) -> None:
        """Check every read against `limit` bytes before memory is taken for it.

        paho asks its socket for the rest of a packet in one call, with the length that the broker
        announced; it has no limit of its own (a test notices if that changes).
        """
        paho = self._client
        receive = paho._sock_recv

        def bounded(size: int) -> bytes:
            if size > limit:
                raise ConnectionError("oversized packet")
            return receive(size)

        paho._sock_recv = bounded  # type: ignore[assignment,method-assign]

    @property
    def alive(self) -> bool:
        """Whether there is a connection; aiomqtt forgets one lost while it was being made."""
        return self._client.is_connected()


@dataclass
class Counts:
    """What was not taken from the broker, for the owner to see."""

    too_long: int = 0
    left: int = 0


class Broker:
    """One connection, kept up for ever by `run`; `route` before that."""

    def __init__(self, home: Home, password: str | None, client_id: str) -> None:
        self.home = home
        self.counts = Counts()
        self.will: tuple[str, str] | None = None
        self.why = "no answer"
        """Why there was no connection the last time."""
        self.life = 0
        """Counts connections: what was told in an earlier one may be out of date."""
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.down.set()
        self._password = password
        self._id = client_id
        self._client: _Client | None = None
        self._routes: dict[str, list[tuple[Handler, bool]]] = {}
        self._greetings: list[Callable[[], Awaitable[None]]] = []

    @property
    def connected(self) -> bool:
        """Whether the broker answers at the moment, as far as is known."""
        return self.up.is_set()

    def route(self, topic: str, handler: Handler, *, retained: bool = True) -> None:
        """Have `handler(topic, payload)` called for each message of `topic` (wildcards allowed);
        without `retained` only for those that are sent now, not for what the broker kept.
        """
        self._routes.setdefault(topic, []).append((handler, retained))

    def greet(self, greeting: Callable[[], Awaitable[None]]) -> None:
        """Have `greeting` awaited after each connecting, when all is subscribed."""
        self._greetings.append(greeting)

    async def publish(self, topic: str, payload: str, *, retain: bool = False) -> bool:
        """Send a message; whether the broker took it within `ANSWER_S`."""
        client = self._client
        if client is None or not self.connected:
            return False
        try:
            await client.publish(topic, payload, qos=1, retain=retain, timeout=ANSWER_S)
        except (aiomqtt.MqttError, ValueError):
            return False
        return True

    def send(self, topic: str, payload: str, *, retain: bool = False) -> bool:
        """Send without waiting for an answer (QoS 0); whether it went on its way."""
        client = self._client
        if client is None or not self.connected:
            return False
        return client._client.publish(topic, payload, qos=0, retain=retain).rc == 0

    async def run(self) -> None:
        """Connect, stay connected, connect again: until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                await self._live()
            except (aiomqtt.MqttError, OSError, TimeoutError, ValueError) as error:
                self.why = _why(error)
                log.info("broker away: %s", self.why)
            except TooMuch:
                self.counts.left += 1
                pause = LONGEST_PAUSE_S
                log.warning("left the broker: it sends too much")
            finally:
                self._client = None
                self.up.clear()
                self.down.set()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # leaving the broker can fail, and that must not make it stay
                raise asyncio.CancelledError
            if loop.time() - began > LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _live(self) -> None:
        async with asyncio.timeout(3 * ANSWER_S) as patience:
            async with self._open() as client:
                if not client.alive:
                    raise ConnectionError("gone at once")
                if self._routes:
                    await client.subscribe([(topic, 0) for topic in self._routes])
                self._client = client
                self.life += 1
                self.down.clear()
                self.up.set()
                patience.reschedule(None)
                greeting = asyncio.create_task(self._greet())
                try:
                    await self._listen(client)
                finally:
                    if self.will:
                        # a broker tells the last will only of those who leave without a word
                        self.send(*self.will, retain=True)
                    await end(greeting)

    def _open(self) -> _Client:
        home = self.home
        will = aiomqtt.Will(*self.will, qos=1, retain=True) if self.will else None
        client = _Client(
            home.broker,
            home.port or (8883 if home.tls else 1883),
            username=home.user or None,
            password=self._password,
            identifier=self._id,
            will=will,
            tls_context=ssl.create_default_context(cafile=home.ca or None) if home.tls else None,
            timeout=ANSWER_S,
            keepalive=20,
            max_queued_incoming_messages=QUEUE,
            max_queued_outgoing_messages=QUEUE,
            max_concurrent_outgoing_calls=10_000,
            logger=_quiet(),
        )
        client.bound(MAX_PACKET)
        return client

    async def _greet(self) -> None:
        for greeting in self._greetings:
            await greeting()

    async def _listen(self, client: aiomqtt.Client) -> None:
        allowance = Allowance(RATE, BURST)
        clock = asyncio.get_running_loop().time
        async for message in client.messages:
            if not allowance.take(clock()):
                raise TooMuch
            payload = message.payload
            if not isinstance(payload, bytes) or len(payload) > MAX_PAYLOAD:
                self.counts.too_long += 1
                continue
            for topic, handlers in self._routes.items():
                if message.topic.matches(topic):
                    for handler, retained in handlers:
                        if retained or not message.retain:
                            handler(message.topic.value, payload)


def _why(error: Exception) -> str:
    """An error in words of the library or the system; never a broker's own text."""
    if isinstance(error, aiomqtt.MqttCodeError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "no answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _quiet() -> logging.Logger:
    """A logger for the library, which would log topics and payloads."""
    quiet = logging.getLogger("device.hands.home.mqtt.library")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    quiet.disabled = True
    return quiet


async def end(task: asyncio.Task[None]) -> None:
    """End a task and wait until it is over; what it failed with, if so, is raised."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
