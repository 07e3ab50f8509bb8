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
from device.config.household import keyed
from device.config.units import unit_of
from device.hands.home import devices as model
from device.hands.home import readings
from device.hands.home.actions import Action
from device.hands.home.devices import Order, kind_of
from device.hands.home.services import SCHEME
from device.mind.types import Kind, Request, Slot
from device.names import NameTable

if TYPE_CHECKING:  # an extra: only those who have it configured load it
    from device.hands.home.homeassistant import Assistant
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
    alike: tuple[Device, ...] = ()
    """Those that the name could mean, if nothing tells which: none of them is chosen."""


class Home:
    """The devices of the settings, joined with the table of names and the broker."""

    def __init__(
        self,
        config: Config,
        names: NameTable,
        broker: Broker | None,
        assistant: Assistant | None = None,
    ) -> None:
        self.names = names
        self.broker = broker
        self.assistant = assistant
        self.devices = config.home.device
        self.heard: Callable[[], None] = lambda: None
        """Called after each state that came."""
        self._states: dict[str, tuple[int, bytes]] = {}
        self._by_name = dict(keyed(self.devices))
        self._here = config.general.room
        self.unit = unit_of(config.general)
        """C or F: the unit in which this household speaks of temperatures."""
        self._floors = {room.name: room.floor for room in config.home.room}
        topics = frozenset[str]().union(*(model.topics(device) for device in self.devices))
        for topic in sorted(topics):
            line = self._line(topic)
            if line is not None:
                line.route(topic, self.told)

    @property
    def joined(self) -> bool:
        """Whether the settings name a home at all."""
        return self.broker is not None or self.assistant is not None

    def reached(self, devices: Iterable[Device]) -> bool:
        """Whether anything that tells of these devices answers at the moment."""
        lines = [self._line(topic) for device in devices for topic in model.topics(device)]
        return any(line is not None and line.connected for line in lines or [self.broker])

    def _line(self, topic: str) -> Broker | Assistant | None:
        """What a topic comes from and goes to: the broker, or Home Assistant itself."""
        return self.assistant if topic.startswith(SCHEME) else self.broker

    def told(self, topic: str, payload: bytes) -> None:
        """Keep what a topic told last, and in which life of the connection."""
        line = self._line(topic)
        self._states[topic] = (line.life if line else 0, payload)
        self.heard()

    def last(self, topic: str) -> bytes | None:
        """What a topic told last; None if its line has been away since: old news is no news."""
        life, payload = self._states.get(topic, (-1, None))
        line = self._line(topic)
        return payload if line is not None and line.connected and line.life == life else None

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
            return self._named(number, inside, place)
        said = request.get(Slot.KIND)
        kinds = model.COVERS if said == Kind.COVER else frozenset([said] if said else otherwise)
        found = tuple(d for d in self.devices if kind_of(d) in kinds and inside(d))
        if not place and request.get(Slot.ALL) is None:
            found = tuple(d for d in found if self._here and d.room == self._here) or found
        return Chosen(found, place=place)

    def _named(self, number: int, inside: Callable[[Device], bool], place: str) -> Chosen:
        """The device of a name. Where two have the name (the ids of one way to say it can't tell
        them apart), the place that was said decides, then this speaker's own room.
        """
        device = self.device(number)
        if device is None:
            return Chosen((), "", place)
        twins = [d for d in self.devices if _alike(d, device)]
        there = [d for d in twins if inside(d) or (not d.room and len(twins) == 1)]
        if not place and len(there) > 1:
            there = [d for d in there if self._here and d.room == self._here] or there
        if len(there) > 1:
            return Chosen((), device.name, place, tuple(there))
        return Chosen(tuple(there), device.name, place)

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
        told = [o for device in devices for o in model.orders(device, action, value, self.unit)]
        return await self.send(told)

    async def send(self, told: list[Order]) -> Outcome:
        """Send orders; DONE only if the home took every one of them, CANNOT if it refused one."""
        if not self.joined:
            return Outcome.NO_BROKER
        if not told:
            return Outcome.CANNOT
        ends = await asyncio.gather(*(self._send(order) for order in told), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, model.Unwilling):
                raise end
        if all(end is True for end in ends):
            return Outcome.DONE
        return Outcome.AWAY if any(end is False for end in ends) else Outcome.CANNOT

    async def _send(self, order: Order) -> bool:
        line = self._line(order.topic)
        return line is not None and await line.publish(order.topic, order.payload)

    def temperature(self, device: Device) -> float | None:
        """The temperature that a device measures, in degrees; None if it has not said."""
        topic, key, template = device.current_topic, device.current_key, device.current_template
        if not topic and kind_of(device) is Kind.SENSOR:
            topic, key = model.state_topic(device), readings.state_key(device)
            template = device.state_template
        payload = self.last(topic)
        degrees = None if payload is None else readings.told_number(payload, template, key)
        given = device.temperature_unit or self.unit
        return None if degrees is None else model.in_unit(degrees, given, self.unit)

    def wanted(self, device: Device) -> float | None:
        """The temperature that a thermostat is set to, in degrees; None if it has not said."""
        payload = self.last(device.target_topic)
        if payload is None:
            return None
        degrees = readings.told_number(payload, device.target_template)
        given = device.temperature_unit or self.unit
        return None if degrees is None else model.in_unit(degrees, given, self.unit)

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


def _alike(one: Device, other: Device) -> bool:
    """Whether a sentence that means `other` by its name may mean `one`: they are told alike, and
    have a name in common.
    """
    kinds = {kind_of(one), kind_of(other)}
    told_alike = len(kinds) == 1 or any(kinds <= group for group in _TOLD_ALIKE)
    names = {name.lower() for name in (one.name, *one.spoken)}
    return told_alike and bool(names & {name.lower() for name in (other.name, *other.spoken)})


_TOLD_ALIKE = (model.COVERS, model.SWITCHED | {Kind.CLIMATE})
