"""The asker's side of a local socket: one line of JSON out, lines of JSON in."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Mapping
from pathlib import Path

from device import errors
from device.errors import HandsSilent, KeepmumError, NotAllowed

Record = Mapping[str, object]


def ask(path: Path, request: Record) -> socket.socket:
    """Connect and send a request; raises HandsSilent, NotAllowed."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        client.connect(str(path))
        with contextlib.suppress(ConnectionError):
            # one that hangs up at once was there all the same; reading shows it
            client.sendall(json.dumps(request).encode() + b"\n")
    except PermissionError as error:
        client.close()
        raise NotAllowed(who="This user", what="ask the speaker") from error
    except OSError as error:
        client.close()
        raise HandsSilent(socket=path) from error
    return client


def understood(line: bytes) -> dict[str, object]:
    """A record of an answer; raises the error that the hands answered with."""
    record: dict[str, object] = json.loads(line)
    name, facts = record.get("error"), record.get("facts")
    if isinstance(name, str) and isinstance(facts, dict):
        kind = getattr(errors, name, KeepmumError)
        raise kind(**facts)
    return record


def answer_to(path: Path, request: Record) -> dict[str, object]:
    """The one record that answers a request. Raises HandsSilent, NotAllowed, or its error."""
    try:
        with ask(path, request) as client, client.makefile("rb") as lines:
            line = lines.readline()
    except ConnectionError:
        line = b""
    if not line:
        raise HandsSilent(socket=path)
    return understood(line)
