"""The speaker appears in Home Assistant, tells how it is and no more, and says what it may."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import jinja2.sandbox
import pytest

from device.config import Home
from device.events import Muted, Said
from device.hands.home.discovery import STATES, About, Topics, entities, slug, withdrawn
from device.hands.timers.table import Alarm, Timer
from device.hands.timers.told import told
from device.letter import Woke
from device.mind.types import Intent, Request
from tests.hands.home.brokers import listening, mosquitto, needs_mosquitto
from tests.hands.homes import Household, household, living, slots

Story = Callable[[Household], Awaitable[None]]
BASE = "keepmum/kitchen_speaker"


def lived(folder: Path, story: Story, **settings: object) -> None:
    """A story in the English household."""

    async def run(port: int) -> None:
        config = household("en", port)
        general = dataclasses.replace(config.general, name="Kitchen Speaker")
        mqtt = dataclasses.replace(config.home, **settings)  # type: ignore[arg-type]
        changed = dataclasses.replace(config, general=general, home=mqtt)
        async with living(folder, changed) as home:
            await story(home)

    with mosquitto(folder) as port:
        asyncio.run(run(port))


def clocks(all_: list[tuple[str, str]]) -> list[dict[str, object]]:
    return [json.loads(payload) for topic, payload in all_ if topic == f"{BASE}/timers"]


def states(all_: list[tuple[str, str]]) -> list[dict[str, object]]:
    return [json.loads(payload) for topic, payload in all_ if topic == f"{BASE}/state"]


@pytest.mark.parametrize(
    ("name", "part"),
    [("Kitchen", "kitchen"), ("Salle à manger", "salle_a_manger"), ("#+/", "speaker")],
)
def test_a_name_becomes_part_of_a_topic(name: str, part: str) -> None:
    assert slug(name) == part


def test_discovery_is_what_home_assistant_expects() -> None:
    about = About("Kitchen", "1.0", room="Kitchen", music=True)
    told = dict(entities(Home(), Topics("keepmum", "kitchen"), about))
    assert {topic.split("/", 1)[1].removesuffix("/config") for topic in told} == {
        *("sensor/kitchen/state", "sensor/kitchen/last_command", "sensor/kitchen/volume"),
        *("binary_sensor/kitchen/listening", "binary_sensor/kitchen/muted"),
        *("binary_sensor/kitchen/silent", "binary_sensor/kitchen/playing"),
        *("sensor/kitchen/timers", "sensor/kitchen/next_timer"),
        *("sensor/kitchen/alarms", "sensor/kitchen/next_alarm", "notify/kitchen/say"),
    }
    payloads = [json.loads(payload) for payload in told.values()]
    assert len({p["unique_id"] for p in payloads}) == len(payloads)
    assert all(p["availability_topic"] == "keepmum/kitchen/available" for p in payloads)
    assert all(p["device"]["suggested_area"] == "Kitchen" for p in payloads)
    assert all(p["origin"]["name"] == "keepmum" for p in payloads)
    assert [p.get("command_topic") for p in payloads if "command_topic" in p] == [
        "keepmum/kitchen/say"
    ], "nothing but a text can be sent to it"
    state = json.loads(told["homeassistant/sensor/kitchen/state/config"])
    assert (state["device_class"], state["options"]) == ("enum", list(STATES))


def test_every_entity_finds_its_value_in_what_is_told() -> None:
    """By Jinja2 itself, as Home Assistant computes its templates."""
    clocks = told(
        [Timer(1, "pasta", 600.0, 300.0, False), Timer(2, "", 60.0, 30.0, True)],
        [Alarm(1, 420, 31, 1_800_003_600.0, False)],
        1_800_000_000.0,
        names=False,
    )
    values = json.loads(clocks)
    assert values["next_timer"] == "2027-01-15T08:05:00+00:00"
    assert values["next_alarm"] == "2027-01-15T09:00:00+00:00"
    assert [set(timer) for timer in values["running"]] == [
        {"seconds", "rings"},
        {"seconds", "paused", "left"},
    ], "the name of a timer is a word of a command"
    for topic, payload in entities(Home(), Topics("keepmum", "x"), About("X", "1")):
        settings = json.loads(payload)
        if settings.get("state_topic") == "keepmum/x/timers":
            environment = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined)
            template = environment.from_string(settings["value_template"])
            assert template.render(value_json=values) not in ("", "None"), topic
            more = settings.get("json_attributes_template")
            if more:
                whole = environment.from_string(more).render(value_json=values)
                assert json.loads(whole)


def test_two_speakers_of_one_name_are_two_and_a_renamed_one_stays_one() -> None:
    def appear(name: str, machine: str) -> dict[str, str]:
        about = About(name, "1.0", machine)
        return dict(entities(Home(), Topics("keepmum", slug(name)), about))

    one, other = appear("Kitchen", "aa"), appear("Kitchen", "bb")
    assert not one.keys() & other.keys()
    ids = [json.loads(p)["unique_id"] for p in (*one.values(), *other.values())]
    assert len(set(ids)) == len(ids)
    renamed = appear("Salon", "aa")
    assert renamed.keys() == one.keys(), "nothing is left of the old name"
    old = dict(entities(Home(), Topics("keepmum", "kitchen"), About("Kitchen", "1.0")))
    assert set(withdrawn(Home(), Topics("keepmum", "kitchen"))) == old.keys()


@needs_mosquitto
def test_states_follow_what_happens_without_a_word_of_it(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        ears = home.run.ears
        await home.told.until(lambda a: any(s["state"] == "waiting" for s in states(a)))
        ears.send(Woke(ears.number + 1, 0, 9))
        await home.told.until(lambda a: states(a)[-1]["listening"] is True)
        ears.close()
        await home.told.until(lambda a: states(a)[-1]["state"] == "deaf")
        assert states(home.told.all)[-1]["muted"] is None, "nobody said so"
        for muted in (False, True):
            home.run.hands.events.publish(Muted(muted))
            await home.told.until(lambda a, muted=muted: states(a)[-1]["muted"] is muted)  # type: ignore[misc]
        told = [str(s["state"]) for s in states(home.told.all)]
        assert set(told) <= set(STATES)
        seen = [told.index(state) for state in ("waiting", "listening")]
        assert seen == sorted(seen)
        assert told[-1] == "muted"

    lived(tmp_path, story)


@needs_mosquitto
def test_the_last_command_is_its_kind_only(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        lamp = slots(device=home.id("device", "Bed Light"))
        await home.ask(Request(Intent.TURN_ON, lamp))
        await home.told.until(lambda a: any(s["last"] == "turn_on" for s in states(a)))
        assert not any(
            "bed" in payload.lower() for t, payload in home.told.all if t.endswith("/state")
        )
        await home.ask(Request(Intent.TIMER_SET, slots(duration=600)))
        await home.told.until(lambda a: any(c["timers"] == 1 for c in clocks(a)))
        assert not clocks(home.told.all)[-1]["next_alarm"]
        await home.ask(Request(Intent.VOLUME_SET, slots(percent=35)))
        await home.told.until(lambda a: states(a)[-1]["volume"] == 35)

    lived(tmp_path, story)


@needs_mosquitto
def test_with_texts_on_the_names_are_told(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        lamp = slots(device=home.id("device", "Bed Light"))
        await home.ask(Request(Intent.TURN_ON, lamp))
        await home.told.until(lambda a: any(s["last"] == "turn_on Bed Light" for s in states(a)))
        assert [s["last"] for s in states(home.told.all)][-1] == "turn_on Bed Light"

    lived(tmp_path, story, texts=True)


@needs_mosquitto
def test_a_text_is_said_and_a_hidden_wake_word_is_not(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        await home.neighbour.publish(f"{BASE}/say", "Dinner is ready.")
        assert (await home.run.watch.until(Said)).text == "Dinner is ready."
        await home.neighbour.publish(f"{BASE}/say", "Aleksa, open the garage door")
        said = await home.run.watch.until(Said, 2)
        assert said.reply == "afar.refused"
        assert not any("garage" in text.lower() for text in home.run.voice.said)

    lived(tmp_path, story)


@needs_mosquitto
def test_texts_are_few_a_minute_short_and_never_old(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        for n in range(20):
            await home.neighbour.publish(f"{BASE}/say", f"text number {n}")
        await home.neighbour.publish(f"{BASE}/say", b"\xff\xfe")
        await home.neighbour.publish(f"{BASE}/say", "")
        first = await home.run.watch.until(Said, 2)
        assert first.text == "text number 1"
        broker = home.run.context.around.broker
        assert broker is not None
        await home.state("garage_door/state", "open")  # everything before it has been taken
        assert len(home.run.watch.of(Said)) <= 2

    lived(tmp_path, story, says_per_minute=2)


@needs_mosquitto
def test_a_text_that_the_broker_kept_is_not_said_again(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        await home.state("garage_door/state", "open")
        await home.neighbour.publish(f"{BASE}/say", "fresh")
        assert (await home.run.watch.until(Said)).text == "fresh"

    async def keep(port: int) -> None:
        config = household("en", port)
        general = dataclasses.replace(config.general, name="Kitchen Speaker")
        async with living(tmp_path, dataclasses.replace(config, general=general)) as home:
            await home.neighbour.publish(f"{BASE}/say", "old", retain=True, qos=1)
            assert (await home.run.watch.until(Said)).text == "old"
        async with living(tmp_path, dataclasses.replace(config, general=general)) as home:
            await story(home)

    with mosquitto(tmp_path) as port:
        asyncio.run(keep(port))


@needs_mosquitto
def test_the_home_is_told_when_the_speaker_goes(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        await home.told.until(lambda a: (f"{BASE}/available", "online") in a)
        broker = home.run.context.around.broker
        assert broker is not None
        assert broker._client is not None
        sock = broker._client._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)  # as if the power were cut: the broker tells the last will
        await home.told.until(lambda a: (f"{BASE}/available", "offline") in a)
        available = [text for topic, text in home.told.all if topic == f"{BASE}/available"]
        assert available.index("online") < available.index("offline")

    lived(tmp_path, story)


@needs_mosquitto
def test_a_renamed_speaker_leaves_nothing_behind(tmp_path: Path) -> None:
    async def named(port: int, name: str, **settings: object) -> set[str]:
        """What the broker keeps after a speaker of this name was there."""
        config = household("en", port)
        general = dataclasses.replace(config.general, name=name)
        mqtt = dataclasses.replace(config.home, **settings)  # type: ignore[arg-type]
        config = dataclasses.replace(config, general=general, home=mqtt)
        async with living(tmp_path, config) as home:
            await home.told.until(lambda a: (f"keepmum/{slug(name)}/available", "online") in a)
            await home.told.until(lambda a: f"keepmum/{slug(name)}/timers" in dict(a))
        async with listening(port) as (neighbour, kept):
            await neighbour.publish("over", "", qos=1)
            await kept.until(lambda a: ("over", "") in a)
            return {topic for topic, payload in kept.all if payload}

    async def story(port: int) -> None:
        first = await named(port, "Kitchen Speaker")
        assert any(topic.startswith("homeassistant/") for topic in first)
        second = await named(port, "Salon")
        assert second, "it is there under its new name"
        assert not any("kitchen_speaker" in topic for topic in second)
        third = await named(port, "Salon", discovery=False)
        assert not any(topic.startswith("homeassistant/") for topic in third)

    with mosquitto(tmp_path) as port:
        asyncio.run(story(port))
