"""States as devices write them, orders on their way, and a hostile client among the speakers."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from device import config
from device.config import Device
from device.hands.home import announced, exposed, readings, trust
from device.hands.home.actions import Action
from device.hands.home.discovery import Topics
from device.hands.home.homeassistant import Assistant
from device.hands.home.mqtt import Broker, end
from device.hands.home.peers import Speakers
from device.hands.home.states import Home
from device.names import compile_names
from tests.benchmarks.harness import Goal, at_least, at_most, exactly, percentile
from tests.hands.home.assistants import TOKEN, pretended
from tests.hands.home.brokers import PASSWORD, home, listening, mosquitto, neighbour, running
from tests.hands.home.test_homeassistant import flat

ORDERS, COMMANDS = 300, 100
GOALS: Mapping[str, Goal] = {
    "states_right": at_least(0.98),
    "order_ms_p95_mqtt": at_most(40),
    "order_ms_p95_service": at_most(80),
    "false_silence": exactly(0),
    "false_silence_no_key": exactly(0),
}
_T = '{{ value_json["state"] }}'
FORMS: list[tuple[str, dict[str, Any], str, object]] = [
    ("switch", {}, "ON", True),
    ("switch", {"pl_on": "1", "pl_off": "0"}, "0", False),
    ("switch", {"val_tpl": _T}, '{"state": "ON"}', True),
    ("switch", {"val_tpl": "{{ value_json.state }}"}, '{"state": "OFF"}', False),
    ("switch", {"val_tpl": _T, "stat_on": "true", "stat_off": "false"}, '{"state": true}', True),
    ("switch", {"val_tpl": _T, "stat_on": True, "stat_off": False}, '{"state": false}', False),
    ("switch", {"val_tpl": "{%if value_json.on%}ON{%else%}OFF{%endif%}"}, '{"on": 0}', False),
    ("switch", {"val_tpl": "{{ value_json.a.b[1] | upper }}"}, '{"a": {"b": [0, "on"]}}', True),
    ("switch", {"val_tpl": _T}, '{"other": 1}', None),
    ("switch", {}, "unavailable", None),
    ("fan", {"stat_val_tpl": "{{ value_json.fan }}"}, '{"fan": "ON"}', True),
    ("light", {"schema": "json"}, '{"state": "OFF", "brightness": 3}', False),
    ("light", {"schema": "json"}, '{"state": "ON"}', True),
    ("light", {"stat_val_tpl": "{{ value_json.POWER1 }}"}, '{"POWER1": "ON"}', True),
    (
        "light",
        {
            "schema": "template",
            "cmd_on_tpl": "on",
            "cmd_off_tpl": "off",
            "stat_tpl": "{{ 'on' if value_json.out else 'off' }}",
        },
        '{"out": true}',
        True,
    ),
    ("cover", {}, "open", True),
    ("cover", {}, "closed", False),
    ("cover", {"val_tpl": _T, "stat_open": "OPEN", "stat_clsd": "CLOSE"}, '{"state":"OPEN"}', True),
    ("cover", {"stat_t": None, "pos_t": "s"}, "0", False),
    ("cover", {"stat_t": None, "pos_t": "s", "pos_tpl": "{{ value_json.p }}"}, '{"p": 37}', True),
    ("lock", {}, "LOCKED", True),
    ("lock", {"val_tpl": _T, "stat_unlocked": "UNLOCK"}, '{"state": "UNLOCK"}', False),
    ("lock", {}, "JAMMED", None),
]
"""(component, keys beside name and topics, what was told, what is so)."""


def _states() -> tuple[int, int]:
    right = 0
    for component, keys, told, so in FORMS:
        message = {"name": "It", "cmd_t": "c", "stat_t": "s", **keys}
        payload = json.dumps({k: v for k, v in message.items() if v is not None}).encode()
        found = announced.devices({f"homeassistant/{component}/x/config": payload})
        read = {"cover": readings.is_open, "lock": readings.is_locked}.get(
            component, readings.is_on
        )
        right += len(found) == 1 and read(found[0], told.encode()) is so
    return right, len(FORMS)


async def _mqtt(port: int) -> list[float]:
    lamp = Device("Lamp", kind="light", command_topic="lamp/set", state_topic="lamp")
    settings = config.Config(home=home(port, device=(lamp,)))
    broker = Broker(settings.home, PASSWORD, "bench")
    hands = Home(settings, compile_names(settings), broker)
    took = []
    async with running(broker), listening(port, "lamp/set") as (_, told):
        for at in range(ORDERS):
            began = time.perf_counter()
            await hands.tell([lamp], Action.ON)
            await told.until(lambda all_, at=at: len(all_) > at)  # type: ignore[misc]
            took.append((time.perf_counter() - began) * 1000)
    return took


async def _service() -> list[float]:
    house = flat()
    took = []
    async with pretended(house):
        assistant = Assistant(house.address, TOKEN)
        task = asyncio.create_task(assistant.run())
        await assistant.up.wait()
        devices = {d.topic: d for d in (await exposed.learn(assistant.ask)).devices}
        settings = config.Config()
        hands = Home(settings, compile_names(settings), None, assistant)
        for _ in range(ORDERS):
            began = time.perf_counter()
            await hands.tell([devices["light.hall"]], Action.ON)
            took.append((time.perf_counter() - began) * 1000)
        await end(task)
    return took


async def _silenced(port: int, key: str, *, listens: bool) -> int:
    """Commands of COMMANDS that a client silences which answers every waking with the best score,
    under a name of its own and with what the speaker itself had signed; `listens`: and tells that
    it listens, as a speaker would.
    """
    broker = Broker(home(port), PASSWORD, "kitchen")
    speakers = Speakers(broker, Topics("keepmum", "kitchen"), lambda seconds: None, key)
    silent = 0
    async with running(broker), neighbour(port) as enemy:
        await enemy.publish("keepmum/zz/available", "online", retain=True)
        await enemy.subscribe("keepmum/kitchen/woke")

        async def mirror() -> None:
            async for message in enemy.messages:
                heard = json.loads(bytes(message.payload))
                claim = json.dumps({**heard, "score": 15, "after": {}})
                await enemy.publish("keepmum/zz/woke", claim)
                if listens:
                    await enemy.publish("keepmum/zz/state", '{"listening": true}')

        task = asyncio.create_task(mirror())
        while not speakers.peers:
            await asyncio.sleep(0.01)
        for number in range(COMMANDS):
            speakers.woke(number, 9)
            silent += not await speakers.mine(number)
            # the time in which a winner would listen, and its judgement
            await asyncio.sleep(1.5 * trust.PROOF_S)
        await end(task)
    return silent


def figures(folder: Path | None) -> dict[str, tuple[float, str]]:
    """All figures of this part, each with a note."""
    right, count = _states()
    trust.PROOF_S = 0.2  # nobody proves anything here, and nobody wants to wait for it
    with tempfile.TemporaryDirectory() as place, mosquitto(Path(place)) as port:
        by_mqtt = asyncio.run(_mqtt(port))
        keyed = asyncio.run(_silenced(port, "a key of this household", listens=True))
        silent = asyncio.run(_silenced(port, "", listens=False))
        forged = asyncio.run(_silenced(port, "", listens=True))
    by_service = asyncio.run(_service())
    return {
        "states_right": (right / count, f"{right} of {count} forms, written for this"),
        "order_ms_p95_mqtt": (percentile(by_mqtt, 95), f"n = {ORDERS}, order to message heard"),
        "order_ms_p95_service": (percentile(by_service, 95), f"n = {ORDERS}, simulated server"),
        "false_silence": (keyed, f"of {COMMANDS}, with a key; a client that answers and listens"),
        "false_silence_no_key": (silent, f"of {COMMANDS}, a client that answers every waking"),
        "false_silence_forged": (forged, f"of {COMMANDS}, no key; it tells that it listens, too"),
    }
