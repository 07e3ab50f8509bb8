"""What the hands answer on the local socket: ledger, watch, report, export, forget.

Nothing here opens a microphone, changes a setting or acts on the home.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from device.data import describe, export, forget, inventory, ledgerreader, proof
from device.data.export import Places
from device.data.forget import Forgotten, Wish
from device.events import Changed, Did, Event, Parted, Refused
from device.hands.house import House
from device.hands.ledgernotes import Scribe
from device.letter import Command, Ended, Fault, Hello, Woke
from device.service import passed_by_name
from device.sockets.server import Answer, LocalSocket, Record, listen

SOCKET_NAME = "ask"
"""What the service manager calls the listening socket that it passes in."""
UNREAD = 256
"""Events that wait for a slow watcher; one that is slower is sent away."""


log = logging.getLogger("keepmum.hands")


@contextlib.asynccontextmanager
async def desk(house: House, settings: Path) -> AsyncIterator[Scribe]:
    """Keep the ledger of a house and answer whoever may ask, until the end of the block."""
    scribe = Scribe(house)
    answers = Answers(house, scribe, settings)
    served = None
    try:
        listener = listener_for(Path(house.config.service.ask))
        served = house.start(LocalSocket(answers.table()).serve(listener))
    except OSError as error:
        # a speaker that can't be watched is still a speaker
        log.warning("nobody can ask at %s: %s", house.config.service.ask, error.strerror)
    try:
        yield scribe
    finally:
        if served is not None:
            served.cancel()
        await scribe.close()


def listener_for(path: Path) -> socket.socket:
    """The socket that the service manager passed in, or one made at `path`. Raises OSError."""
    passed = passed_by_name().get(SOCKET_NAME)
    return listen(path) if passed is None else socket.socket(fileno=passed)


class Answers:
    """Answers for one house. `settings` is the file that its settings came from."""

    def __init__(self, house: House, scribe: Scribe, settings: Path) -> None:
        self._house = house
        self._scribe = scribe
        self._places = Places.of(house.config, settings)
        self._here = False
        house.journal.subscribe(self._note_ears)

    def table(self) -> Mapping[str, Answer]:
        """Every request there is."""
        return {
            "ledger": self.ledger,
            "kept": self.kept,
            "watch": self.watch,
            "export": self.export,
            "forget": self.forget,
        }

    async def ledger(self, request: Record) -> AsyncIterator[Record]:
        """The ledger from `since` (milliseconds since 1970) on."""
        since = whole(request.get("since"))
        await self._written()
        view = await asyncio.to_thread(ledgerreader.read, self._scribe.clerk.path, since)
        yield ledgerreader.to_wire(view)

    async def kept(self, request: Record) -> AsyncIterator[Record]:
        """How much there is of each kind, and what the last proof found."""
        state = self._places.state
        amounts = await asyncio.to_thread(inventory.amounts, state)
        yield {"amounts": amounts, "proof": await asyncio.to_thread(proof.last, state)}

    async def export(self, request: Record) -> AsyncIterator[Record]:
        """Everything, as a tar; whoever asked encrypts it."""
        now = round(self._house.clock.wall() * 1000)
        await self._written()
        tar = await asyncio.to_thread(export.gather, self._places, self._house.config, now)
        yield {"tar": base64.b64encode(tar).decode()}

    async def _written(self) -> None:
        """Wait for what is on its way; a disk that takes nothing still shows what is on it."""
        with contextlib.suppress(sqlite3.Error):
            await asyncio.wrap_future(self._scribe.clerk.flush())

    async def forget(self, request: Record) -> AsyncIterator[Record]:
        """Forget `kinds`, from `since` on, in memory and on disk."""
        kinds = request.get("kinds")
        wanted = tuple(k for k in inventory.kinds() if isinstance(kinds, list) and k in kinds)
        done = await self._forget(Wish(wanted, whole(request.get("since"))))
        yield {"rows": done.rows, "files": list(done.files), "left": list(done.left)}

    async def _forget(self, wish: Wish) -> Forgotten:
        if not wish.since:
            drop(self._house, wish.kinds)
        return await asyncio.to_thread(
            forget.forget, self._places.state, wish, rows=self._scribe.clerk.forget
        )

    async def watch(self, request: Record) -> AsyncIterator[Record]:
        """What the house is, then every event, until the asker hangs up."""
        events: asyncio.Queue[Event] = asyncio.Queue(UNREAD)
        full = asyncio.Event()

        def take(event: Event) -> None:
            if events.full():
                full.set()
            else:
                events.put_nowait(event)

        end = self._house.journal.subscribe(take)
        try:
            yield self._state()
            while not full.is_set():
                event = await events.get()
                record = self._told(event)
                if record is not None:
                    yield record
                if isinstance(event, Changed | Hello):
                    yield self._state()
        finally:
            end()

    def _note_ears(self, event: Event) -> None:
        if isinstance(event, Hello | Parted):
            self._here = isinstance(event, Hello)

    def _state(self) -> Record:
        house = self._house
        return {
            "event": "house",
            "at": house.clock.wall(),
            "speaker": house.config.general.name,
            "ears": self._here,
            "listening": house.listening,
            "loud": house.loud.name.lower(),
            "volume": house.volume.percent,
            "silent": house.volume.silent,
            "ledger": self._scribe.clerk.health.value,
            "timers": [
                {"name": t.name, "left": round(t.left, 1), "paused": t.paused}
                for t in house.timers.all()
            ],
            "alarms": [astuple(a) for a in house.alarms.all()],
        }

    def _told(self, event: Event) -> Record | None:
        """An event for a watcher; None for what says nothing to one. No level, no score."""
        name, at = type(event).__name__.lower(), self._house.clock.wall()
        facts = self._facts(event)
        return None if facts is None else {"event": name, "at": at} | facts

    def _facts(self, event: Event) -> dict[str, Any] | None:
        match event:
            case Woke(number, cause):
                return {"number": number, "word": self._scribe.word(cause)}
            case Command(number, request) | Refused(number, request):
                return {"number": number, "what": describe.describe(request, self._house.names)}
            case Did(number=number, reply=reply, seconds=seconds):
                return {"number": number, "reply": reply, "ms": round(seconds * 1000)}
            case Ended(number, outcome, tenths):
                named = ledgerreader.OUTCOMES[int(outcome)]
                return {"number": number, "outcome": named, "seconds": tenths / 10}
            case Fault(code):
                return {"fault": code.name.replace("_", " ").lower()}
            case Hello():
                return {}
        return plain(event)


def drop(house: House, kinds: tuple[str, ...]) -> None:
    """Let go of what memory holds of these kinds, and of what was said last."""
    if "timers" in kinds:
        house.timers.cancel_all()
    if "alarms" in kinds:
        house.alarms.cancel_all()
    if "lists" in kinds:
        house.lists.forget()
    house.last = house.question = None
    house.postponed.clear()
    house.speaker.memory.forget()


def plain(event: Event) -> dict[str, Any] | None:
    """The fields of an event that are numbers or keys; a text that was spoken stays out."""
    fields: Iterable[str] = getattr(type(event), "__slots__", ())
    return {f: getattr(event, f) for f in fields if f not in ("text", "request", "names", "boot")}


def whole(value: object) -> int:
    """A whole number of a request; 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
