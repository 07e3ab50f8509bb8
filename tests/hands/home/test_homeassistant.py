"""Home Assistant itself: what was exposed is learnt, followed and told, and nothing else is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from device import config
from device.config import Device
from device.hands.home import exposed
from device.hands.home.actions import Action
from device.hands.home.devices import orders
from device.hands.home.homeassistant import Assistant, socket_address
from device.hands.home.mqtt import end
from device.hands.home.services import SCHEME
from device.hands.home.states import Home, Outcome
from device.names import compile_names
from tests.hands.home.assistants import TOKEN, Pretended, pretended, until


def flat() -> Pretended:
    home = Pretended(
        {
            "light.hall": (
                "on",
                {"friendly_name": "Hall lamp", "supported_color_modes": ["xy"], "brightness": 128},
            ),
            "light.dumb": ("off", {"friendly_name": "Pantry", "supported_color_modes": ["onoff"]}),
            "switch.kettle": ("off", {"friendly_name": "Kettle"}),
            "input_boolean.guests": ("off", {"friendly_name": "Guests"}),
            "fan.bed": ("off", {"friendly_name": "Bed fan"}),
            "cover.blind": ("closed", {"friendly_name": "Left blind", "device_class": "blind"}),
            "valve.garden": ("closed", {"friendly_name": "Garden water"}),
            "lock.door": ("locked", {"friendly_name": "Back door"}),
            "climate.bath": (
                "heat",
                {
                    "friendly_name": "Bath",
                    "current_temperature": 21.5,
                    "temperature": 22,
                    "min_temp": 7,
                    "max_temp": 30,
                },
            ),
            "vacuum.bob": ("docked", {"friendly_name": "Bob"}),
            "media_player.tv": ("off", {"friendly_name": "TV"}),
            "scene.movie": ("x", {"friendly_name": "Movie night"}),
            "script.leave": ("off", {"friendly_name": "Leaving"}),
            "button.bell": ("x", {"friendly_name": "Bell"}),
            "sensor.hall": (
                "20.1",
                {
                    "friendly_name": "Hall warmth",
                    "device_class": "temperature",
                    "unit_of_measurement": "°C",
                },
            ),
            "weather.home": ("sunny", {"friendly_name": "Outside", "temperature": 12.5}),
            "camera.yard": ("idle", {"friendly_name": "Yard"}),
        }
    )
    home.areas = [{"area_id": "hall", "name": "Hall", "aliases": ["corridor"], "floor_id": "down"}]
    home.floors = [{"floor_id": "down", "name": "Downstairs", "aliases": [], "level": 0}]
    home.devices = [{"id": "d1", "area_id": "hall", "name": "Lamp"}]
    home.entries = {"light.hall": {"device_id": "d1", "name": None, "aliases": ["ceiling lamp"]}}
    return home


@asynccontextmanager
async def joined(home: Pretended, *devices: Device) -> AsyncIterator[Home]:
    """The hands' home, in touch with a pretended Home Assistant."""
    assistant = Assistant(home.address, TOKEN)
    settings = config.Config(home=config.Home(home_assistant=home.address, device=devices))
    hands = Home(settings, compile_names(settings), None, assistant)
    task = asyncio.create_task(assistant.run())
    try:
        async with asyncio.timeout(10):
            await assistant.up.wait()
        yield hands
    finally:
        await end(task)


async def learnt(home: Pretended) -> exposed.Exposed:
    assistant = Assistant(home.address, TOKEN)
    task = asyncio.create_task(assistant.run())
    try:
        async with asyncio.timeout(10):
            await assistant.up.wait()
        return await exposed.learn(assistant.ask)
    finally:
        await end(task)


def test_what_is_exposed_is_learnt_with_rooms_floors_and_aliases() -> None:
    home = flat()
    home.exposed.remove("switch.kettle")

    async def story() -> None:
        async with pretended(home):
            found = await learnt(home)
        devices = {device.topic: device for device in found.devices}
        assert "switch.kettle" not in devices, "it isn't exposed"
        lamp = devices["light.hall"]
        assert (lamp.name, lamp.room, lamp.spoken) == ("Hall lamp", "Hall", ("ceiling lamp",))
        assert (lamp.color, devices["light.dumb"].dimmable) == ("rgb", False)
        assert devices["cover.blind"].kind == "blind"
        assert [(r.name, r.spoken, r.floor) for r in found.rooms] == [
            ("Hall", ("corridor",), "Downstairs")
        ]
        assert [floor.name for floor in found.floors] == ["Downstairs"]
        assert [name for name, _ in found.left_out] == ["Yard"], "a camera is told nothing"

    asyncio.run(story())


