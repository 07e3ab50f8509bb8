"""What the hands answer on the local socket: ledger, watch, report, export, forget.

Nothing here opens a microphone, changes a setting or acts on the home.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import astuple
from typing import Any

from device.data import describe, export, forget, inventory, ledgerreader, proof
from device.data.export import Places
from device.data.forget import Forgotten, Wish
from device.data.ledgernotes import LedgerNotes
from device.errors import WrongRequest
from device.events import Changed, Did, Event, EventBus, Parted, Refused
from device.hands.context import Context
from device.hands.focus import Focus
from device.hands.troubles import Troubles
from device.letter import Command, Ended, Fault, Hello, Woke
from device.sockets.server import Answer, Record

UNREAD = 256
"""Events that wait for a slow watcher; one that is slower is sent away."""

LATEST_MS = 1 << 53
"""What fits into a row of the ledger, and more than any clock will show."""


class Desk:
    """Answers whoever may ask. `places`: where the household's files are."""

    def __init__(
        self,
        context: Context,
        events: EventBus,
        focus: Focus,
        *,
        troubles: Troubles,
        notes: LedgerNotes,
        places: Places,
    ) -> None:
        self._context = context
        self._events = events
        self._focus = focus
        self._troubles = troubles
        self._notes = notes
        self._places = places
        self._here = False
        events.subscribe(self._note_ears)

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
        await self._notes.written()
        view = await asyncio.to_thread(ledgerreader.read, self._notes.writer.path, since)
        yield ledgerreader.to_wire(view)

    async def kept(self, request: Record) -> AsyncIterator[Record]:
        """How much there is of each kind, and what the last proof found."""
        state = self._places.state
        amounts = await asyncio.to_thread(inventory.amounts, state)
        yield {"amounts": amounts, "proof": await asyncio.to_thread(proof.last, state)}

    async def export(self, request: Record) -> AsyncIterator[Record]:
        """Everything, as a tar; whoever asked encrypts it."""
        now = round(self._context.clock.wall() * 1000)
        await self._notes.written()
        tar = await asyncio.to_thread(export.gather, self._places, self._context.config, now)
        yield {"tar": base64.b64encode(tar).decode()}

    async def forget(self, request: Record) -> AsyncIterator[Record]:
        """Forget `kinds`, from `since` on, in memory and on disk. Raises WrongRequest."""
        kinds = request.get("kinds")
        if not isinstance(kinds, list) or not set(kinds) <= set(inventory.kinds()):
            raise WrongRequest(why="these kinds are not known")
        wanted = tuple(kind for kind in inventory.kinds() if kind in kinds)
        done = await self._forget(Wish(wanted, whole(request.get("since"))))
        yield {"rows": done.rows, "files": list(done.files), "left": list(done.left)}

    async def _forget(self, wish: Wish) -> Forgotten:
        if not wish.since:
            drop(self._context, wish.kinds)
        return await asyncio.to_thread(
            forget.forget, self._places.state, wish, rows=self._notes.writer.forget
        )

    async def watch(self, request: Record) -> AsyncIterator[Record]:
        """What the speaker is, then every event, until the asker hangs up."""
        events: asyncio.Queue[Event] = asyncio.Queue(UNREAD)
        full = asyncio.Event()

        def take(event: Event) -> None:
            if events.full():
                full.set()
            else:
                events.put_nowait(event)

        end = self._events.subscribe(take)
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
        context, audio = self._context, self._focus.now
        return {
            "event": "house",
            "at": context.clock.wall(),
            "speaker": context.config.general.name,
            "ears": self._here,
            "deaf": self._troubles.deaf,
            "trouble": self._troubles.words,
            "listening": audio.listening,
            "loud": audio.loud.name.lower(),
            "volume": context.volume.percent,
            "silent": context.volume.silent,
            "ledger": self._notes.writer.health.value,
            "timers": [
                {"name": t.name, "left": round(t.left, 1), "paused": t.paused}
                for t in context.timers.all()
            ],
            "alarms": [astuple(a) for a in context.alarms.all()],
        }

    def _told(self, event: Event) -> Record | None:
        """An event for a watcher; None for what says nothing to one. No level, no score."""
        name, at = type(event).__name__.lower(), self._context.clock.wall()
        facts = self._facts(event)
        return None if facts is None else {"event": name, "at": at} | facts

    def _facts(self, event: Event) -> dict[str, Any] | None:
        match event:
            case Woke(number, cause):
                return {"number": number, "word": self._notes.word(cause)}
            case Command(number, request) | Refused(number, request):
                return {"number": number, "what": describe.describe(request, self._context.names)}
            case Did(number=number, reply=reply, seconds=seconds):
                return {"number": number, "reply": reply, "ms": round(seconds * 1000)}
            case Ended(number, outcome, tenths):
                named = ledgerreader.OUTCOMES[int(outcome)]
                return {"number": number, "outcome": named, "seconds": tenths / 10}
            case Fault(code):
                return {"fault": code.in_words(code)}
            case Hello():
                return {}
        return plain(event)


def drop(context: Context, kinds: tuple[str, ...]) -> None:
    """Let go of what memory holds of these kinds, and of what was said last."""
    if "timers" in kinds:
        context.timers.cancel_all()
    if "alarms" in kinds:
        context.alarms.cancel_all()
    if "lists" in kinds:
        context.around.lists.forget()
    context.conversation.forget()


def plain(event: Event) -> dict[str, Any] | None:
    """The fields of an event that are numbers or keys; a text that was spoken stays out."""
    fields: Iterable[str] = getattr(type(event), "__slots__", ())
    return {f: getattr(event, f) for f in fields if f not in ("text", "request", "names", "boot")}


def whole(value: object) -> int:
    """A time in a request, in milliseconds since 1970; 0 if there is none. Raises WrongRequest:
    what isn't understood is not taken for "everything".
    """
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LATEST_MS:
        raise WrongRequest(why="the time is none")
    return value
