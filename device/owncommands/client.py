"""How own commands are asked for: a number over a local socket, answered by how it went.

request   intent u16, big-endian
answer    status u8, then at most 4,096 bytes of output
"""

from __future__ import annotations

import asyncio
import struct
from enum import IntEnum, unique

from device.config import Config, OwnCommand
from device.names import NameTable

MAX_OUTPUT = 4_096
REQUEST = struct.Struct(">H")
MARGIN_S = 2.0
"""The asker waits this much longer than the program may take."""


@unique
class Status(IntEnum):
    """How a command ended."""

    DONE = 0
    FAILED = 1
    """It ended with another code than 0."""
    TOO_SLOW = 2
    BUSY = 3
    """It runs already."""
    UNKNOWN = 4
    MISSING = 5
    """There is no such program, or it must not be run."""
    AWAY = 6
    """No runner answers."""


def by_number(config: Config, names: NameTable) -> dict[int, OwnCommand]:
    """Own commands by their intents."""
    commands = {command.name: command for command in config.command}
    known = names.of_kind("command")
    return {name.id: commands[name.key] for name in known if name.key in commands}


async def first_of(stream: asyncio.StreamReader | None) -> bytes:
    """The first bytes of a stream, an answer's worth; the rest is read and dropped."""
    kept = b""
    while stream is not None and (more := await stream.read(MAX_OUTPUT)):
        kept = (kept + more)[: MAX_OUTPUT + 1]
    return kept


async def ask(path: str, number: int, patience_s: float) -> tuple[Status, bytes]:
    """Have the runner at `path` run a command; AWAY if none answers in time."""
    try:
        async with asyncio.timeout(patience_s + MARGIN_S):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(REQUEST.pack(number))
                await writer.drain()
                answer = await first_of(reader)
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return Status.AWAY, b""
    if not answer or answer[0] not in set(Status):
        return Status.AWAY, b""
    return Status(answer[0]), answer[1 : 1 + MAX_OUTPUT]
