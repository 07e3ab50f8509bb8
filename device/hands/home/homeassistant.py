"""The line to Home Assistant itself: for what isn't on MQTT, over its WebSocket API.

https://developers.home-assistant.io/docs/api/websocket. Only the entities that were learnt are
followed, only text and numbers of their states are kept, and only services of these entities are
called; nothing that comes from there starts anything or can open the microphone. What it can cost
is bounded: the length of a message, the number of entities, and the time of every answer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from device.hands.home.devices import Unwilling
from device.hands.home.services import SCHEME

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of a message: the states of all entities that are followed, at once."""
ANSWER_S = 3.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
KEPT = ("brightness", "current_temperature", "temperature", "current_position", "percentage")
"""Attributes of a state that are kept, if they are numbers."""
MOST_WAITING = 64
"""Calls that may wait for an answer."""

Handler = Callable[[str, bytes], None]
log = logging.getLogger(__name__)


class Refused(Exception):
    """Home Assistant doesn't accept the token."""


class Assistant:
    """One connection, kept up for ever by `run`; `route` before that. It has the surface of the
    line to an MQTT broker, with entities behind SCHEME for topics.
    """

    def __init__(self, address: str, token: str) -> None:
        self.why = "no answer"
        """Why there was no connection the last time."""
        self.life = 0
        """Counts connections: what was told in an earlier one may be out of date."""
        self.up = asyncio.Event()
        self._url = socket_address(address)
        self._token = token
        self._routes: dict[str, Handler] = {}
        self._line: ClientConnection | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._following = 0
        self._known: dict[str, dict[str, Any]] = {}

    @property
    def connected(self) -> bool:
        """Whether Home Assistant answers at the moment, as far as is known."""
        return self.up.is_set()

    def route(self, topic: str, handler: Handler) -> None:
        """Have `handler(topic, payload)` called with each state of an entity (behind SCHEME):
        {"state": word, and the numbers of KEPT}.
        """
        self._routes[topic.removeprefix(SCHEME)] = handler

    async def publish(self, topic: str, payload: str) -> bool:
        """Call a service for an entity; whether it was carried out within ANSWER_S. Raises
        Unwilling if Home Assistant refuses it.
        """
        entity = topic.removeprefix(SCHEME)
        if self._known.get(entity, {}).get("s") == "unavailable":
            return False  # a service for it would succeed, and nothing would be done
        told = json.loads(payload)
        try:
            await self.ask("call_service", target={"entity_id": entity}, **told)
        except LookupError as error:
            raise Unwilling from error
        except (OSError, TimeoutError, WebSocketException):
            return False
        return True

    async def ask(self, what: str, **told: object) -> Any:
        """The result of a command. Raises LookupError if it fails, TimeoutError, OSError."""
        line = self._line
        if line is None or len(self._waiting) >= MOST_WAITING:
            raise ConnectionError("not connected")
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                await line.send(json.dumps({"id": number, "type": what, **told}))
                return await answer
        finally:
            self._waiting.pop(number, None)

    async def run(self) -> None:
        """Connect, stay connected, connect again: until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                await self._live()
            except (OSError, TimeoutError, WebSocketException, ValueError, LookupError) as error:
                self.why = "no answer" if isinstance(error, TimeoutError) else _why(error)
                log.info("Home Assistant away: %s", self.why)
            except Refused:
                self.why, pause = "it doesn't accept the token", LONGEST_PAUSE_S
                log.warning("Home Assistant doesn't accept the token")
            finally:
                self._gone()
            if loop.time() - began > LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _gone(self) -> None:
        self._line = None
        self.up.clear()
        self._known.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError("gone"))

    async def _live(self) -> None:
        async with connect(
            self._url,
            max_size=MAX_MESSAGE,
            max_queue=16,
            open_timeout=ANSWER_S,
            close_timeout=1.0,
            compression=None,  # what is compressed has no bound before it is unpacked
            proxy=None,
            logger=_quiet(),
        ) as line:
            async with asyncio.timeout(2 * ANSWER_S):
                await self._enter(line)
            self._line, self.life = line, self.life + 1
            self._numbers = itertools.count(1)
            following = asyncio.create_task(self._follow())
            try:
                async for message in line:
                    self._take(message)
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await following

    async def _enter(self, line: ClientConnection) -> None:
        for _ in range(2):
            told = _table(await line.recv())
            if told.get("type") == "auth_required":
                await line.send(json.dumps({"type": "auth", "access_token": self._token}))
            elif told.get("type") == "auth_ok":
                return
            else:
                raise Refused
        if _table(await line.recv()).get("type") != "auth_ok":
            raise Refused

    async def _follow(self) -> None:
        """Have the states of the learnt entities told, now and whenever they change."""
        if self._routes:
            number = self._following = next(self._numbers)
            answer = self._waiting[number] = asyncio.get_running_loop().create_future()
            entities = sorted(self._routes)
            told = {"id": number, "type": "subscribe_entities", "entity_ids": entities}
            if self._line is not None:
                await self._line.send(json.dumps(told))
                async with asyncio.timeout(ANSWER_S):
                    await answer
            self._waiting.pop(number, None)
        self.up.set()

    def _take(self, message: str | bytes) -> None:
        told = _table(message)
        number = told.get("id")
        if told.get("type") == "event" and number == self._following:
            self._changed(told.get("event"))
            return
        answer = self._waiting.get(number) if isinstance(number, int) else None
        if answer is None or answer.done() or told.get("type") != "result":
            return
        if told.get("success") is True:
            answer.set_result(told.get("result"))
        else:
            answer.set_exception(LookupError("refused"))

    def _changed(self, event: object) -> None:
        """States in the compressed form: added, changed, removed entities."""
        if not isinstance(event, dict):
            return
        for entity, told in _items(event.get("a")):
            self._known[entity] = {"s": told.get("s"), "a": dict(_items_of(told.get("a")))}
            self._tell(entity)
        for entity, change in _items(event.get("c")):
            known = self._known.setdefault(entity, {"s": None, "a": {}})
            more = change.get("+")
            if isinstance(more, dict):
                known["s"] = more.get("s", known["s"])
                known["a"].update(_items_of(more.get("a")))
            less = change.get("-")
            for name in less.get("a", []) if isinstance(less, dict) else []:
                known["a"].pop(name if isinstance(name, str) else None, None)
            self._tell(entity)
        removed = event.get("r")
        for entity in removed if isinstance(removed, list) else []:
            if isinstance(entity, str) and self._known.pop(entity, None) is not None:
                self._hand(entity, {"state": None})

    def _tell(self, entity: str) -> None:
        known = self._known[entity]
        state = known["s"]
        told: dict[str, object] = {"state": state if isinstance(state, str) else None}
        for name, value in known["a"].items():
            if name in KEPT and isinstance(value, (int, float)) and not isinstance(value, bool):
                told[name] = value
        self._hand(entity, told)

    def _hand(self, entity: str, told: Mapping[str, object]) -> None:
        handler = self._routes.get(entity)
        if handler is not None:
            handler(SCHEME + entity, json.dumps(told).encode())


def socket_address(address: str) -> str:
    """The WebSocket address of a Home Assistant at an http address."""
    scheme, _, rest = address.rstrip("/").partition("://")
    secure = {"https": "wss", "wss": "wss"}.get(scheme, "ws")
    return f"{secure}://{rest or scheme}/api/websocket"


def _table(message: str | bytes) -> dict[str, Any]:
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        raise ConnectionError("it doesn't speak Home Assistant's language") from None
    return told if isinstance(told, dict) else {}


def _items(table: object) -> list[tuple[str, dict[str, Any]]]:
    pairs = table.items() if isinstance(table, dict) else ()
    return [(key, value) for key, value in pairs if isinstance(value, dict)]


def _items_of(table: object) -> list[tuple[str, Any]]:
    return list(table.items()) if isinstance(table, dict) else []


def _why(error: Exception) -> str:
    """An error in words of the system; never Home Assistant's own text."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "no answer" if isinstance(error, (WebSocketException, LookupError)) else str(error)


def _quiet() -> logging.Logger:
    """A logger for the library, which would log what goes over the line."""
    quiet = logging.getLogger("device.hands.home.homeassistant.library")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    quiet.disabled = True
    return quiet
