"""Own commands: started by a number, by a process that has nothing else to do.

The runner listens on a local socket and lives in a unit and with a user of its own. It is told a
number of the table of names, two bytes, and nothing else: the program and its arguments are those
of the settings, which it reads itself. It answers with a status byte and what the program printed.

    request   intent u16, big-endian
    answer    status u8, then at most 4,096 bytes of output
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from device.config import OwnCommand
from device.owncommands.client import MARGIN_S, MAX_OUTPUT, REQUEST, Status, first_of
from device.sockets.peers import peer_of

HANDS_USER = "keepmum-hands"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
"""All that a program is given; no secret of the speaker is among it."""

log = logging.getLogger(__name__)


class Runner:
    """Runs commands for whoever may ask."""

    def __init__(self, commands: Mapping[int, OwnCommand]) -> None:
        self._commands = commands
        self._running: set[int] = set()
        self._allowed = {0, os.getuid()} | _uid_of(HANDS_USER)

    async def serve(self, listener: socket.socket) -> None:
        """Answer on a listening AF_UNIX stream socket until cancelled."""
        server = await asyncio.start_unix_server(self._meet, sock=listener)
        async with server:
            await server.serve_forever()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._may_ask(writer.get_extra_info("socket")):
                async with asyncio.timeout(MARGIN_S):
                    (number,) = REQUEST.unpack(await reader.readexactly(REQUEST.size))
                status, output = await self.run(number)
                writer.write(bytes([status]) + output)
                await writer.drain()
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError) as error:
            log.info("asker gone: %s", type(error).__name__)
        finally:
            writer.close()

    def _may_ask(self, asker: socket.socket) -> bool:
        """Whether the process at the other end runs as the hands, as this user or as root."""
        return peer_of(asker).uid in self._allowed

    async def run(self, number: int) -> tuple[Status, bytes]:
        """Run the command with this number to its end or its time limit; (status, output)."""
        command = self._commands.get(number)
        if command is None:
            return Status.UNKNOWN, b""
        if number in self._running:
            return Status.BUSY, b""
        self._running.add(number)
        try:
            return await _execute(command)
        finally:
            self._running.discard(number)


async def _execute(command: OwnCommand) -> tuple[Status, bytes]:
    try:
        process = await asyncio.create_subprocess_exec(
            *command.run,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError:
        return Status.MISSING, b""
    try:
        async with asyncio.timeout(command.time_limit_s):
            output = await first_of(process.stdout)
            code = await process.wait()
    except TimeoutError:
        return Status.TOO_SLOW, b""
    finally:
        await _end(process)
    return (Status.DONE if code == 0 else Status.FAILED), output[:MAX_OUTPUT]


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what the program started along with it: it leads a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _uid_of(user: str) -> set[int]:
    try:
        return {pwd.getpwnam(user).pw_uid}
    except KeyError:
        return set()


def listen(path: Path) -> socket.socket:
    """A listening socket at `path` for this user alone; one left over by a kill is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(4)
    return listener
