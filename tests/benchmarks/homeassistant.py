"""A real Home Assistant Core, told and read by the hands: make bench NAME=homeassistant.

What is right is what Home Assistant itself tells its owner over a line of the owner's: the state
that an order should lead to, or that nothing changed where an entity doesn't support it and the
speaker says so. Entities are those of its demo integration and of YAML as people write it; the
first run against it found three faults (orders that an entity doesn't take, players that play,
entities that aren't there), which were mended, so these figures show that it works with this Core
and nothing about integrations that weren't looked at.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from device import config
from device.config import Device
from device.hands.home import exposed, readings
from device.hands.home.actions import Action
from device.hands.home.homeassistant import Assistant
from device.hands.home.mqtt import end
from device.hands.home.states import Home, Outcome
from device.names import compile_names
from tests.benchmarks import assistantcore as core
from tests.benchmarks.harness import Goal, at_least, console, exactly, report
from tests.hands.home.brokers import PASSWORD, mosquitto

Row = dict[str, Any]
Check = Callable[[Row], bool]
MORE = """
input_boolean:
  guests: {name: Guests}
  vacation: {name: Vacation}
input_button:
  doorbell: {name: Doorbell}
input_number:
  shelf: {name: Shelf level, min: 0, max: 255}
script:
  leaving: {alias: Leaving, sequence: [{service: input_boolean.turn_on, target: {entity_id: input_boolean.vacation}}]}
scene:
  - {name: Movie night, entities: {light.bed_light: 'off'}}
template:
  - sensor:
      - {name: Pool temperature, unique_id: pool, unit_of_measurement: °C, device_class: temperature, state: '27.5'}
cover:
  - platform: template
    covers:
      study_blind:
        friendly_name: Study blind
        device_class: blind
        value_template: "{{ is_state('input_boolean.guests', 'on') }}"
        open_cover: {service: input_boolean.turn_on, target: {entity_id: input_boolean.guests}}
        close_cover: {service: input_boolean.turn_off, target: {entity_id: input_boolean.guests}}
"""  # fmt: skip  # noqa: E501
DOMAINS = (
    *("light", "switch", "fan", "cover", "lock", "climate", "humidifier", "siren", "valve"),
    *("water_heater", "vacuum", "media_player", "button", "sensor", "weather", "input_boolean"),
    *("input_button", "scene", "script"),
)
ON_OFF = (("ON", 0, "on"), ("OFF", 0, "off"))
GOALS: dict[str, Goal] = {
    "ha_entities": at_least(40),
    "ha_domains": at_least(12),
    "ha_entities_controlled": exactly(1),
    "ha_states_right": exactly(1),
    "ha_warnings": exactly(0),
}
PATIENCE_S = 40.0


def _is(*words: str) -> Check:
    return lambda row: row["state"] in words


def _told(key: str, value: float, within: float = 0.0) -> Check:
    return lambda row: abs((row["attributes"].get(key) or -99.0) - value) <= within


def _red(row: Row) -> bool:
    red, green, blue = row["attributes"].get("rgb_color") or (0, 0, 0)
    return bool(red > 200 and green < 60 and blue < 60)


def _pressed(before: str) -> Check:
    return lambda row: row["state"] not in (before, "unknown")


def wanted(row: Row) -> list[tuple[Action, int, bool, Check]]:
    """(order, its value, whether the entity supports it, what it should lead to), by the pages of
    Home Assistant's entities.
    """
    domain, about = row["entity_id"].partition(".")[0], row["attributes"]
    bits = about.get("supported_features") or 0
    modes = set(about.get("supported_color_modes") or [])
    warm = _tenths(about)
    many: dict[str, list[tuple[Action, int, bool, Check]]] = {
        "light": [
            (Action.BRIGHTNESS, 40, bool(modes - {"onoff"}), _told("brightness", 102, 1)),
            (Action.COLOR, 3, bool(modes & {"hs", "rgb", "xy", "rgbw", "rgbww"}), _red),
        ],
        "climate": [(Action.TEMPERATURE, warm, bool(bits & 1), _told("temperature", warm / 10))],
        "water_heater": [
            (Action.TEMPERATURE, warm, bool(bits & 1), _told("temperature", warm / 10, 0.5))
        ],
        "cover": [
            (Action.OPEN, 0, bool(bits & 1), _is("open")),
            (Action.CLOSE, 0, bool(bits & 2), _is("closed")),
        ],
        "lock": [
            (Action.UNLOCK, 0, True, _is("unlocked")),
            (Action.LOCK, 0, True, _is("locked", "jammed")),  # one of the demo's always jams
        ],
        "vacuum": [
            (Action.START, 0, bool(bits & 8192), _is("cleaning")),
            (Action.PAUSE, 0, bool(bits & 4), _is("paused")),
            (Action.STOP, 0, bool(bits & 8), _is("idle")),
            (Action.OFF, 0, bool(bits & 16), _is("returning", "docked")),
        ],
        "media_player": [
            (Action.PAUSE, 0, bool(bits & 1), _is("paused")),
            (Action.PLAY, 0, bool(bits & 16384), _is("playing")),
            (Action.STOP, 0, bool(bits & 4096), _is("off", "idle")),
        ],
        "button": [(Action.RUN, 0, True, _pressed(row["state"]))],
        "script": [(Action.RUN, 0, True, lambda row: bool(row["attributes"]["last_triggered"]))],
    }
    many |= {"valve": many["cover"]} | dict.fromkeys(("input_button", "scene"), many["button"])
    return many.get(domain, []) + _switched(domain, bits)


def _switched(domain: str, bits: int) -> list[tuple[Action, int, bool, Check]]:
    need = {
        **dict.fromkeys(("light", "switch", "input_boolean", "humidifier"), (0, 0)),
        **{"fan": (32, 16), "siren": (1, 2), "climate": (256, 128), "water_heater": (8, 8)},
        "media_player": (128, 256),
    }.get(domain)
    if need is None:
        return []
    runs: Check = lambda row: row["state"] not in ("off", "unavailable", "unknown")  # noqa: E731
    return [
        (Action.OFF, 0, bits & need[1] == need[1], _is("off")),
        (Action.ON, 0, bits & need[0] == need[0], runs),
    ]


def _tenths(about: Row) -> int:
    """A temperature that it isn't at now, within its bounds, in tenths of a degree."""
    low, high = float(about.get("min_temp") or 0), float(about.get("max_temp") or 30)
    middle = round((low + high) / 2)
    return 10 * (middle + 1 if about.get("temperature") == middle else middle)


