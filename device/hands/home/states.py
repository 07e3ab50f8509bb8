"""The home as the hands know it: its devices by their names, and what they last told.

States come from the broker only, are kept as the last bytes of each topic that a device names,
and are read when somebody asks. Nothing that arrives here starts anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto, unique
from typing import TYPE_CHECKING

from device.config import Config, Device
from device.hands.home import devices as model
from device.hands.home import readings
from device.hands.home.devices import Action, Order, kind_of
from device.mind.types import Kind, Request, Slot
from device.names import NameTable

if TYPE_CHECKING:  # an extra: only those who have it configured load it
    from device.hands.home.mqtt import Broker


@unique
class Outcome(Enum):
    """How telling devices something ended."""

    DONE = auto()
    NO_BROKER = auto()
    AWAY = auto()
    """The broker did not take it."""
    CANNOT = auto()
    """No device chosen can do this."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The devices that a request is about, and the words for them."""

    devices: tuple[Device, ...]
    name: str = ""
    """The device's name, if one was asked for by its name."""
    place: str = ""
    """The room or floor that was said."""


class Home:
    """The devices of the settings, joined with the table of names and the broker."""

    def __init__(self, config: Config, names: NameTable, broker: Broker | None) -> None:
        self.names = names
        self.broker = broker
        self.devices = config.home.device
        self.heard: Callable[[], None] = lambda: None
        """Called after each state that came."""
        self._states: dict[str, tuple[int, bytes]] = {}
        self._by_name = {device.name: device for device in self.devices}
        self._here = config.general.room
        self._floors = {room.name: room.floor for room in config.home.room}
        topics = frozenset[str]().union(*(model.topics(device) for device in self.devices))
        if broker is not None:
            for topic in sorted(topics):
                broker.route(topic, self.told)

    def told(self, topic: str, payload: bytes) -> None:
        """Keep what a topic told last, and in which life of the connection."""
        self._states[topic] = (self.broker.life if self.broker else 0, payload)
        self.heard()

    def last(self, topic: str) -> bytes | None:
        """What a topic told last; None if the broker has been away since: old news is no news."""
        life, payload = self._states.get(topic, (-1, None))
        broker = self.broker
        return payload if broker is not None and broker.connected and broker.life == life else None

    def device(self, number: int) -> Device | None:
        """The device with this id in the table of names."""
        name = self.names.get(number)
        return self._by_name.get(name.key) if name and name.kind == "device" else None

    def choose(self, request: Request, otherwise: Iterable[Kind]) -> Chosen:
        """The devices that `request` means; without a name or kind said, those of `otherwise`.

        Without a place said it is the speaker's own room if anything of the kind is there, else
        the whole home. "all" without a place is the whole home.
        """
        number = request.get(Slot.DEVICE)
        inside, place = self._place(request)
        if number is not None:
            device = self.device(number)
            if device is None or (device.room and not inside(device)):
                return Chosen((), device.name if device else "", place)
            return Chosen((device,), device.name, place)
        said = request.get(Slot.KIND)
        kinds = model.COVERS if said == Kind.COVER else frozenset([said] if said else otherwise)
        found = tuple(d for d in self.devices if kind_of(d) in kinds and inside(d))
        if not place and request.get(Slot.ALL) is None:
            found = tuple(d for d in found if self._here and d.room == self._here) or found
        return Chosen(found, place=place)

    def _place(self, request: Request) -> tuple[Callable[[Device], bool], str]:
        """Whether a device is in the place that was said, and the place's name."""
        area, floor = request.get(Slot.AREA), request.get(Slot.FLOOR)
        if area is not None:
            room = self._name(area, "area")
            return (lambda device: device.room == room), room
        if floor is not None:
            level = self._name(floor, "floor")
            return (lambda device: bool(level) and self._floors.get(device.room) == level), level
        if request.get(Slot.HERE) is not None and self._here:
            return (lambda device: device.room == self._here), self._here
        return (lambda _: True), ""

    def _name(self, number: int, kind: str) -> str:
        name = self.names.get(number)
        return name.key if name and name.kind == kind else ""

    async def tell(self, devices: Iterable[Device], action: Action, value: int = 0) -> Outcome:
        """Tell all of `devices` that can do it to do `action`, all at once."""
        told = [order for device in devices for order in model.orders(device, action, value)]
        return await self.send(told)

    async def send(self, told: list[Order]) -> Outcome:
        """Send orders; DONE only if the broker took every one of them."""
        broker = self.broker
        if broker is None:
            return Outcome.NO_BROKER
        if not told:
            return Outcome.CANNOT
        taken = await asyncio.gather(*(broker.publish(o.topic, o.payload) for o in told))
        return Outcome.DONE if all(taken) else Outcome.AWAY

    def temperature(self, device: Device) -> float | None:
        """The temperature that a device measures, in degrees; None if it has not said."""
        topic, key, template = device.current_topic, device.current_key, device.current_template
        if not topic and kind_of(device) is Kind.SENSOR:
            topic, key = model.state_topic(device), readings.state_key(device)
            template = device.state_template
        payload = self.last(topic)
        return None if payload is None else readings.told_number(payload, template, key)

    def brightness(self, device: Device) -> int | None:
        """How bright a light is, in percent; None if it has not said."""
        payload = self.last(device.brightness_state_topic)
        return None if payload is None else readings.brightness(device, payload)

    def thermometers(self, devices: Iterable[Device]) -> list[Device]:
        """Those of `devices` that measure a room's temperature, sensors first."""
        found = [
            d
            for d in devices
            if (kind_of(d) is Kind.SENSOR and d.measures == "temperature")
            or (kind_of(d) is Kind.CLIMATE and d.current_topic)
        ]
        return sorted(found, key=lambda d: kind_of(d) is not Kind.SENSOR)

    def state(self, device: Device) -> bytes | None:
        """The last state of a device, as it came."""
        return self.last(model.state_topic(device))
