"""A real Home Assistant Core for a benchmark: installed once, set up anew by its own interfaces.

It needs a Python that it accepts (3.13): `python3.13` on PATH, or the one of KEEPMUM_PYTHON313. It
is installed into build/homeassistant from the package registry, and runs without a network but the
loopback. Nothing of the project is imported by it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.benchmarks.harness import ROOT, console
from tests.hands.home.brokers import free_port

VERSION = "2025.4.4"
ALONG = (
    *("paho-mqtt==2.1.0", "PyTurboJPEG==1.7.5", "hassil==2.2.3", "mutagen==1.47.0"),
    *("home-assistant-intents==2025.3.28", "home-assistant-frontend==20250411.0"),
    *("ha-ffmpeg==3.2.2",),
)
"""What the integrations below need, in the versions that they name."""
PLACE = ROOT / "build" / "homeassistant"
START_S = 300.0
SHARED_S = 0.1
"""Whoever asks for all states within this time gets the same ones."""
OURS = "http://127.0.0.1/"
"""The client's id, as OAuth would have it."""
SETTINGS = """
homeassistant:
  name: Home
  unit_system: metric
  time_zone: UTC
  latitude: 50
  longitude: 8
  country: DE
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
websocket_api:
config:
onboarding:
conversation:
demo:
"""


def interpreter() -> Path | None:
    """Home Assistant's own Python, installed now if it isn't yet; None without a Python for it."""
    own = PLACE / "bin" / "python"
    if (PLACE / "ready").exists():
        return own
    base = os.environ.get("KEEPMUM_PYTHON313") or shutil.which("python3.13")
    if base is None or subprocess.run([base, "-c", ""], check=False).returncode:
        console.print("[yellow]Home Assistant needs a Python 3.13 (KEEPMUM_PYTHON313=…)")
        return None
    with console.status("Installing Home Assistant (some minutes, once) …"):
        subprocess.run([base, "-m", "venv", str(PLACE)], check=True)
        wanted = [f"homeassistant=={VERSION}", *ALONG]
        subprocess.run([own, "-m", "pip", "install", "-q", "--no-compile", *wanted], check=True)
    (PLACE / "ready").touch()
    return own


@contextmanager
def running(folder: Path, more: str = "") -> Iterator[tuple[int, Path]]:
    """A Core with SETTINGS and `more`: its port, its log."""
    python, port = interpreter(), free_port()
    assert python is not None
    (folder / "configuration.yaml").write_text(SETTINGS.format(port=port) + more)
    log = folder / "log"
    command: list[str | Path] = [python, "-m", "homeassistant", "-c", folder, "--skip-pip"]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            yield port, log
        finally:
            process.terminate()
            process.wait(60)


def _post(url: str, data: object, token: str = "", *, form: bool = False) -> Any:
    body = urllib.parse.urlencode(data).encode() if form else json.dumps(data).encode()  # type: ignore[arg-type]
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    head = {"Content-Type": kind} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, body, head)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


async def _post_soon(url: str, data: object, token: str = "", *, form: bool = False) -> Any:
    return await asyncio.to_thread(_post, url, data, token, form=form)


async def awake(port: int) -> None:
    """Wait until it answers."""
    async with asyncio.timeout(START_S):
        while True:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/api/onboarding", timeout=5
                ) as answer:
                    answer.read()
                return
            except OSError:
                await asyncio.sleep(0.5)


async def owner(port: int) -> str:
    """Make its owner, as the first visit does; a token for an hour."""
    base = f"http://127.0.0.1:{port}"
    person = {"name": "Owner", "username": "owner", "password": "between us", "language": "en"}
    made = await _post_soon(f"{base}/api/onboarding/users", {**person, "client_id": OURS})
    code = {"grant_type": "authorization_code", "code": made["auth_code"], "client_id": OURS}
    return str((await _post_soon(f"{base}/auth/token", code, form=True))["access_token"])


async def join_broker(port: int, token: str, broker: dict[str, object]) -> None:
    """Set up its MQTT integration, as the owner does in its pages."""
    flows = f"http://127.0.0.1:{port}/api/config/config_entries/flow"
    step = await _post_soon(flows, {"handler": "mqtt"}, token)
    done = await _post_soon(f"{flows}/{step['flow_id']}", broker, token)
    assert done["type"] == "create_entry", done


@dataclass
class Owner:
    """The owner's line to it: not the project's own, which is what is measured."""

    line: ClientConnection
    number: int = 0
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    asked: asyncio.Task[dict[str, dict[str, Any]]] | None = None

    async def ask(self, what: str, **told: object) -> Any:
        """The result of a command."""
        self.number += 1
        future = self.waiting[self.number] = asyncio.get_running_loop().create_future()
        await self.line.send(json.dumps({"id": self.number, "type": what, **told}))
        async with asyncio.timeout(60):
            return await future

    async def listen(self) -> None:
        """Take in answers."""
        async for message in self.line:
            told = json.loads(message)
            future = self.waiting.pop(told.get("id"), None)
            if future is None or future.done():
                continue
            if told.get("success"):
                future.set_result(told.get("result"))
            else:
                future.set_exception(LookupError(json.dumps(told.get("error"))))

    async def states(self) -> dict[str, dict[str, Any]]:
        """Every state by its entity, as of now or the next moment; those who wait share one."""
        if self.asked is None:
            self.asked = asyncio.create_task(self._states())
        try:
            return await asyncio.shield(self.asked)
        finally:
            self.asked = None

    async def _states(self) -> dict[str, dict[str, Any]]:
        await asyncio.sleep(SHARED_S)
        return {row["entity_id"]: row for row in await self.ask("get_states")}

    async def runs(self) -> None:
        """Wait until all integrations are set up."""
        async with asyncio.timeout(START_S):
            while (await self.ask("get_config"))["state"] != "RUNNING":
                await asyncio.sleep(0.5)


@asynccontextmanager
async def visit(port: int, token: str) -> AsyncIterator[Owner]:
    """The owner's line."""
    async with connect(f"ws://127.0.0.1:{port}/api/websocket", max_size=None, proxy=None) as line:
        await line.recv()
        await line.send(json.dumps({"type": "auth", "access_token": token}))
        assert json.loads(await line.recv())["type"] == "auth_ok"
        one = Owner(line)
        task = asyncio.create_task(one.listen())
        try:
            yield one
        finally:
            task.cancel()
