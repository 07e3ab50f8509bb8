"""What somebody typed: done and answered as if it had been heard, with a question of its own.

It comes over the local socket, in ids, from whoever may ask there; the permits are the same. A
question that a typed request led to is answered by the next thing typed, not by what is heard.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from device.errors import NamesDiffer, WrongRequest
from device.hands.acting import Acting
from device.hands.context import Context
from device.hands.questions import Pending
from device.letter import MAX_SLOTS
from device.mind.types import Request, Slot
from device.sockets.server import Record

ANSWER_S = 60.0
"""So long a question waits for somebody who types."""


class Typed:
    """Answers the request "act"."""

    def __init__(self, context: Context, acting: Acting) -> None:
        self._context = context
        self._acting = acting
        self._pending = Pending()

    async def act(self, record: Record) -> AsyncIterator[Record]:
        """Do what a record asks for: first the reply in words, then whether it was heard.

        Raises WrongRequest for what is none, NamesDiffer for ids of another table of names.
        """
        if record.get("names") != self._context.names.digest.hex():
            raise NamesDiffer
        request = request_of(record)
        question = self._pending.take(0, self._context.clock.running())
        reply = await self._acting.decide(0, request, question)
        if reply.ask is not None:
            self._pending.ask(reply.ask, self._context.clock.running() + ANSWER_S)
            self._pending.open(0)
        text = self._context.conversation.replies.text(reply)
        yield {"reply": reply.key, "text": text, "question": reply.ask is not None}
        yield {"heard": await self._context.conversation.answer(reply)}


def request_of(record: Record) -> Request:
    """The request in a record; raises WrongRequest."""
    intent, slots = record.get("intent"), record.get("slots")
    if not _whole(intent) or not isinstance(slots, list) or len(slots) > MAX_SLOTS:
        raise WrongRequest(why="that is no request")
    found: dict[Slot, int] = {}
    for pair in slots:
        if not isinstance(pair, list) or len(pair) != 2 or not all(_whole(part) for part in pair):
            raise WrongRequest(why="that is no request")
        if pair[0] not in set(Slot) or pair[0] in found:
            raise WrongRequest(why="it holds a slot that there is not, or one twice")
        found[Slot(pair[0])] = pair[1]
    return Request(int(str(intent)), tuple(found.items()))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
