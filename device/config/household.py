"""Settings of the household: the home and its devices, music, lists, commands of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from device.config.schema import REQUIRED, setting
from device.mind.types import Kind

DEVICE_KINDS = tuple(kind.name.lower() for kind in Kind)
"""light, switch, fan, ... : what a device can be, in the words of `Kind`."""


@dataclass(frozen=True)
class Floor:
    """A floor of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")


@dataclass(frozen=True)
class Room:
    """A room of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    floor: str = setting("", "The floor it is on.")


@dataclass(frozen=True)
class Device:
    """Something in the home that can be asked for, and its MQTT topics.

    The topics and their defaults are those of Home Assistant's MQTT integrations. `style` fills
    in what a common family of devices has in common; what is given here wins.
    """

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    kind: str = setting(REQUIRED, "What it is.", choices=DEVICE_KINDS)
    room: str = setting("", "The room it is in.")
    style: str = setting(
        "plain",
        "plain: one topic for each thing; json: Home Assistant's JSON schema; zigbee2mqtt and "
        "tasmota: their topics, made from `topic`; homeassistant: the entity `topic` of Home "
        "Assistant itself.",
        choices=("plain", "json", "zigbee2mqtt", "tasmota", "homeassistant"),
    )
    topic: str = setting("", "The device's topic, or its entity in Home Assistant (light.hall).")
    command_topic: str = setting("", "Where orders go.")
    state_topic: str = setting("", "Where its state comes from.")
    state_key: str = setting("", "Key of the state if it comes as JSON; dots go deeper.")
    state_template: str = setting(
        "", "Jinja2 template of the state, from `value` or `value_json`; instead of a key."
    )
    on: str = setting("ON", "The order for on; for a thermostat, its way of running.")
    off: str = setting("OFF", "The order for off.")
    is_on: str = setting("", "The state when on; empty: as the order.")
    is_off: str = setting("", "The state when off; empty: as the order.")
    open: str = setting("OPEN", "The order to open.")
    close: str = setting("CLOSE", "The order to close.")
    is_open: str = setting("open", "The state when open.")
    is_closed: str = setting("closed", "The state when closed.")
    lock: str = setting("LOCK", "The order to lock.")
    unlock: str = setting("UNLOCK", "The order to unlock.")
    is_locked: str = setting("LOCKED", "The state when locked.")
    is_unlocked: str = setting("UNLOCKED", "The state when unlocked.")
    start: str = setting("start", "The order to start a vacuum cleaner.")
    cannot: tuple[str, ...] = setting(
        (), "Orders of its kind that it doesn't take: on, off, open, temperature, pause, …"
    )
    dimmable: bool = setting(True, "A light whose brightness can be set.")
    brightness_topic: str = setting("", "Where a brightness goes.")
    brightness_template: str = setting(
        "", "Template of that order, from `value` or `brightness`; empty: the number alone."
    )
    brightness_scale: int = setting(255, "The number for full brightness.", low=1, high=65535)
    brightness_state_topic: str = setting("", "Where its brightness comes from.")
    brightness_state_template: str = setting("", "Template of its brightness.")
    on_order: str = setting(
        "last",
        "A brightness is told before the order for on (last), after it (first), or alone "
        "(brightness), where they are orders of their own.",
        choices=("last", "first", "brightness"),
    )
    color: str = setting(
        "rgb", "How a light takes colours; none: not at all.", choices=("rgb", "hs", "xy", "none")
    )
    rgb_topic: str = setting("", "Where a colour goes: its numbers with commas.")
    color_template: str = setting("", "Template of that order, from `red`, `green`, `blue`.")
    temperature_topic: str = setting("", "Where a thermostat's wanted temperature goes.")
    temperature_template: str = setting("", "Template of that order, from `value`.")
    temperature_unit: str = setting(
        "", "The device's unit; empty: the household's.", choices=("", "C", "F")
    )
    lowest: float = setting(-100.0, "The lowest temperature that it can be told, in its unit.")
    highest: float = setting(1000.0, "The highest, in its unit.")
    target_topic: str = setting("", "Where a thermostat's wanted temperature comes from.")
    target_template: str = setting("", "Template of the wanted temperature.")
    current_topic: str = setting("", "Where a measured temperature comes from.")
    current_key: str = setting("", "Key of the measured temperature if it comes as JSON.")
    current_template: str = setting("", "Template of the measured temperature.")
    unit: str = setting("", "Unit of a sensor's value, as it is said.")
    measures: str = setting(
        "", "What a sensor measures: temperature answers for its room.", choices=("", "temperature")
    )


def keyed(devices: Iterable[Device]) -> Iterator[tuple[str, Device]]:
    """Each device with what programs call it: its name, and more where two have one name."""
    taken: set[str] = set()
    for device in devices:
        parts = [device.name, device.room, device.kind, device.topic or device.command_topic]
        keys = (" | ".join(p for p in parts[:n] if p) for n in range(1, len(parts) + 1))
        key = next((key for key in keys if key not in taken), f"{device.name} | {len(taken)}")
        taken.add(key)
        yield key, device


@dataclass(frozen=True)
class Peer:
    """Another speaker of the home."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    id: str = setting("", "Its [general] name, if that is another.")


