"""Devices that announced themselves to Home Assistant become settings; nonsense becomes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import DEVICE_KINDS, Device
from device.hands.home import announced

ZIGBEE_LAMP = {
    "name": None,
    "schema": "json",
    "command_topic": "zigbee2mqtt/reading/set",
    "state_topic": "zigbee2mqtt/reading",
    "brightness": True,
    "brightness_scale": 254,
    "device": {"name": "Reading Lamp", "suggested_area": "Living Room"},
}
SHORT_SWITCH = {
    "~": "tasmota/heater",
    "name": "Heater",
    "cmd_t": "~/POWER",
    "stat_t": "~/STATE",
    "val_tpl": "{{ value_json.POWER }}",
    "pl_on": "1",
    "pl_off": "0",
}


def one(topic: str, payload: object) -> Device | None:
    found = announced.devices({topic: json.dumps(payload).encode()})
    return found[0] if found else None


def test_a_lamp_of_zigbee2mqtt() -> None:
    lamp = one("homeassistant/light/0x1/light/config", ZIGBEE_LAMP)
    assert lamp == Device(
        name="Reading Lamp",
        kind="light",
        room="Living Room",
        style="json",
        command_topic="zigbee2mqtt/reading/set",
        state_topic="zigbee2mqtt/reading",
        brightness_scale=254,
    )
    assert [room.name for room in announced.rooms([lamp])] == ["Living Room"]


def test_abbreviated_keys_and_a_base_topic() -> None:
    assert one("homeassistant/switch/heater/config", SHORT_SWITCH) == Device(
        name="Heater",
        kind="switch",
        command_topic="tasmota/heater/POWER",
        state_topic="tasmota/heater/STATE",
        state_key="POWER",
        on="1",
        off="0",
    )


def test_a_cover_by_its_class_and_a_thermometer() -> None:
    cover = {"name": "Patio", "device_class": "awning", "command_topic": "patio/set"}
    found = one("homeassistant/cover/patio/config", cover)
    assert found is not None
    assert found.kind == "awning"
    sensor = {
        "name": "Hall warmth",
        "device_class": "temperature",
        "state_topic": "hall",
        "value_template": "{{ value_json.climate.temperature }}",
    }
    found = one("homeassistant/sensor/hall/temperature/config", sensor)
    assert found is not None
    assert (found.measures, found.state_key) == ("temperature", "climate.temperature")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "0x00158d0001"},
        {"name": ""},
        {"name": "x" * 80},
        {"cmd_t": "a/#", "stat_t": "+"},
        {"cmd_t": "", "stat_t": ""},
        {"cmd_t": 5, "stat_t": None},
    ],
)
def test_what_cannot_be_said_or_told_is_left_out(change: dict[str, object]) -> None:
    assert one("homeassistant/switch/heater/config", SHORT_SWITCH | change) is None


def test_a_state_that_needs_a_template_language_is_not_read() -> None:
    found = one(
        "homeassistant/switch/h/config", SHORT_SWITCH | {"val_tpl": "{% if x %}1{% endif %}"}
    )
    assert found is not None
    assert (found.state_topic, found.command_topic) == ("", "tasmota/heater/POWER")


def test_no_more_than_so_many_and_each_name_once() -> None:
    many = {
        f"homeassistant/switch/{i}/config": json.dumps(
            SHORT_SWITCH
            | {"name": "Heater" if i < 5 else f"Plug {'abcdefghij'[i % 10] * (i // 10 + 1)}"}
        ).encode()
        for i in range(5, 305)
    }
    found = announced.devices(
        many | {"homeassistant/switch/1/config": json.dumps(SHORT_SWITCH).encode()}
    )
    assert len(found) <= announced.MOST
    assert len({d.name for d in found}) == len(found)


@settings(max_examples=200)
@given(
    st.binary(max_size=300),
    st.sampled_from(["homeassistant/light/x/config", "a", "a/light//config"]),
)
def test_any_message_is_read_without_an_error(payload: bytes, topic: str) -> None:
    assert isinstance(announced.devices({topic: payload}), tuple)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "device", "~", "cmd_t", "schema", "brightness_scale", "device_class"]
                ),
                x,
            )
        ),
    )
)
def test_any_json_is_read_without_an_error(payload: object) -> None:
    found = one("homeassistant/cover/x/config", payload)
    assert found is None or found.kind in DEVICE_KINDS