CALLS: list[tuple[str, Action, int, str, dict[str, Any]]] = [
    ("light.hall", Action.ON, 0, "turn_on", {}),
    ("light.hall", Action.BRIGHTNESS, 40, "turn_on", {"brightness_pct": 40}),
    ("light.hall", Action.COLOR, 3, "turn_on", {"rgb_color": [255, 0, 0]}),
    ("input_boolean.guests", Action.ON, 0, "turn_on", {}),
    ("fan.bed", Action.OFF, 0, "turn_off", {}),
    ("cover.blind", Action.OPEN, 0, "open_cover", {}),
    ("valve.garden", Action.CLOSE, 0, "close_valve", {}),
    ("lock.door", Action.LOCK, 0, "lock", {}),
    ("climate.bath", Action.TEMPERATURE, 215, "set_temperature", {"temperature": 21.5}),
    ("vacuum.bob", Action.OFF, 0, "return_to_base", {}),
    ("media_player.tv", Action.PAUSE, 0, "media_pause", {}),
    ("scene.movie", Action.RUN, 0, "turn_on", {}),
    ("script.leave", Action.RUN, 0, "turn_on", {}),
    ("button.bell", Action.RUN, 0, "press", {}),
]


def test_every_domain_is_told_by_its_own_service() -> None:
    home = flat()

    async def story() -> None:
        async with pretended(home):
            devices = {d.topic: d for d in (await learnt(home)).devices}
            async with joined(home, *devices.values()) as hands:
                for entity, action, value, _, _ in CALLS:
                    assert await hands.tell([devices[entity]], action, value) is Outcome.DONE
                dumb = devices["light.dumb"]
                assert await hands.tell([dumb], Action.BRIGHTNESS, 5) is Outcome.CANNOT
                assert await hands.tell([devices["climate.bath"]], Action.TEMPERATURE, 350) is (
                    Outcome.CANNOT
                ), "it takes 30 degrees at most"
                home.refuses.add("lock")
                assert await hands.tell([devices["lock.door"]], Action.LOCK) is Outcome.CANNOT
        expected = [(e, e.split(".")[0], service, data) for e, _, _, service, data in CALLS]
        assert home.called == expected

    asyncio.run(story())


def test_states_are_followed_and_old_news_is_no_news() -> None:
    home = flat()

    async def story() -> None:
        async with pretended(home):
            devices = {d.topic: d for d in (await learnt(home)).devices}
            async with joined(home, *devices.values()) as hands:
                bath, hall = devices["climate.bath"], devices["light.hall"]
                await until(lambda: hands.temperature(bath) == 21.5)
                assert hands.brightness(hall) == 50
                assert hands.temperature(devices["sensor.hall"]) == 20.1
                assert hands.temperature(devices["weather.home"]) == 12.5
                await home.change("climate.bath", "off", current_temperature=19.0)
                await until(lambda: hands.temperature(bath) == 19.0)
                state = hands.state(bath)
                assert state is not None
                assert set(json.loads(state)) == {"state", "current_temperature", "temperature"}
                assert hands.assistant is not None
                for line, _, _ in home.lines:
                    line.transport.abort()
                await until(lambda: hands.assistant is not None and hands.assistant.life == 2)

    asyncio.run(story())


def test_a_wrong_token_is_named_and_not_asked_with_again_and_again() -> None:
    home = flat()

    async def story() -> None:
        async with pretended(home):
            assistant = Assistant(home.address, "stolen")
            task = asyncio.create_task(assistant.run())
            await until(lambda: "token" in assistant.why)
            assert not assistant.connected
            assert not await assistant.publish(
                SCHEME + "light.hall", json.dumps({"domain": "light"})
            )
            await end(task)

    asyncio.run(story())


@pytest.mark.parametrize(
    "message",
    ["", "[]", "{", "5", '{"id": 1}', '{"type": "event", "id": 1, "event": {"a": {"x": {"a": 5}}}}',
     '{"id": 1, "type": "event", "event": {"c": {"light.hall": {"-": {"a": [5]}, "+": 7}}}}',
     '{"id": 1, "type": "event", "event": {"r": [5, "light.hall"], "a": []}}', "x" * 5_000_000],
    ids=range(9),
)  # fmt: skip
def test_a_message_out_of_its_mind_costs_a_connection_at_most(message: str) -> None:
    home = flat()

    async def story() -> None:
        async with pretended(home):
            lamp = Device("Hall", (), "light", "", "homeassistant", "light.hall")
            async with joined(home, lamp) as hands:
                await until(lambda: bool(home.lines))
                await home.lines[0][0].send(message)
                await home.change("light.hall", "off")
                await until(lambda: b'"off"' in (hands.state(lamp) or b""))
                assert 1 <= len(home.lines) <= 2

    asyncio.run(story())


def test_addresses_and_orders_are_plain() -> None:
    assert socket_address("http://ha.local:8123/") == "ws://ha.local:8123/api/websocket"
    assert socket_address("https://ha.example") == "wss://ha.example/api/websocket"
    camera = Device("Yard", (), "switch", "", "homeassistant", "camera.yard")
    assert orders(camera, Action.ON) == ()
