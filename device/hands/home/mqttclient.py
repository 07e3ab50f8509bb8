"""aiomqtt's client with what it lacks: bounds, no leftovers, and no queue that overflows."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import aiomqtt
from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTErrorCode

ANSWER_S = 3.0
"""Time for the broker to take or answer anything."""


WINDOW = 32 * 1024 * 1024
"""Bytes on their way to a client that may take so much: root, who learns what a broker keeps."""
AT_ONCE = 100
"""Packets that are read before anything else has its turn."""


class Client(aiomqtt.Client):
    """A client that leaves the broker instead of taking in an oversized packet, and that leaves
    nothing behind where no connection comes about.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._dialled = asyncio.Event()
        self.take: Callable[[MQTTMessage], None] = lambda message: None
        """Called with each message as it is read, before anything that is read later."""

    def _on_message(self, client: object, userdata: object, message: MQTTMessage) -> None:
        self.take(message)

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

    def hurry(self) -> None:
        """Read on until nothing is left to read, some packets at a time.

        paho reads one packet whenever its socket is ready, and a broker drops what it holds for a
        client that takes things so slowly (mosquitto: above 1,000 messages).
        """
        paho = self._client

        def read_on(max_packets: int = 1) -> MQTTErrorCode:
            for _ in range(AT_ONCE):
                if paho._sock is None:
                    return MQTTErrorCode.MQTT_ERR_NO_CONN
                outcome = paho._packet_read()
                if outcome > 0:
                    return paho._loop_rc_handle(outcome)
                if outcome == MQTTErrorCode.MQTT_ERR_AGAIN:
                    break
            return MQTTErrorCode.MQTT_ERR_SUCCESS

        paho.loop_read = read_on  # type: ignore[method-assign]

    @property
    def alive(self) -> bool:
        """Whether there is a connection; aiomqtt forgets one lost while it was being made."""
        return self._client.is_connected()


def window() -> list[tuple[int, int, int | bytes]]:
    """Options of a socket that takes all that a broker keeps at once.

    A broker sends what it keeps in one go, and drops what neither the network nor its own queue
    takes (mosquitto: above 1,000 messages), silently. Only root may have room for all of it.
    """
    forced = getattr(socket, "SO_RCVBUFFORCE", 33)
    return [(socket.SOL_SOCKET, forced, WINDOW)] if os.geteuid() == 0 else []


def quiet() -> logging.Logger:
    """A logger for the library, which would log topics and payloads."""
    quiet = logging.getLogger("device.hands.home.mqtt.library")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    quiet.disabled = True
    return quiet
