"""Two speakers of one name on one broker: noticed by both, since the home can't tell them apart.

Each says a number of its own, drawn when it began, on its topic `self`: after connecting, and when
it hears another's there. Whoever hears a number that isn't its own has a twin.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from device.hands.home.discovery import Topics
from device.hands.home.mqtt import Broker

AGAIN_S = 60.0
"""A twin is answered no more often: two that answer each other must not go on for ever."""


class Twins:
    """Looks out for another speaker of this one's name; `noticed` is called when one is heard."""

    def __init__(self, broker: Broker, topics: Topics, noticed: Callable[[], None]) -> None:
        self._broker = broker
        self._topic = topics.of("self")
        self._number = os.urandom(8).hex()
        self._noticed = noticed
        self._answered = -AGAIN_S
        broker.route(self._topic, self.heard, retained=False)
        broker.greet(self.greet)

    async def greet(self) -> None:
        """Say that this one is there."""
        await self._broker.publish(self._topic, self._number)

    def heard(self, _: str, payload: bytes) -> None:
        """Somebody said a number on this speaker's topic: itself, or a twin."""
        if payload.decode("ascii", "replace") == self._number:
            return
        now = asyncio.get_running_loop().time()
        if now - self._answered >= AGAIN_S:
            self._answered = now
            self._broker.send(self._topic, self._number)
            self._noticed()