@dataclass(frozen=True)
class Announcement:
    """A text that can be sent to other speakers by its name."""

    name: str = setting(REQUIRED, "What is said to send it (`dinner is ready`).")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    text: str = setting("", "What the other speaker says; empty: the name.")


@dataclass(frozen=True)
class Home:
    """The home, over MQTT. Without a broker nothing here touches the network."""

    broker: str = setting("", "Host name or address of the MQTT broker; empty: no home.")
    port: int = setting(0, "Its port; 0: 8883 with TLS, else 1883.", low=0, high=65535)
    user: str = setting("", "User at the broker; the password is in the secrets file.")
    secrets: str = setting(
        "/etc/keepmum/secrets.toml",
        "File of passwords (mqtt_password, mpd_password, home_assistant_token, speakers_key).",
    )
    home_assistant: str = setting(
        "",
        "Address of Home Assistant (http://homeassistant.local:8123), for what isn't on MQTT; "
        "its long-lived token is in the secrets file. Empty: none.",
    )
    tls: bool = setting(False, "Talk to the broker through TLS.")
    ca: str = setting("", "File of the certificate authority; empty: the system's.")
    prefix: str = setting("keepmum", "First word of the topics of the speakers themselves.")
    discovery: bool = setting(True, "Appear in Home Assistant.")
    discovery_prefix: str = setting("homeassistant", "First word of its discovery topics.")
    say: bool = setting(True, "Speak the texts that the home sends.", wider=1)
    says_per_minute: int = setting(6, "No more texts a minute than this.", low=1, high=60)
    texts: bool = setting(
        False, "Tell the home what was asked in words, not only its kind.", wider=1
    )
    peers: bool = setting(True, "Agree with the other speakers of the home who answers.")
    floor: tuple[Floor, ...] = setting((), "Floors.")
    room: tuple[Room, ...] = setting((), "Rooms.")
    device: tuple[Device, ...] = setting((), "Devices.")
    speaker: tuple[Peer, ...] = setting((), "Other speakers.")
    announcement: tuple[Announcement, ...] = setting((), "Announcements.")


@dataclass(frozen=True)
class Station:
    """A radio station."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")
    url: str = setting(REQUIRED, "Its stream.")


@dataclass(frozen=True)
class Media:
    """Music and radio, played by MPD."""

    mpd: str = setting("", "Host or socket file of the MPD server; empty: no music.")
    port: int = setting(6600, "Its port.", low=1, high=65535)
    duck: int = setting(
        30, "Music's volume while the speaker listens and speaks, in percent.", low=0, high=100
    )
    station: tuple[Station, ...] = setting((), "Radio stations.")


@dataclass(frozen=True)
class List:
    """A list that things can be put on."""

    name: str = setting(REQUIRED, "Its name, as it is said.")
    spoken: tuple[str, ...] = setting((), "Other ways to say it.")


@dataclass(frozen=True)
class Lists:
    """Shopping and to-do lists."""

    list: tuple[List, ...] = setting((), "Lists; none given: one shopping list.")
    items: tuple[str, ...] = setting((), "Items besides those that every speaker knows.")


@dataclass(frozen=True)
class OwnCommand:
    """A sentence of your own and the program it starts, with no shell between."""

    name: str = setting(REQUIRED, "Its name, for the ledger and the program's log.")
    sentences: tuple[str, ...] = setting(REQUIRED, "What is said to start it.")
    run: tuple[str, ...] = setting(REQUIRED, "The program's full path and its arguments.")
    time_limit_s: float = setting(10.0, "It is ended after this long.", low=0.1, high=600.0)
    speak: bool = setting(False, "Say what it prints (the first 300 characters).")
    confirm: bool = setting(False, "Ask before it is started.")
