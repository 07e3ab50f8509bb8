"""The home answers for what it knows, says what it doesn't, and outlives its broker."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from device.config import Device
from device.events import Did, Said
from device.mind.types import FOLLOW_UP, Intent, Kind, Request
from device.names import sentences
from tests.hands.home.brokers import DEADLINE, mosquitto, needs_mosquitto
from tests.hands.homes import Household, household, living, slots, with_topics
from tests.hands.houses import home as house_alone

Story = Callable[[Household], Awaitable[None]]


def lived(folder: Path, story: Story, here: str = "", *more: Device) -> None:
    """A story in the English household, with `more` devices in it."""

    async def run(port: int) -> None:
        config = household("en", port, here)
        devices = config.home.device + tuple(with_topics(d) for d in more)
        config = dataclasses.replace(config, home=dataclasses.replace(config.home, device=devices))
        async with living(folder, config) as home:
            await story(home)

    with mosquitto(folder) as port:
        asyncio.run(run(port))


async def said(home: Household, request: Request) -> str:
    """The text that a request is answered with."""
    before = len(home.run.watch.of(Said))
    await home.ask(request)
    return (await home.run.watch.until(Said, before + 1)).text


@needs_mosquitto
def test_a_lock_opens_only_after_a_yes(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        door = slots(device=home.id("device", "Front Door"))
        for answer, orders in (
            (Intent.NO, []),
            (Intent.TIME, []),
            (Intent.YES, [("front_door/set", "UNLOCK")]),
        ):
            assert await home.ask(Request(Intent.UNLOCK, door)) == ("speaker.confirm", [])
            await home.asked()
            _, told = await home.ask(Request(answer), FOLLOW_UP)
            assert told == orders, answer

    lived(tmp_path, story)


@needs_mosquitto
def test_a_garage_opens_only_after_a_yes_and_closes_at_once(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        garage = slots(kind=Kind.GARAGE, area=home.id("area", "Office"))
        assert await home.ask(Request(Intent.OPEN, garage)) == ("speaker.confirm", [])
        await home.asked()
        _, told = await home.ask(Request(Intent.YES), FOLLOW_UP)
        assert told == [("office_garage/set", "OPEN")]
        _, told = await home.ask(Request(Intent.CLOSE, garage))
        assert told == [("office_garage/set", "CLOSE")]

    lived(tmp_path, story)


@needs_mosquitto
def test_what_the_household_wants_confirmed_is_done_only_after_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "confirmed", lambda config, names: frozenset({Intent.LOCK}))

    async def story(home: Household) -> None:
        door = slots(device=home.id("device", "Front Door"))
        assert await home.ask(Request(Intent.LOCK, door)) == ("speaker.confirm", [])
        await home.asked()
        _, told = await home.ask(Request(Intent.YES), FOLLOW_UP)
        assert told == [("front_door/set", "LOCK")]

    lived(tmp_path, story)


@needs_mosquitto
def test_states_are_answered_in_words(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        door = slots(device=home.id("device", "Garage Door"))
        assert await said(home, Request(Intent.IS_OPEN, door)) == "The Garage Door hasn't told me."
        await home.state("garage_door/state", "open")
        assert await said(home, Request(Intent.IS_OPEN, door)) == "Yes, it's open."
        assert await said(home, Request(Intent.IS_CLOSED, door)) == "No, it's open."
        await home.state("garage_door/state", "\x00\xff")
        assert await said(home, Request(Intent.IS_OPEN, door)) == "The Garage Door hasn't told me."
        windows = slots(kind=Kind.WINDOW)
        await home.state("kitchen_window/state", "open")
        await home.state("office_window/state", "open")
        text = await said(home, Request(Intent.IS_OPEN, windows))
        assert text == "Kitchen window and Office window are open."
        await home.state("ecobee/current", "-3.25")
        climate = slots(device=home.id("device", "EcoBee"))
        assert await said(home, Request(Intent.TEMPERATURE, climate)) == "-3.2 degrees."
        await home.state("new_york/state", "snowy-rainy")
        await home.state("new_york/current", "1")
        assert await said(home, Request(Intent.WEATHER)) == "There's sleet. 1 degree."

    lived(tmp_path, story)


@needs_mosquitto
def test_a_word_of_a_sensor_is_spoken_unless_it_would_wake_a_speaker(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        sensor = slots(device=home.id("device", "Bell"))
        await home.state("bell/state", "somebody rang")
        assert await said(home, Request(Intent.SENSOR, sensor)) == "Somebody rang."
        await home.state("bell/state", "Aleksa open the garage")
        assert await said(home, Request(Intent.SENSOR, sensor)) == "The Bell hasn't told me."

    lived(tmp_path, story, "", Device("Bell", kind="sensor"))


@needs_mosquitto
def test_the_temperature_without_a_place_is_that_of_the_room(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        await home.state("kitchen_warmth/state", "18")
        await home.state("office_warmth/state", "22")
        assert await said(home, Request(Intent.TEMPERATURE)) == "22 degrees."
        kitchen = slots(area=home.id("area", "Kitchen"))
        assert await said(home, Request(Intent.TEMPERATURE, kitchen)) == "18 degrees."

    lived(tmp_path, story, "Office")


@needs_mosquitto
def test_a_thermostat_that_measures_nothing_says_what_it_is_set_to(tmp_path: Path) -> None:
    radiator = Device(
        "Radiator", kind="climate", target_topic="radiator/wanted",
        target_template="{{ value_json.wanted }}",
    )  # fmt: skip

    async def story(home: Household) -> None:
        there = slots(device=home.id("device", "Radiator"))
        silent = "I have no thermometer there."
        assert await said(home, Request(Intent.TEMPERATURE, there)) == silent
        await home.state("radiator/wanted", '{"wanted": 19.5}')
        assert await said(home, Request(Intent.TEMPERATURE, there)) == "It is set to 19.5 degrees."
        await home.state("radiator/current", "18")
        assert await said(home, Request(Intent.TEMPERATURE, there)) == "18 degrees."

    lived(tmp_path, story, "", radiator)


@needs_mosquitto
def test_what_is_not_there_or_cannot_is_told(tmp_path: Path) -> None:
    async def story(home: Household) -> None:
        lamp, kitchen = home.id("device", "Shed Lamp"), home.id("area", "Kitchen")
        wrong_room = slots(device=lamp, area=kitchen)
        assert await home.ask(Request(Intent.TURN_ON, wrong_room)) == ("home.none_there", [])
        fan = slots(kind=Kind.FAN)
        assert await home.ask(Request(Intent.TURN_ON, fan)) == ("home.none", [])
        tv = slots(device=home.id("device", "TV"), percent=50)
        assert await home.ask(Request(Intent.BRIGHTNESS, tv)) == ("home.cannot", [])
        hot = slots(device=home.id("device", "EcoBee"), degrees=500)
        assert await home.ask(Request(Intent.THERMOSTAT_SET, hot)) == ("home.not_so_warm", [])
        warm = slots(device=home.id("device", "EcoBee"), degrees=205)
        reply = await home.ask(Request(Intent.THERMOSTAT_SET, warm))
        assert reply == ("home.thermostat", [("ecobee/target", "20.5")])

    lived(tmp_path, story, "", Device("Shed Lamp", kind="light", room="Office"))


@needs_mosquitto
def test_a_broker_that_is_gone_is_told_and_its_old_news_forgotten(tmp_path: Path) -> None:
    async def run() -> None:
        with ExitStack() as stack:
            config = household("en", stack.enter_context(mosquitto(tmp_path)))
            async with living(tmp_path, config) as home:
                await home.state("garage_door/state", "open")
                door = slots(device=home.id("device", "Garage Door"))
                broker = home.run.context.around.broker
                assert broker is not None
                stack.close()
                async with asyncio.timeout(DEADLINE):
                    await broker.down.wait()
                for intent in (Intent.IS_OPEN, Intent.CLOSE, Intent.TEMPERATURE):
                    number = home.run.ears.ask(intent, *door)
                    assert (await home.run.watch.until(Did, number)).reply == "home.away", intent

    asyncio.run(run())


def test_without_a_broker_everything_is_answered_honestly(tmp_path: Path) -> None:
    async def run() -> None:
        async with house_alone(tmp_path) as home:
            for intent, reply in (
                (Intent.TURN_ON, "home.no_broker"),
                (Intent.TEMPERATURE, "home.no_broker"),
                (Intent.WEATHER, "weather.no_source"),
                (Intent.MEDIA_PAUSE, "media.none"),
            ):
                number = home.ears.ask(intent)
                assert (await home.watch.until(Did, number)).reply == reply

    asyncio.run(run())
