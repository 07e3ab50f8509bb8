"""The line to the MQTT broker, which may be away, slow or hostile.

What a broker can cost is bounded: the length of a packet is checked before memory is taken for
it, so many messages a second are looked at and no more, every wait has an end. A broker that goes
over a bound is left, and tried again later. Nothing from it is believed beyond the handlers that
were registered for a topic; no handler opens a microphone, lifts mute or runs a command.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiomqtt
from paho.mqtt.client import MQTTMessage, topic_matches_sub

from device.config import Home
from device.hands.home.allowance import Allowance
from device.hands.home.mqttclient import ANSWER_S, Client, quiet, window

MAX_PACKET = 65_536
"""Bytes of an MQTT packet; a broker that announces a longer one is left."""
MAX_PAYLOAD = 4_096
"""Bytes of a message that handlers see; longer ones are counted and dropped."""
RATE = 100.0
"""Messages a second that are looked at, over time."""
BURST = 20_000.0
"""Messages at once: the retained ones after connecting. None waits in a queue that could overflow:
each is looked at when it is read, and what isn't read yet is the broker's to keep."""
QUEUE = 256
"""Messages that wait to be sent."""
LONG_ANSWER_S = 30.0
"""Time for the broker to send all that it keeps of one filter."""
SUBSCRIBE = 100
"""Topics asked for at once."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0

Handler = Callable[[str, bytes], None]
log = logging.getLogger(__name__)


class TooMuch(Exception):
    """The broker went over a bound."""


@dataclass
class Counts:
    """What was not taken from the broker, for the owner to see."""

    too_long: int = 0
    left: int = 0


class Broker:
    """One connection, kept up for ever by `run`; `route` before that."""

    def __init__(
        self, home: Home, password: str | None, client_id: str, longest: int = MAX_PAYLOAD
    ) -> None:
        self.home = home
        self.longest = longest
        """Bytes of a message that handlers see."""
        self.counts = Counts()
        self.will: tuple[str, str] | None = None
        self.why = "no answer"
        """Why there was no connection the last time."""
        self.life = 0
        """Counts connections: what was told in an earlier one may be out of date."""
        self.dialled = asyncio.Event()
        """Set when the broker let this client in for the first time."""
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.down.set()
        self._password = password
        self._id = client_id
        self._client: Client | None = None
        self._routes: dict[str, list[tuple[Handler, bool]]] = {}
        self._greetings: list[Callable[[], Awaitable[None]]] = []
        self._too_much: asyncio.Future[None]

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
        finally:
            _go_if_told_to()
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
            _go_if_told_to()  # leaving the broker can fail, and that must not make it stay
            if loop.time() - began > LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _live(self) -> None:
        async with asyncio.timeout(3 * ANSWER_S + LONG_ANSWER_S) as patience:
            async with self._open() as client:
                if not client.alive:
                    raise ConnectionError("gone at once")
                self._too_much = asyncio.get_running_loop().create_future()
                client.take = self._taker()
                self.dialled.set()
                await self._subscribe(client)
                self._client = client
                self.life += 1
                self.down.clear()
                self.up.set()
                patience.reschedule(None)
                _go_if_told_to()
                greeting = asyncio.create_task(self._greet())
                try:
                    await self._listen(client)
                finally:
                    if self.will:
                        # a broker tells the last will only of those who leave without a word
                        self.send(*self.will, retain=True)
                    await end(greeting)

    async def _subscribe(self, client: Client) -> None:
        """Ask for the topics bit by bit: the broker's answer comes after what it kept, so nothing
        piles up there.
        """
        wild = [topic for topic in self._routes if set(topic) & set("+#")]
        plain = [topic for topic in self._routes if topic not in wild]
        for topic in wild:
            await client.subscribe(topic, timeout=LONG_ANSWER_S)
        for start in range(0, len(plain), SUBSCRIBE):
            await client.subscribe([(topic, 0) for topic in plain[start : start + SUBSCRIBE]])

    def _open(self) -> Client:
        home = self.home
        will = aiomqtt.Will(*self.will, qos=1, retain=True) if self.will else None
        client = Client(
            home.broker,
            home.port or (8883 if home.tls else 1883),
            username=home.user or None,
            password=self._password,
            identifier=self._id,
            will=will,
            tls_context=ssl.create_default_context(cafile=home.ca or None) if home.tls else None,
            timeout=ANSWER_S,
            keepalive=20,
            max_queued_outgoing_messages=QUEUE,
            max_concurrent_outgoing_calls=10_000,
            logger=quiet(),
            socket_options=window(),
        )
        client.bound(MAX_PACKET)
        client.hurry()
        return client

    async def _greet(self) -> None:
        for greeting in self._greetings:
            await greeting()

    async def _listen(self, client: aiomqtt.Client) -> None:
        """Wait for the end of the connection, or for too much of it."""
        # nothing is ever queued there: it ends when the connection does
        ended = asyncio.ensure_future(anext(aiter(client.messages)))
        ends: set[asyncio.Future[Any]] = {ended, self._too_much}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._too_much.done():
                raise TooMuch
            ended.result()
        finally:
            if not ended.done():
                ended.cancel()
            elif not ended.cancelled():
                ended.exception()

    def _taker(self) -> Callable[[MQTTMessage], None]:
        """What looks at each message of one connection."""
        allowance, too_much = Allowance(RATE, BURST), self._too_much
        clock = asyncio.get_running_loop().time
        wild = {t: h for t, h in self._routes.items() if set(t) & set("+#")}

        def take(message: MQTTMessage) -> None:
            if too_much.done():
                return
            if not allowance.take(clock()):
                too_much.set_result(None)
                return
            topic, payload = message.topic, message.payload
            if len(payload) > self.longest:
                self.counts.too_long += 1
                return
            matching = [h for t, h in wild.items() if topic_matches_sub(t, topic)]
            if topic in self._routes and topic not in wild:
                matching.append(self._routes[topic])
            for handler, retained in itertools.chain.from_iterable(matching):
                if retained or not message.retain:
                    handler(topic, bytes(payload))

        return take


def _go_if_told_to() -> None:
    """Raises CancelledError if this task was cancelled and something took that for another end.

    A wait with a limit loses it if its answer comes in the same moment (asyncio.wait_for before
    Python 3.12).
    """
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError


def _why(error: Exception) -> str:
    """An error in words of the library or the system; never a broker's own text."""
    if isinstance(error, aiomqtt.MqttCodeError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "no answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


async def end(task: asyncio.Task[None]) -> None:
    """End a task and wait until it is over; what it failed with, if so, is raised."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