async def _furnish(me: core.Owner) -> list[str]:
    """Floors, areas with aliases, and what is exposed; the entities that are."""
    floor = await me.ask("config/floor_registry/create", name="Upstairs", aliases=["first floor"])
    areas = []
    for name in ("Study", "Nursery", "Workshop"):
        told = {"name": name, "floor_id": floor["floor_id"], "aliases": [f"the {name.lower()}"]}
        areas.append((await me.ask("config/area_registry/create", **told))["area_id"])
    there = [e for e in sorted(await me.states()) if e.partition(".")[0] in DOMAINS]
    there = [e for e in there if not e.startswith(("sensor.sun_", "sensor.backup_"))]
    registered = {row["entity_id"] for row in await me.ask("config/entity_registry/list")}
    for at, entity in enumerate(there):
        if entity in registered:
            about = {"area_id": areas[at % 3], "aliases": [f"alias {at}"]}
            await me.ask("config/entity_registry/update", entity_id=entity, **about)
    everything = sorted(await me.states())
    for entities, to in ((everything, False), (there, True)):
        await me.ask(
            "homeassistant/expose_entity",
            assistants=["conversation"], entity_ids=entities, should_expose=to,
        )  # fmt: skip
    return there


async def _reaches(me: core.Owner, entity: str, check: Check) -> bool:
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while loop.time() < until:
        if check((await me.states())[entity]):
            return True
        await asyncio.sleep(0.5)
    return False


async def _reads(hands: Home, device: Device, row: Row) -> bool:
    """Whether the hands read from what they were told what Home Assistant says."""
    payload = hands.state(device)
    if payload is None:
        return row["state"] in ("unknown", "unavailable")
    state, about, domain = row["state"], row["attributes"], row["entity_id"].partition(".")[0]
    if domain in ("cover", "valve"):
        return readings.is_open(device, payload) is (state != "closed")
    if domain == "lock":
        said = {"locked": True, "unlocked": False}.get(state)
        return readings.is_locked(device, payload) is said
    if domain in ("climate", "weather", "water_heater"):
        told = about.get("current_temperature" if domain != "weather" else "temperature")
        measured = hands.temperature(device)
        fits = measured == told if told is None or measured is None else abs(measured - told) < 0.1
        return fits and (domain == "weather" or readings.is_on(device, payload) is (state != "off"))
    if domain == "sensor":
        word = readings.state_word(device, payload)
        return word == state or (word is None and state in ("unknown", "unavailable"))
    if domain in ("vacuum", "button", "input_button", "scene", "script"):
        return readings.state_word(device, payload) in (state, None)
    right = readings.is_on(device, payload) is (state != "off")
    level = about.get("brightness")
    return right and (not level or hands.brightness(device) == round(level * 100 / 255))


async def _read(me: core.Owner, hands: Home, device: Device) -> bool:
    for _ in range(40):
        if await _reads(hands, device, (await me.states())[device.topic]):
            return True
        await asyncio.sleep(0.25)
    return False


