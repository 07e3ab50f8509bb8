"""Devices that announced themselves to Home Assistant become settings; nonsense becomes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.config import DEVICE_KINDS, Device
from device.hands.home import announced, readings
from device.hands.home.actions import Action
from device.hands.home.devices import Order, orders
from device.mind.types import Color
from device.names import spoken_ways

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
        brightness_state_topic="zigbee2mqtt/reading",
        brightness_state_template="{{ value_json.brightness }}",
        color="none",
    )
    assert [room.name for room in announced.rooms([lamp])] == ["Living Room"]


def test_abbreviated_keys_and_a_base_topic() -> None:
    assert one("homeassistant/switch/heater/config", SHORT_SWITCH) == Device(
        name="Heater",
        kind="switch",
        command_topic="tasmota/heater/POWER",
        state_topic="tasmota/heater/STATE",
        state_template="{{ value_json.POWER }}",
        on="1",
        off="0",
        is_on="1",
        is_off="0",
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
    assert found.measures == "temperature"
    assert found.state_template == "{{ value_json.climate.temperature }}"


@pytest.mark.parametrize(
    "change",
    [
        {"cmd_t": "a/#", "stat_t": "+"},
        {"cmd_t": "", "stat_t": ""},
        {"cmd_t": 5, "stat_t": None},
    ],
)
def test_what_cannot_be_said_or_told_is_left_out(change: dict[str, object]) -> None:
    assert one("homeassistant/switch/heater/config", SHORT_SWITCH | change) is None


def test_a_state_whose_template_cannot_be_kept_is_not_read_and_the_rest_is() -> None:
    loop = "{% for i in range(9) %}{{ i }}{% endfor %}"
    found = one("homeassistant/switch/h/config", SHORT_SWITCH | {"val_tpl": loop})
    assert found is not None
    assert (found.state_topic, found.command_topic) == ("", "tasmota/heater/POWER")


def test_no_more_than_so_many_and_the_rest_is_named() -> None:
    many = {
        f"homeassistant/switch/{i}/config": json.dumps(
            SHORT_SWITCH | {"name": f"Plug {i}"}
        ).encode()
        for i in range(announced.MOST + 2)
    }
    learnt = announced.learn(many)
    assert len(learnt.devices) == announced.MOST
    assert len(learnt.left_out) == 2


VALVE = {"name": "Bath Radiator", "identifiers": ["valve"]}
ZIGBEE = {"origin": {"name": "Zigbee2MQTT"}}


def of(*messages: tuple[str, Mapping[str, object]]) -> dict[str, bytes]:
    return {
        f"homeassistant/{component}/0x1/{at}/config": json.dumps(told).encode()
        for at, (component, told) in enumerate(messages)
    }


def by_name(found: Iterable[Device]) -> dict[str, Device]:
    return {device.name: device for device in found}


THERMOSTAT: dict[str, object] = {
    "name": None,
    "device": VALVE,
    "modes": ["off", "heat"],
    "mode_command_topic": "v/set/system_mode",
    "mode_state_topic": "v",
    "mode_state_template": '{{ value_json["system_mode"] }}',
    "temperature_command_topic": "v/set/setpoint",
    "current_temperature_topic": "v",
    "current_temperature_template": '{{ value_json["local_temperature"] }}',
    "min_temp": "5",
    "max_temp": "30",
    "temperature_unit": "C",
    **ZIGBEE,
}


def test_a_radiator_valve_is_a_thermostat_and_not_its_child_lock() -> None:
    side = {"device": VALVE, "command_topic": "v/set/child_lock", **ZIGBEE}
    learnt = announced.learn(
        of(
            ("button", {"name": "Identify", "command_topic": "v/set/identify", **side}),
            ("lock", {"name": "Child lock", **side}),
            ("switch", {"name": "Window detection", "entity_category": "config", **side}),
            ("climate", THERMOSTAT),
        )
    )
    (valve,) = learnt.devices
    assert (valve.name, valve.kind) == ("Bath Radiator", "climate")
    assert orders(valve, Action.OFF) == (Order("v/set/system_mode", "off"),)
    assert orders(valve, Action.ON) == (Order("v/set/system_mode", "heat"),)
    assert orders(valve, Action.TEMPERATURE, 215) == (Order("v/set/setpoint", "21.5"),)
    assert orders(valve, Action.TEMPERATURE, 700, "F") == (Order("v/set/setpoint", "21.1"),)
    assert orders(valve, Action.TEMPERATURE, 310) == (), "it takes 30 degrees at most"
    assert orders(valve, Action.UNLOCK) == ()
    assert learnt.passed_over == 3


def test_a_plug_is_its_switch_and_not_what_makes_it_blink() -> None:
    plug = {"name": "Coffee Plug", "identifiers": ["plug"]}
    identify = {"name": "Identify", "command_topic": "p/identify", "device": plug}
    switch = {"name": None, "command_topic": "p/set", "device": plug}
    found = announced.devices(of(("button", identify), ("switch", switch)))
    assert [(d.name, d.kind, d.command_topic) for d in found] == [
        ("Coffee Plug", "switch", "p/set")
    ]


def test_every_gang_by_its_own_name_and_a_node_s_things_by_theirs() -> None:
    wall = {"name": "Hall Switch", "identifiers": ["wall"]}
    gangs = [
        ("switch", {"name": side, "command_topic": f"w/{side}", "device": wall})
        for side in ("Left", "Right")
    ]
    assert set(by_name(announced.devices(of(*gangs)))) == {"Hall Switch Left", "Hall Switch Right"}
    node = {"name": "Living Room Node", "ids": "node", "sa": "Living Room"}
    lamp = {"name": "Ceiling Light", "cmd_t": "n/l", "schema": "json", "dev": node}
    fan = {"name": "Fan Relay", "cmd_t": "n/f", "dev": node}
    found = by_name(announced.devices(of(("light", lamp), ("switch", fan))))
    assert set(found) == {"Ceiling Light", "Fan Relay"}
    assert found["Ceiling Light"].spoken == ("Living Room Node Ceiling Light",)
    assert found["Fan Relay"].room == "Living Room"


def test_one_relay_bears_its_device_s_name_and_a_light_and_a_blind_may_share_one() -> None:
    plug = {"name": "Shelly Plug [DDEEFF]", "ids": "plug"}
    relay = {"name": "Relay 0", "cmd_t": "p/rpc", "pl_on": '{"on":true}', "dev": plug}
    (found,) = announced.devices(of(("switch", relay)))
    assert (found.name, found.on) == ("Shelly Plug", '{"on":true}')
    big = [("light", {"name": "Big", "cmd_t": "l"}), ("cover", {"name": "Big", "cmd_t": "c"})]
    assert {(d.name, d.kind) for d in announced.devices(of(*big))} == {
        ("Big", "light"),
        ("Big", "cover"),
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("0x00158d0001abcdef", "address"),
        ("客厅灯", "letters"),
        ("x" * 80, "too long"),
        ("", "no name"),
    ],
)
def test_names_that_cannot_be_said_are_listed_with_the_reason(name: str, why: str) -> None:
    learnt = announced.learn(of(("switch", {"name": name, "cmd_t": "x"})))
    assert learnt.devices == ()
    ((_, reason),) = learnt.left_out
    assert why in reason


@pytest.mark.parametrize("name", ["A/C", "3D Printer", "Shelf LED (left)", "L'entrée"])
def test_names_that_can_be_said_somehow_are_learnt(name: str) -> None:
    (found,) = announced.devices(of(("switch", {"name": name, "cmd_t": "x"})))
    assert any(spoken_ways([found.name], language) for language in ("en", "fr"))


def test_states_as_devices_write_them() -> None:
    told = {
        "name": "Plug",
        "cmd_t": "p",
        "pl_on": '{"method":"On"}',
        "pl_off": '{"method":"Off"}',
        "stat_t": "p/s",
        "stat_on": "true",
        "stat_off": False,
        "val_tpl": "{%if value_json['output'] is defined%}{{value_json['output']|lower}}{%endif%}",
    }
    (plug,) = announced.devices(of(("switch", told)))
    assert readings.is_on(plug, b'{"output": true}') is True
    assert readings.is_on(plug, b'{"output": false}') is False
    assert readings.is_on(plug, b"{}") is None


def test_lights_of_every_schema() -> None:
    lights: dict[str, dict[str, object]] = {
        "Plain": {"cmd_t": "a", "bri_cmd_t": "a/b", "bri_scl": 100, "on_cmd_type": "first"},
        "Bright": {"cmd_t": "d", "bri_cmd_t": "d/b", "on_cmd_type": "brightness"},
        "Json": {"cmd_t": "b", "schema": "json", "sup_clrm": ["xy", "color_temp"]},
        "Dumb": {"cmd_t": "e", "schema": "json", "sup_clrm": ["onoff"]},
        "Templated": {
            "cmd_t": "c",
            "schema": "template",
            "cmd_on_tpl": "on{%if brightness is defined%},{{brightness}}{%endif%}",
            "cmd_off_tpl": "off",
        },
    }
    found = by_name(
        announced.devices(of(*(("light", {"name": n, **told}) for n, told in lights.items())))
    )
    bright = {name: orders(light, Action.BRIGHTNESS, 50) for name, light in found.items()}
    assert bright["Plain"] == (Order("a", "ON"), Order("a/b", "50"))
    assert bright["Bright"] == (Order("d/b", "128"),)
    assert json.loads(bright["Json"][0].payload) == {"state": "ON", "brightness": 128}
    assert bright["Dumb"] == ()
    assert bright["Templated"] == (Order("c", "on,128"),)
    assert orders(found["Templated"], Action.ON) == (Order("c", "on"),)
    (red,) = orders(found["Json"], Action.COLOR, Color.RED)
    assert json.loads(red.payload)["color"] == {"x": 0.6401, "y": 0.33}
    assert orders(found["Dumb"], Action.COLOR, Color.RED) == ()


@pytest.mark.parametrize(
    ("component", "told"),
    [
        ("lock", {"name": "Door", "cmd_t": "d", "code_format": "^[0-9]{4}$"}),
        ("cover", {"name": "Blind", "cmd_t": "b", "pl_cls": None}),
        ("switch", {"name": "Plug", "stat_t": "p"}),
        ("siren", {"name": "Siren", "cmd_t": "s"}),
        ("climate", {"name": "Heat", "temp_cmd_t": "h", "temp_cmd_tpl": "{{ value.split }"}),
        ("light", {"name": "Lamp", "cmd_t": "l", "schema": "odd"}),
    ],
)
def test_an_order_that_cannot_be_kept_whole_is_not_learnt(
    component: str, told: dict[str, object]
) -> None:
    learnt = announced.learn(of((component, told)))
    assert learnt.devices == ()
    assert [name for name, _ in learnt.left_out] == [told["name"]]


def test_a_device_that_announces_all_its_parts_at_once() -> None:
    message = {
        "dev": {"ids": "d1", "name": "Desk"},
        "o": {"name": "firmware"},
        "~": "desk",
        "stat_t": "~/state",
        "cmps": {
            "plug": {"p": "switch", "name": None, "cmd_t": "~/set", "uniq_id": "u1"},
            "gone": {"p": "switch"},
            "chip": {"p": "sensor", "dev_cla": "temperature", "ent_cat": "diagnostic"},
        },
    }
    topic = "homeassistant/device/desk/config"
    (desk,) = announced.devices({topic: json.dumps(message).encode()})
    assert (desk.name, desk.command_topic, desk.state_topic) == ("Desk", "desk/set", "desk/state")


TASMOTA = {
    "dn": "Tasmota",
    "fn": ["Kettle", None],
    "mac": "AABBCC",
    "t": "tasmota_1",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "rl": [1, 0],
    "so": {"30": 0},
    "lt_st": 0,
}


def test_tasmota_s_own_discovery() -> None:
    topic = "tasmota/discovery/AABBCC/config"
    (kettle,) = announced.devices({topic: json.dumps(TASMOTA).encode()})
    assert (kettle.name, kettle.kind) == ("Kettle", "switch")
    assert orders(kettle, Action.ON) == (Order("cmnd/tasmota_1/POWER", "ON"),)
    assert kettle.state_topic == "stat/tasmota_1/POWER"
    lamp = TASMOTA | {"rl": [2], "lt_st": 3}
    (lamp_,) = announced.devices({topic: json.dumps(lamp).encode()})
    assert orders(lamp_, Action.BRIGHTNESS, 40) == (Order("cmnd/tasmota_1/Dimmer", "40"),)
    assert orders(lamp_, Action.COLOR, Color.RED) == (Order("cmnd/tasmota_1/Color2", "255,0,0"),)
    two = TASMOTA | {"rl": [1, 1], "fn": ["Kettle", "Toaster"]}
    found = by_name(announced.devices({topic: json.dumps(two).encode()}))
    assert found["Toaster"].command_topic == "cmnd/tasmota_1/POWER2"
    faults: list[dict[str, object]] = [
        {"tp": []},
        {"ft": None, "t": None},
        {"rl": 5},
        {"state": []},
    ]
    for broken in faults:
        announced.devices({topic: json.dumps(TASMOTA | broken).encode()})


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
