"""Real `keepmum hands` processes whose ears are the benchmark's: letters in, journal out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.config import Config
from device.config.text import dump
from device.events import DESCRIPTOR
from device.hands.home.mqtt import end
from device.names import compile_names
from tests.hands.home.brokers import PASSWORD
from tests.hands.homes import SPEAKERS_KEY
from tests.hands.houses import Ears

DEADLINE = 30.0


@dataclass
class Daemon:
    """One hands process: its ears, and every event that it told."""

    ears: Ears
    process: asyncio.subprocess.Process
    events: list[dict[str, Any]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, event: str, **fields: object) -> dict[str, Any]:
        """The first event of this kind with these fields."""
        async with asyncio.timeout(DEADLINE):
            while True:
                for each in self.events:
                    if each["event"] == event and fields.items() <= each.items():
                        return each
                self.more.clear()
                await self.more.wait()


@asynccontextmanager
async def daemon(folder: Path, config: Config) -> AsyncIterator[Daemon]:
    """Start hands with these settings and greet them as their ears."""
    folder.mkdir(parents=True, exist_ok=True)
    secrets = folder / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(f'mqtt_password = "{PASSWORD}"\nspeakers_key = "{SPEAKERS_KEY}"\n')
    file = folder / "keepmum.toml"
    file.write_text(dump(config, comments=False), encoding="utf-8")
    ears = Ears(config.service.socket, compile_names(config))
    read, write = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "device", "hands", "--config", str(file)),
        pass_fds=(write,),
        env=os.environ | {DESCRIPTOR: str(write)},
    )
    os.close(write)
    await ears.accept()
    found = Daemon(ears, process)
    reading = asyncio.create_task(_read(read, found))
    try:
        yield found
    finally:
        ears.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await end(reading)


async def _read(descriptor: int, into: Daemon) -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    protocol = asyncio.StreamReaderProtocol(reader)
    await loop.connect_read_pipe(lambda: protocol, os.fdopen(descriptor, "rb"))
    while line := await reader.readline():
        into.events.append(json.loads(line))
        into.more.set()
