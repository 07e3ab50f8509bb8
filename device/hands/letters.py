"""The hands' end of the letter socket: letters in, hints out.

Ears listen (systemd holds the socket for them), hands connect, and try again until somebody is
there. Whatever comes in passes the guard.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from device.errors import MalformedLetter, TooManyLetters
from device.hands.guard import Guard
from device.letter import MAX_BYTES, Letter
from device.mind.types import Hint
from device.ring import Writer

RETRY_SECONDS = 0.2


class EarsConnection:
    """A connection to the ears."""

    def __init__(self, ears: socket.socket, guard: Guard) -> None:
        ears.setblocking(False)
        self._ears = ears
        self._guard = guard
        guard.begin()

    async def letters(self) -> AsyncIterator[tuple[Letter, int]]:
        """Each letter, and how many activations were missed before it, until the ears are gone.

        Raises MalformedLetter and TooManyLetters, see `Guard.admit`.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                # one byte more than a letter may have, so that a longer one shows
                data = await loop.sock_recv(self._ears, MAX_BYTES + 1)
            except ConnectionError:
                return
            if not data:
                return
            yield self._guard.admit(data)

    def hint(self, hint: Hint) -> None:
        """Tell the ears; ears that don't read are gone or hang, and hints are worth no waiting."""
        with contextlib.suppress(OSError):  # ears that ended meanwhile: `letters` sees that
            self._ears.send(bytes([hint]))

    def drain(self) -> Iterator[Letter]:
        """Let no more in, and give what was written until then; what is no letter ends it."""
        with contextlib.suppress(OSError, MalformedLetter, TooManyLetters):
            self._ears.shutdown(socket.SHUT_RDWR)
            while data := self._ears.recv(MAX_BYTES + 1):
                yield self._guard.admit(data)[0]

    def close(self) -> None:
        """Close it: the ears end when they see that."""
        self._ears.close()


async def connect(
    path: str,
    guard: Guard,
    opening: Callable[[], Awaitable[None]],
    played: Writer | None = None,
) -> EarsConnection:
    """Wait until there are ears to connect to, and until the cap lets in another activation.

    `opening` is awaited once there is a socket and before it is connected to: ears take nothing
    in before that. `played` is offered to ears before anything else is said to them.
    """
    await asyncio.sleep(guard.wait())
    loop = asyncio.get_running_loop()
    while not Path(path).exists():
        await asyncio.sleep(RETRY_SECONDS)
    await opening()
    while True:
        ears = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        ears.setblocking(False)
        try:
            await loop.sock_connect(ears, path)
        except OSError:
            ears.close()
            await asyncio.sleep(RETRY_SECONDS)
        else:
            if played is not None:
                with contextlib.suppress(OSError):  # ears that ended meanwhile: `letters` sees that
                    played.offer(ears)
            return EarsConnection(ears, guard)
