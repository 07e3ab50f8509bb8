"""Who may ask, and how: one line of JSON in, lines of JSON out, on a local socket.

The socket belongs to the group keepmum and nobody else can connect to it; who is at the other end
is told by the kernel besides (peer credentials). It is a file on this machine: there is no port,
and nothing of it can be reached over a network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

from device import service
from device.errors import KeepmumError, NotAllowed
from device.sockets.peers import group_id, may_ask, peer_of, sees_all_ids

MAX_REQUEST = 4096
MAX_ASKERS = 8
MAX_WATCHERS = 8
"""Those who stay (`watch`) have places of their own: they can't keep others from the ledger."""
WATCH = "watch"
PATIENCE_S = 5.0
"""An asker that says nothing for so long is sent away; so is one that reads nothing."""

log = logging.getLogger("keepmum.hands")

Record = Mapping[str, object]
Answer = Callable[[Record], AsyncIterator[Record]]
"""Answers a request with as many records as it takes."""


def listen(path: Path) -> socket.socket:
    """A socket at `path` for this user and the group keepmum, when no service manager made one.

    One that a kill left behind is replaced; raises OSError if somebody answers there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return service.listen(str(path), socket.SOCK_STREAM, group=group_id(), backlog=MAX_ASKERS)


class LocalSocket:
    """Serves askers, a few at a time."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = answers
        self._askers = 0
        self._watchers = 0
        self._seen = sees_all_ids()

    async def serve(self, listener: socket.socket) -> None:
        """Answer until cancelled."""
        listener.setblocking(False)
        server = await asyncio.start_unix_server(self._meet, sock=listener, limit=MAX_REQUEST)
        async with server:
            await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._askers += 1
        try:
            async for record in self._answer(reader, writer.get_extra_info("socket")):
                writer.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
                async with asyncio.timeout(PATIENCE_S):
                    await writer.drain()
        except (OSError, ValueError) as error:
            log.info("asker gone: %s", type(error).__name__)
            writer.transport.abort()
        finally:
            self._askers -= 1
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, connection: socket.socket
    ) -> AsyncIterator[Record]:
        peer = peer_of(connection)
        async with asyncio.timeout(PATIENCE_S):
            # read even if it will be refused: closing on unread bytes would swallow the refusal
            line = await reader.readline()
        try:
            if not may_ask(peer, own=os.geteuid(), group=group_id(), seen=self._seen):
                raise NotAllowed(who=f"User {peer.uid}", what="ask the speaker")
            if self._askers > MAX_ASKERS:
                raise NotAllowed(who="One more", what="ask: too many do already")
            request = json.loads(line)
            answer = (
                self._answers.get(str(request.get("ask"))) if isinstance(request, dict) else None
            )
            if answer is None:
                return
            with self._placed(watching=request.get("ask") == WATCH):
                async for record in _until_gone(answer(request), reader):
                    yield record
        except KeepmumError as error:
            facts = {key: str(value) for key, value in error.facts.items()}
            yield {"error": type(error).__name__, "facts": facts}

    @contextlib.contextmanager
    def _placed(self, *, watching: bool) -> Iterator[None]:
        """Whoever stays takes a watcher's place, and leaves the asker's. Raises NotAllowed."""
        if watching and self._watchers >= MAX_WATCHERS:
            raise NotAllowed(who="One more watcher", what="watch: too many do already")
        self._watchers += watching
        self._askers -= watching
        try:
            yield
        finally:
            self._watchers -= watching
            self._askers += watching


async def _until_gone(
    records: AsyncIterator[Record], reader: asyncio.StreamReader
) -> AsyncIterator[Record]:
    """The records, until there are no more or the asker hangs up."""
    gone = asyncio.ensure_future(reader.read(1))
    try:
        while True:
            following = asyncio.ensure_future(_next(records))
            await asyncio.wait([following, gone], return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                return
            record = following.result()
            if record is None:
                return
            yield record
    finally:
        gone.cancel()


async def _next(records: AsyncIterator[Record]) -> Record | None:
    return await anext(aiter(records), None)
