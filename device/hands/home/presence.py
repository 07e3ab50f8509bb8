"""What the speaker tells of itself over MQTT, and the texts that the home may have it say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from device.config import Config
from device.events import Changed, Event, Hushed, Muted, Parted, Quieted, Rang, Said
from device.hands.home.allowance import Allowance
from device.hands.home.discovery import About, Topics, entities, machine, withdrawn
from device.hands.home.mqtt import Broker
from device.hands.home.traces import Traces
from device.hands.voice.hostile import Wording
from device.hands.voice.replies import Reply
from device.letter import Command, Ended, Hello, Woke
from device.mind.types import FIRST_USER_INTENT, Hint, Intent, Request
from device.names import NameTable

KEPT = ("available", "state", "timers", "hello")
"""Topics of its own that the broker keeps."""
PAUSE_S = 0.25
"""States are told no more often than this; the last one always is."""
WAITING_TEXTS = 4
"""Texts from afar that wait to be said; more are dropped."""

_TELLING = (Hello, Parted, Woke, Command, Ended, Said, Hushed, Rang, Quieted, Changed, Muted)


@dataclass(frozen=True, slots=True)
class Seen:
    """How the speaker is, as far as the home is told."""

    listening: bool
    loud: Hint
    volume: int
    silent: bool
    playing: bool | None
    """Whether the music plays; None if that isn't known."""
    clocks: str
    """The payload of timers and alarms."""


class Presence:
    """Tells a broker how one speaker is, and says what the home sends."""

    def __init__(
        self,
        config: Config,
        names: NameTable,
        broker: Broker,
        topics: Topics,
        look: Callable[[], Seen],
    ) -> None:
        """`look` is how the speaker is at the moment."""
        self._config = config
        self._names = names
        self._broker = broker
        self._topics = topics
        self._look = look
        self._dirty = asyncio.Event()
        self._there = False
        self._muted: bool | None = None
        self._last = ""
        self._sent: dict[str, str] = {}
        broker.will = (topics.of("available"), "offline")
        broker.greet(self.greet)

    async def greet(self) -> None:
        """Appear: discovery, then that the speaker is there, then how it is; and take back what
        was told under another name or by other settings.
        """
        told = dict(self._discovery())
        kept = {*told, *(self._topics.of(what) for what in KEPT)}
        traces = Traces(Path(self._config.service.state))
        before = traces.left()
        traces.write(before | kept)
        old = withdrawn(self._config.home, self._topics) if machine() else ()
        for topic in sorted((before | set(old)) - kept):
            await self._broker.publish(topic, "", retain=True)
        for topic, payload in told.items():
            await self._broker.publish(topic, payload, retain=True)
        await self._broker.publish(self._topics.of("available"), "online", retain=True)
        self._sent.clear()
        await self._tell()
        if self._broker.connected:
            traces.write(kept)

    def _discovery(self) -> Iterator[tuple[str, str]]:
        home, general = self._config.home, self._config.general
        if home.discovery:
            music = bool(self._config.media.mpd)
            about = About(general.name, _version(), machine(), general.room, music)
            yield from entities(home, self._topics, about)

    async def _tell(self) -> None:
        """Tell what isn't as it was told last."""
        seen = self._look()
        for what, payload in (("state", self._state(seen)), ("timers", seen.clocks)):
            if self._sent.get(what) != payload:
                self._sent[what] = payload
                await self._broker.publish(self._topics.of(what), payload, retain=True)

    async def run(self) -> None:
        """Tell each change, until cancelled."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await self._tell()
            await asyncio.sleep(PAUSE_S)

    def _state(self, seen: Seen) -> str:
        """How the speaker is, as JSON: no words unless the owner turned them on."""
        listening = self._there and seen.listening
        speaks = dict.fromkeys((Hint.SPEAKING, Hint.AFAR), "speaking")
        loud = {Hint.RINGING: "ringing", **speaks}.get(seen.loud, "waiting")
        # whoever has ears isn't muted, whatever was said last
        muted = False if self._there else self._muted
        here = "listening" if listening else loud
        return json.dumps(
            {
                "state": here if self._there else "muted" if muted else "deaf",
                "listening": listening,
                "muted": muted,
                "last": self._last,
                "volume": seen.volume,
                "silent": seen.silent,
                "playing": seen.playing,
            }
        )

    def watch(self, event: Event) -> None:
        """Note what the home is to know of an event."""
        match event:
            case Hello():
                self._there = True
            case Parted():
                self._there = False
            case Muted(muted=muted):
                self._muted = muted
            case Command(request=request):
                self._last = self._told(request)
        if isinstance(event, _TELLING):
            self._dirty.set()

    def _told(self, request: Request) -> str:
        """The kind of a command; its ids in words only if the owner turned texts on."""
        own = request.intent >= FIRST_USER_INTENT
        kind = "own" if own else Intent(request.intent).name.lower()
        if not self._config.home.texts:
            return kind
        said = [self._names.get(request.intent) if own else None]
        said += [self._names.get(value) for _, value in request.slots]
        return " ".join([kind, *(name.text for name in said if name is not None)])


class Texts:
    """Texts that the home may have the speaker say: a few a minute, without a wake word in them.

    `say` is what says one.
    """

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        per_minute: int,
        wording: Wording,
        say: Callable[[Reply], Awaitable[object]],
    ) -> None:
        self.dropped = 0
        """Texts that came too fast or were none."""
        self._texts: asyncio.Queue[str] = asyncio.Queue(WAITING_TEXTS)
        self._allowance = Allowance(per_minute / 60, per_minute)
        self._wording = wording
        self._say = say
        broker.route(topics.of("say"), self.heard, retained=False)

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

    async def run(self) -> None:
        """Say each text, until cancelled."""
        while True:
            text = await self._wording.safe(await self._texts.get())
            refused = text is None
            await self._say(Reply("afar.refused") if refused else Reply("afar.said", text=text))


def _version() -> str:
    try:
        return metadata.version("keepmum")
    except metadata.PackageNotFoundError:
        return "checkout"
