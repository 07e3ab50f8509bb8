"""What the speaker tells of itself over MQTT, and the texts that the home may have it say."""

from __future__ import annotations

import asyncio
import json
from importlib import metadata
from typing import TYPE_CHECKING

from device.events import Changed, Event, Hushed, Parted, Quieted, Rang, Said
from device.hands.home.discovery import Topics, entities
from device.hands.home.mqtt import Allowance, Broker
from device.hands.voice.replies import Reply
from device.letter import Command, Ended, Hello, Woke
from device.mind.types import FIRST_USER_INTENT, Hint, Intent, Request

if TYPE_CHECKING:
    from device.hands.house import House

PAUSE_S = 0.25
"""States are told no more often than this; the last one always is."""
WAITING_TEXTS = 4
"""Texts from afar that wait to be said; more are dropped."""

_TELLING = (Hello, Parted, Woke, Command, Ended, Said, Hushed, Rang, Quieted, Changed)


class Presence:
    """Tells a broker how one speaker is, and says what the home sends."""

    def __init__(self, house: House, broker: Broker, topics: Topics) -> None:
        self._house = house
        self._broker = broker
        self._topics = topics
        self._dirty = asyncio.Event()
        self._there = False
        self._last = ""
        self._texts: asyncio.Queue[str] = asyncio.Queue(WAITING_TEXTS)
        home = house.config.home
        self._allowance = Allowance(home.says_per_minute / 60, home.says_per_minute)
        self.dropped = 0
        """Texts that came too fast or were none."""
        broker.will = (topics.of("available"), "offline")
        broker.greet(self.greet)
        if home.say:
            broker.route(topics.of("say"), self.heard, retained=False)
        house.journal.subscribe(self._watch)

    async def greet(self) -> None:
        """Appear: discovery, then that the speaker is there, then how it is."""
        home, name = self._house.config.home, self._house.config.general.name
        if home.discovery:
            for topic, payload in entities(home, self._topics, name, _version()):
                await self._broker.publish(topic, payload, retain=True)
        await self._broker.publish(self._topics.of("available"), "online", retain=True)
        await self._broker.publish(self._topics.of("state"), self.state(), retain=True)

    async def run(self) -> None:
        """Tell each change, and say each text, until cancelled."""
        saying = asyncio.create_task(self._say())
        try:
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                await self._broker.publish(self._topics.of("state"), self.state(), retain=True)
                await asyncio.sleep(PAUSE_S)
        finally:
            saying.cancel()

    def state(self) -> str:
        """How the speaker is, as JSON: no words unless the owner turned them on."""
        house = self._house
        listening = self._there and house.listening
        speaks = dict.fromkeys((Hint.SPEAKING, Hint.AFAR), "speaking")
        loud = {Hint.RINGING: "ringing", **speaks}.get(house.loud, "waiting")
        return json.dumps(
            {
                "state": "listening" if listening else loud if self._there else "muted",
                "listening": listening,
                "muted": not self._there,
                "last": self._last,
                "timers": len(house.timers.all()),
            }
        )

    def _watch(self, event: Event) -> None:
        match event:
            case Hello():
                self._there = True
            case Parted():
                self._there = False
            case Command(request=request):
                self._last = self._told(request)
        if isinstance(event, _TELLING):
            self._dirty.set()

    def _told(self, request: Request) -> str:
        """The kind of a command; its ids in words only if the owner turned texts on."""
        own = request.intent >= FIRST_USER_INTENT
        kind = "own" if own else Intent(request.intent).name.lower()
        if not self._house.config.home.texts:
            return kind
        said = [self._house.names.get(request.intent) if own else None]
        said += [self._house.names.get(value) for _, value in request.slots]
        return " ".join([kind, *(name.text for name in said if name is not None)])

    def heard(self, _: str, payload: bytes) -> None:
        """A text to be said arrived: it waits its turn, or is dropped."""
        now = asyncio.get_running_loop().time()
        try:
            text = payload.decode("utf-8").strip()
            if not text or not self._allowance.take(now):
                raise ValueError
            self._texts.put_nowait(text)
        except (ValueError, asyncio.QueueFull):
            self.dropped += 1

    async def _say(self) -> None:
        while True:
            text = await self._house.wording.safe(await self._texts.get())
            await self._house.say(
                Reply("afar.refused") if text is None else Reply("afar.said", text=text)
            )


def _version() -> str:
    try:
        return metadata.version("keepmum")
    except metadata.PackageNotFoundError:
        return "checkout"
