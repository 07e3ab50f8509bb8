"""Hands for tests: a clock that moves when told, ears that a test speaks for, events to wait on.

No test sleeps: `Watcher.until` waits for the event that the test is about, with a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TypeVar

import numpy as np

from device.config import Config, Service
from device.events import Event
from device.hands import start
from device.hands.context import Context
from device.hands.sound.chimes import Pcm
from device.hands.sound.sinks import NullSink, Pace, Sink
from device.hands.wiring import Given, Hands, make
from device.letter import Command, Ended, Hello, Letter, Woke, pack
from device.mind.types import Hint, Outcome, Request, Slot
from device.names import Entry, NameTable, compile_names
from device.ring import OFFER

DEADLINE = 10.0
E = TypeVar("E", bound=Event)


class ManualClock:
    """A clock that stands still until `go`; see `device.hands.clock.Clock`."""

    def __init__(self, start: datetime, zone: tzinfo = UTC) -> None:
        self._wall = start.replace(tzinfo=start.tzinfo or zone).timestamp()
        self._running = 100.0
        self._boot = "boot-1"
        self.synchronised = True
        self._zone = zone
        self._moved = asyncio.Event()
        self.waiting = asyncio.Event()
        """Set while somebody waits."""

    def wall(self) -> float:
        return self._wall

    def running(self) -> float:
        return self._running

    def known(self) -> bool:
        return self.synchronised

    def boot(self) -> str:
        return self._boot

    def zone(self) -> tzinfo:
        return self._zone

    async def wait(self, seconds: float, woken: asyncio.Event) -> None:
        end = self._running + seconds
        while self._running < end and not woken.is_set():
            self.waiting.set()
            moved = asyncio.ensure_future(self._moved.wait())
            wake = asyncio.ensure_future(woken.wait())
            await asyncio.wait([moved, wake], return_when=asyncio.FIRST_COMPLETED)
            moved.cancel()
            wake.cancel()
        self.waiting.clear()

    def go(self, seconds: float) -> None:
        """Let time pass."""
        self._wall += seconds
        self._running += seconds
        self._tick()

    def set_wall(self, seconds: float) -> None:
        """Somebody sets the wall's clock, by so much."""
        self._wall += seconds
        self._tick()

    def reboot(self, seconds_off: float) -> None:
        """The power was off."""
        self._wall += seconds_off
        self._running = 3.0
        self._boot += "+"

    def _tick(self) -> None:
        self.waiting.clear()
        self._moved.set()
        self._moved = asyncio.Event()


class Watcher:
    """Everything that the hands told, and waiting for what it has yet to tell."""

    def __init__(self, hands: Hands) -> None:
        self.events: list[Event] = []
        self._new = asyncio.Condition()
        self._start = hands.context.tasks.start
        hands.events.subscribe(self._told)

    def _told(self, event: Event) -> None:
        self.events.append(event)
        self._start(self._wake())

    async def _wake(self) -> None:
        async with self._new:
            self._new.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        return [e for e in self.events if isinstance(e, kind)]

    async def until(self, kind: type[E], count: int = 1) -> E:
        """The `count`th event of a kind; TimeoutError if it doesn't come."""
        async with self._new:
            await asyncio.wait_for(
                self._new.wait_for(lambda: len(self.of(kind)) >= count), DEADLINE
            )
        return self.of(kind)[count - 1]


class ShortVoice:
    """Says everything at once and in the same time, and remembers what."""

    name = "short"

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self.said: list[str] = []

    async def warm(self) -> None:
        return

    async def say(self, sentence: str) -> tuple[Pcm, int]:
        self.said.append(sentence)
        await asyncio.sleep(0)
        return np.full(self._samples, 1_000, dtype=np.int16), 22_050

    async def close(self) -> None:
        return


class Ears:
    """The ears' end of the letter socket, in a test's hands."""

    def __init__(self, path: str, names: NameTable) -> None:
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(path)
        self._server.listen()
        self._server.setblocking(False)
        self._names = names
        self.socket: socket.socket | None = None
        self.number = 0

    async def accept(self, digest: bytes | None = None) -> None:
        """Let the hands in and greet them."""
        loop_ = asyncio.get_running_loop()
        if self.socket is not None:
            self.socket.close()
        self.socket, _ = await asyncio.wait_for(loop_.sock_accept(self._server), DEADLINE)
        self.number = 0
        self.send(Hello(7, self._names.digest if digest is None else digest))

    def send(self, letter: Letter | bytes) -> None:
        """A letter, or bytes that are none."""
        assert self.socket is not None
        self.socket.send(letter if isinstance(letter, bytes) else pack(letter))

    def ask(self, intent: int, *slots: tuple[Slot, int], cause: int = 0) -> int:
        """A whole activation."""
        self.number += 1
        self.send(Woke(self.number, cause, 12))
        self.send(Command(self.number, Request(intent, slots)))
        self.send(Ended(self.number, Outcome.COMMAND, 15))
        return self.number

    async def hint(self) -> Hint:
        """The next hint."""
        assert self.socket is not None
        loop_ = asyncio.get_running_loop()
        word = OFFER
        while word == OFFER:  # the ring of what is played, which these ears don't take
            word = await asyncio.wait_for(loop_.sock_recv(self.socket, 1), DEADLINE)
        return Hint(word[0])

    async def closed(self) -> None:
        """Wait until the hands have shut the door."""
        assert self.socket is not None
        loop_ = asyncio.get_running_loop()
        async with asyncio.timeout(DEADLINE):
            with contextlib.suppress(ConnectionError):
                while await loop_.sock_recv(self.socket, 1):
                    continue

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
        self._server.close()


@dataclasses.dataclass
class Home:
    """Hands that run, their ears, their clock, and what they told and said."""

    hands: Hands
    ears: Ears
    clock: ManualClock
    watch: Watcher
    voice: ShortVoice

    @property
    def context(self) -> Context:
        """What skills are handed."""
        return self.hands.context

    async def settled(self) -> None:
        """Wait until the bell has looked at everything and waits."""
        await asyncio.wait_for(self.clock.waiting.wait(), DEADLINE)


def quick() -> NullSink:
    """A loudspeaker that takes no time."""
    return NullSink(Pace(now=lambda: 0.0, sleep=lambda seconds: None))


@contextlib.asynccontextmanager
async def home(
    folder: Path,
    *,
    clock: ManualClock | None = None,
    change: Callable[[Config], Config] = lambda config: config,
    slow: bool = False,
    sink: Sink | None = None,
    more: Iterable[Entry] = (),
) -> AsyncIterator[Home]:
    """A house whose ears are a test's; a slow one speaks in real time.

    `more` are names that no setting gives, such as those of a music library.
    """
    service = Service(socket=str(folder / "s"), state=str(folder / "state"))
    sound = dataclasses.replace(Config().sound, mixer="own")
    config = change(dataclasses.replace(Config(), service=service, sound=sound))
    names = compile_names(config, more)
    (folder / "s").unlink(missing_ok=True)
    ears = Ears(str(folder / "s"), names)
    clock = clock or ManualClock(datetime(2026, 11, 22, 15, 4, tzinfo=UTC))
    voice = ShortVoice(44_100 if slow else 2_205)
    given = Given(clock=clock, sink=sink or (NullSink() if slow else quick()), voice=voice)
    hands = await make(config, names, given)
    watch = Watcher(hands)
    await start.begin(hands)
    hands.context.tasks.start(start.attend(hands).run())
    try:
        await ears.accept()
        yield Home(hands, ears, clock, watch, voice)
    finally:
        ears.close()
        await start.close(hands)
