"""A Home Assistant for tests: its WebSocket API as far as the speaker uses it.

Messages have the form of Home Assistant Core 2025's own (homeassistant/components/websocket_api,
config, homeassistant/exposed_entities).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

TOKEN = "a long-lived token"


class Pretended:
    """A home of some entities, and the services that were called."""

    def __init__(self, states: dict[str, tuple[str, dict[str, Any]]]) -> None:
        self.states = states
        self.called: list[tuple[str, str, str, dict[str, Any]]] = []
        """(entity, domain, service, data)."""
        self.exposed = sorted(states)
        self.entries: dict[str, dict[str, Any]] = {}
        self.areas: list[dict[str, Any]] = []
        self.floors: list[dict[str, Any]] = []
        self.devices: list[dict[str, Any]] = []
        self.refuses: set[str] = set()
        """Services that fail."""
        self.lines: list[tuple[ServerConnection, int, list[str]]] = []
        self.port = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def change(self, entity: str, state: str, **attributes: Any) -> None:
        """A state changes, and whoever follows is told."""
        about = self.states[entity][1] | attributes
        self.states[entity] = (state, about)
        for line, number, wanted in self.lines:
            if entity in wanted:
                change = {"c": {entity: {"+": {"s": state, "a": attributes, "lc": 1.0}}}}
                with suppress(ConnectionClosed):
                    await line.send(json.dumps({"id": number, "type": "event", "event": change}))

    async def meet(self, line: ServerConnection) -> None:
        """Talk to one client."""
        await line.send(json.dumps({"type": "auth_required", "ha_version": "2025.1.0"}))
        told = json.loads(await line.recv())
        if told != {"type": "auth", "access_token": TOKEN}:
            await line.send(json.dumps({"type": "auth_invalid", "message": "Invalid"}))
            return
        await line.send(json.dumps({"type": "auth_ok", "ha_version": "2025.1.0"}))
        last = 0
        with suppress(ConnectionClosed):
            async for message in line:
                told = json.loads(message)
                assert told["id"] > last, "Home Assistant refuses ids that don't grow"
                last = told["id"]
                await self.answer(line, told)

    async def answer(self, line: ServerConnection, told: dict[str, Any]) -> None:
        number, what = told["id"], told["type"]
        if what == "call_service" and told["service"] in self.refuses:
            error = {"code": "home_assistant_error", "message": "no"}
            failed = {"id": number, "type": "result", "success": False, "error": error}
            await line.send(json.dumps(failed))
            return
        result = self.result(what, told)
        await line.send(
            json.dumps({"id": number, "type": "result", "success": True, "result": result})
        )
        if what == "subscribe_entities":
            wanted = told["entity_ids"]
            self.lines.append((line, number, wanted))
            known = {e: {"s": s, "a": a, "c": "x", "lc": 1.0} for e, (s, a) in self.states.items()}
            added = {"a": {entity: known[entity] for entity in wanted if entity in known}}
            await line.send(json.dumps({"id": number, "type": "event", "event": added}))

    def result(self, what: str, told: dict[str, Any]) -> Any:
        match what:
            case "call_service":
                entity = told["target"]["entity_id"]
                call = (entity, told["domain"], told["service"], told["service_data"])
                self.called.append(call)
                return {"context": {"id": "1"}, "response": None}
            case "homeassistant/expose_entity/list":
                return {"exposed_entities": {e: {"conversation": True} for e in self.exposed}}
            case "get_states":
                return [
                    {"entity_id": e, "state": s, "attributes": a}
                    for e, (s, a) in self.states.items()
                ]
            case "config/entity_registry/get_entries":
                return {e: self.entries.get(e) for e in told["entity_ids"]}
            case "config/device_registry/list":
                return self.devices
            case "config/area_registry/list":
                return self.areas
            case "config/floor_registry/list":
                return self.floors
            case "get_config":
                return {"unit_system": {"temperature": "°C"}}
        return None


@asynccontextmanager
async def pretended(home: Pretended, port: int = 0) -> AsyncIterator[Server]:
    """The home, on a port of this machine."""
    async with serve(home.meet, "127.0.0.1", port) as server:
        home.port = int(next(iter(server.sockets)).getsockname()[1])
        yield server


async def until(condition: Any) -> None:
    """Wait until `condition()` holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