async def _one(me: core.Owner, hands: Home, device: Device) -> tuple[list[str], list[bool]]:
    """What went wrong with the orders of one entity, and whether each state was read rightly."""
    wrong: list[str] = []
    read = [await _read(me, hands, device)]
    for action, value, can, check in wanted((await me.states())[device.topic]):
        outcome = await hands.tell([device], action, value)
        if not can:
            if outcome is not Outcome.CANNOT:
                wrong.append(f"{device.topic} {action.name}: {outcome.name}, unsupported")
        elif outcome is not Outcome.DONE or not await _reaches(me, device.topic, check):
            row = (await me.states())[device.topic]
            wrong.append(f"{device.topic} {action.name} {value}: {outcome.name}, {row['state']}")
        read.append(await _read(me, hands, device))
    if not all(read):
        row = (await me.states())[device.topic]
        wrong.append(f"{device.topic} is read as {hands.state(device)!r} and is {row['state']}")
    return wrong, read


async def _control(port: int, token: str) -> dict[str, tuple[float, str]]:
    async with core.visit(port, token) as me:
        await me.runs()
        there = await _furnish(me)
        assistant = Assistant(f"http://127.0.0.1:{port}", token)
        task = asyncio.create_task(assistant.run())
        await asyncio.wait_for(assistant.up.wait(), 30)
        learnt = await exposed.learn(assistant.ask)
        await end(task)
        assistant = Assistant(f"http://127.0.0.1:{port}", token)
        settings = config.Config(home=config.Home(device=learnt.devices))
        hands = Home(settings, compile_names(settings), None, assistant)
        task = asyncio.create_task(assistant.run())
        await asyncio.wait_for(assistant.up.wait(), 30)
        # a scene or a script moves others: alone, after them
        quiet = [d for d in learnt.devices if d.kind not in ("scene", "script")]
        quiet = [d for d in quiet if d.topic != "cover.study_blind"]
        ends = await asyncio.gather(*(_one(me, hands, device) for device in quiet))
        for device in (d for d in learnt.devices if d not in quiet):
            ends.append(await _one(me, hands, device))
        await end(task)
    wrong = [line for lines, _ in ends for line in lines]
    for line in (*wrong, *(f"left out: {name}: {why}" for name, why in learnt.left_out)):
        console.print(f"[dim]{line}")
    domains = Counter(e.partition(".")[0] for e in there)
    bad = {line.split()[0] for line in wrong} | ({"?"} if _astray(learnt, there) else set())
    reads = [right for _, those in ends for right in those]
    return {
        "ha_entities": (len(there), f"learnt: {len(learnt.devices)}, areas: {len(learnt.rooms)}"),
        "ha_domains": (len(domains), ", ".join(sorted(domains))),
        "ha_entities_controlled": (1 - len(bad) / len(ends), f"of {len(ends)}, every order"),
        "ha_states_right": (sum(reads) / len(reads), f"of {len(reads)} readings"),
    }


def _astray(learnt: exposed.Exposed, there: list[str]) -> bool:
    """Whether anything exposed was neither learnt nor named as left out, or lacks its room."""
    known = len(learnt.devices) + len(learnt.left_out)
    rooms = {d.room for d in learnt.devices if d.spoken}
    return known != len(there) or not rooms <= {"Study", "Nursery", "Workshop"}


def warnings(log: Path) -> list[str]:
    """Lines of its log above information, without what it says of itself while it starts."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
    lines = [line for line in text.splitlines() if re.search(r" (WARNING|ERROR|CRITICAL) ", line)]
    return [line for line in lines if not any(known in line for known in ITS_OWN)]


ITS_OWN = (
    *("homeassistant.bootstrap]", "aiohttp_fast_zlib]", "camera.img_util]", "[haffmpeg"),
    *("deprecated", "is taking over 10 seconds", "Updating state for sensor.sun"),
)
"""What this Core says here without any speaker: no pip, no fast zlib, no turbojpeg, no ffmpeg, and
that this machine is slow.
"""


async def _figures(folder: Path, broker: int) -> dict[str, tuple[float, str]]:
    with core.running(folder, MORE) as (port, log):
        await core.awake(port)
        token = await core.owner(port)
        account = {"username": "keepmum", "password": PASSWORD}
        await core.join_broker(port, token, {"broker": "127.0.0.1", "port": broker, **account})
        made = await _control(port, token)
        found = warnings(log)
        for line in found:
            console.print(f"[dim]{line[:200]}")
        return made | {"ha_warnings": (len(found), f"in its log, Core {core.VERSION}")}


def main() -> bool:
    """Run it and report; False where there is no Python for it."""
    if core.interpreter() is None:
        return False
    with tempfile.TemporaryDirectory() as place, mosquitto(Path(place)) as broker:
        folder = Path(place, "core")
        folder.mkdir()
        made = asyncio.run(_figures(folder, broker))
    figures = {name: value for name, (value, _) in made.items()}
    return report("homeassistant", figures, GOALS, {n: note for n, (_, note) in made.items()})
