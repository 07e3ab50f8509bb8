"""The real hands as a process, for what a test can't see from inside: kills, memory."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from device.config import load
from device.events import DESCRIPTOR
from device.letter import Command, Ended, Hello, Letter, Woke, pack
from device.mind.types import Intent, Outcome, Request, Slot
from device.names import compile_names


class Hands:
    """The real hands as a process, their ears a socket of ours, their journal a pipe."""

    def __init__(self, file: Path, listening: socket.socket) -> None:
        self.names = compile_names(load(file))
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "device", "hands", "--config", str(file)],
            env={**os.environ, DESCRIPTOR: str(write)},
            pass_fds=(write,),
        )
        os.close(write)
        self._read, self._rest = read, b""
        self.ears, _ = listening.accept()
        self.number = 0
        self.send(Hello(1, self.names.digest))

    def send(self, letter: Letter) -> None:
        self.ears.send(pack(letter))

    def ask(self, intent: Intent, *slots: tuple[Slot, int]) -> int:
        """A whole activation; its number."""
        self.number += 1
        self.send(Woke(self.number, 0, 9))
        self.send(Command(self.number, Request(intent, slots)))
        self.send(Ended(self.number, Outcome.COMMAND, 9))
        return self.number

    def lines(self, seconds: float) -> Iterator[bytes]:
        """Journal lines as they come, until there is none for `seconds` or the process is gone."""
        while select.select([self._read], [], [], seconds)[0]:
            data = os.read(self._read, 65536)
            if not data:
                return
            *whole, self._rest = (self._rest + data).split(b"\n")
            yield from whole

    def answered(self, number: int) -> None:
        """Wait until that activation was answered."""
        self._wait_for(b'"event": "did"', f'"number": {number},'.encode())

    def reply(self, number: int) -> str:
        """The key of the reply to that activation."""
        line = self._wait_for(b'"event": "did"', f'"number": {number},'.encode())
        return str(json.loads(line)["reply"])

    def said(self) -> None:
        """Wait until something is heard."""
        self._wait_for(b'"event": "said"')

    def _wait_for(self, *parts: bytes) -> bytes:
        for line in self.lines(20.0):
            if all(part in line for part in parts):
                return line
        raise TimeoutError(str(parts))

    def end(self, *, kill: bool) -> None:
        """kill -9, or ask it to end."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait()
        self.ears.close()

    def close(self) -> None:
        os.close(self._read)


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """The letter socket, as the service manager would hold it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(20)
        yield server


def settings(folder: Path, voice: str = "none") -> Path:
    """A settings file: no loudspeaker, everything else in `folder`."""
    file = folder / "keepmum.toml"
    file.write_text(
        f"""
        service.socket = "{folder}/s"
        service.state = "{folder}/state"
        service.ask = "{folder}/ask"
        service.activations_per_hour = 3600
        sound.output = "null"
        sound.mixer = "own"
        sound.chimes = false
        voice.engine = "{voice}"
        """
    )
    return file
