"""What devices are told and what is read from them, for each style of topics."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Device
from device.hands.home import readings
from device.hands.home.actions import Action
from device.hands.home.devices import Order, orders
from device.mind.types import Color, Kind


def lamp(**settings: object) -> Device:
    return Device(name="Lamp", kind="light", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("device", "action", "value", "topic", "payload"),
    [
        (lamp(command_topic="l/set"), Action.ON, 0, "l/set", "ON"),
        (lamp(command_topic="l/set", off="0"), Action.OFF, 0, "l/set", "0"),
        (lamp(brightness_topic="l/b"), Action.BRIGHTNESS, 50, "l/b", "128"),
        (lamp(brightness_topic="l/b", brightness_scale=100), Action.BRIGHTNESS, 35, "l/b", "35"),
        (lamp(rgb_topic="l/rgb"), Action.COLOR, Color.ORANGE, "l/rgb", "255,128,0"),
        (lamp(style="tasmota", topic="l"), Action.OFF, 0, "cmnd/l/POWER", "OFF"),
        (lamp(style="tasmota", topic="l"), Action.BRIGHTNESS, 75, "cmnd/l/Dimmer", "75"),
        (lamp(style="tasmota", topic="l"), Action.COLOR, Color.RED, "cmnd/l/Color2", "255,0,0"),
    ],
)
def test_plain_orders(device: Device, action: Action, value: int, topic: str, payload: str) -> None:
    assert orders(device, action, value) == (Order(topic, payload),)


@pytest.mark.parametrize(
    ("device", "action", "value", "topic", "payload"),
    [
        (lamp(style="zigbee2mqtt", topic="z/l"), Action.ON, 0, "z/l/set", {"state": "ON"}),
        (
            lamp(style="zigbee2mqtt", topic="z/l"),
            Action.BRIGHTNESS,
            100,
            "z/l/set",
            {"state": "ON", "brightness": 254},
        ),
        (
            lamp(style="json", command_topic="l/set"),
            Action.BRIGHTNESS,
            0,
            "l/set",
            {"state": "OFF"},
        ),
        (
            lamp(style="json", command_topic="l/set"),
            Action.COLOR,
            Color.BLUE,
            "l/set",
            {"state": "ON", "color": {"r": 0, "g": 0, "b": 255}},
        ),
        (lamp(style="json", command_topic="l"), Action.COLOR, Color.BLACK, "l", {"state": "OFF"}),
        (
            Device(name="Heater", kind="climate", style="zigbee2mqtt", topic="z/h"),
            Action.TEMPERATURE,
            215,
            "z/h/set",
            {"occupied_heating_setpoint": 21.5},
        ),
    ],
)
def test_orders_in_json(
    device: Device, action: Action, value: int, topic: str, payload: dict[str, object]
) -> None:
    (order,) = orders(device, action, value)
    assert (order.topic, json.loads(order.payload)) == (topic, payload)


def test_every_kind_is_told_what_it_can_do_and_nothing_else() -> None:
    for kind in Kind:
        device = Device(
            name="it",
            kind=kind.name.lower(),
            command_topic="c",
            brightness_topic="b",
            rgb_topic="r",
            temperature_topic="t",
        )
        can = {action for action in Action if orders(device, action, 1)}
        match kind:
            case Kind.LIGHT:
                assert can == {Action.ON, Action.OFF, Action.BRIGHTNESS, Action.COLOR}
            case Kind.SWITCH | Kind.FAN:
                assert can == {Action.ON, Action.OFF}
            case Kind.LOCK:
                assert can == {Action.LOCK, Action.UNLOCK}
            case Kind.SCENE | Kind.SCRIPT:
                assert can == {Action.RUN}
            case Kind.CLIMATE:
                assert can == {Action.ON, Action.OFF, Action.TEMPERATURE}
            case Kind.SENSOR | Kind.WEATHER:
                assert not can
            case Kind.MEDIA_PLAYER:
                assert {Action.ON, Action.OFF, Action.PLAY, Action.NEXT} <= can
            case Kind.VACUUM:
                assert {Action.START, Action.OFF, Action.STOP} <= can
            case _:
                assert can == {Action.OPEN, Action.CLOSE}, kind


def test_a_device_without_a_topic_for_it_is_told_nothing() -> None:
    assert orders(lamp(command_topic="l"), Action.BRIGHTNESS, 50) == ()
    assert orders(lamp(style="zigbee2mqtt"), Action.ON) == ()


def test_states_are_read_in_each_style() -> None:
    door = Device(name="Door", kind="garage", state_topic="d")
    assert readings.is_open(door, b"open") is True
    assert readings.is_open(door, b"Closed") is False
    assert readings.is_open(door, b"opening") is True
    assert readings.is_open(door, b"on fire") is None
    lock = Device(name="Lock", kind="lock", style="zigbee2mqtt", topic="z/lock")
    assert readings.is_locked(lock, b'{"state": "LOCKED", "battery": 4}') is True
    assert readings.is_locked(lock, b'{"state": "UNLOCKED"}') is False
    assert readings.is_locked(lock, b'{"state": "JAMMED"}') is None
    assert readings.number_in(b'{"climate": {"temperature": 21.4}}', "climate.temperature") == 21.4
    assert readings.number_in(b"21.4") == 21.4


@pytest.mark.parametrize(
    "payload",
    [b"", b"nan", b"inf", b"1e400", b"12 34", b"\xff\xfe", b"9" * 5000, b"[" * 4000, b"null"],
)
def test_what_is_no_number_is_none(payload: bytes) -> None:
    assert readings.number_in(payload) is None
    assert readings.number_in(payload, "a.b") is None


@given(st.binary(max_size=200), st.sampled_from(["", "state", "a.b", "0"]))
def test_any_bytes_are_read_without_an_error(payload: bytes, key: str) -> None:
    word = readings.word_in(payload, key)
    assert word is None or len(word) <= readings.MAX_WORD
    door = Device(name="Door", kind="door", state_topic="d", state_key=key)
    assert readings.is_open(door, payload) in (True, False, None)
