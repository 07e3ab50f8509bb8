"""Lamp and button on pins, through gpiozero: one LED or a ring of them, and a push button.

gpiozero's pin factory decides what the pins are: Debian's lgpio on a Raspberry Pi, mock pins in
tests. All times are the panel loop's own; the library's thread only passes edges on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from enum import Enum, unique
from typing import Any, Protocol

from device.config import Panel as Settings
from device.errors import NoPins
from device.panel.light import Light

Color = tuple[float, float, float]
DIM = 0.15
"""Share of the brightness that is left at night."""
AGAIN_S = 60.0
"""A steady light is looked at again so often: night falls."""
SCLK, MOSI = 11, 10
"""Pins of the first serial bus, where boards have their ring."""
COLORS: dict[Light, Color] = {
    Light.ASLEEP: (0, 0, 0),
    Light.LISTENING: (0, 0.4, 1),
    Light.THINKING: (0, 0.2, 0.5),
    Light.SPEAKING: (0, 0.7, 0.3),
    Light.RINGING: (1, 0.6, 0),
    Light.MUTED: (1, 0, 0),
    Light.BROKEN: (1, 0.2, 0),
}
BRIGHTNESS: dict[Light, float] = {
    Light.ASLEEP: 0.0,
    Light.LISTENING: 1.0,
    Light.THINKING: 0.4,
    Light.SPEAKING: 0.6,
    Light.RINGING: 1.0,
    Light.MUTED: 0.25,
    Light.BROKEN: 0.5,
}
BLINKS: dict[Light, tuple[float, float]] = {Light.RINGING: (0.3, 0.3), Light.BROKEN: (1.0, 2.0)}
"""Seconds on and off; all others shine steadily."""


def dimming(settings: Settings, hour: int) -> float:
    """The share of brightness at an hour of the day."""
    begin, end = settings.night_from, settings.night_to
    night = begin <= hour < end if begin < end else hour >= begin or hour < end
    return DIM if night and begin != end else 1.0


class Lit(Protocol):
    """Something that can shine."""

    def light(self, light: Light, share: float) -> None:
        """Show a light's colour or brightness, times `share`."""


class PinBulb:
    """A light on pins: what it shows, blinking and night included, at every moment."""

    def __init__(
        self,
        lit: Lit,
        settings: Settings,
        hour: Callable[[], int],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lit, self._settings, self._hour, self._now = lit, settings, hour, now
        self._light, self._since = Light.ASLEEP, now()
        self._shown: tuple[Light, float] | None = None
        self.tick()

    def show(self, light: Light) -> None:
        """Show it from now on."""
        self._light, self._since = light, self._now()
        self.tick()

    def tick(self) -> float | None:
        """Show what belongs to this moment; seconds until something else may."""
        share, wait = dimming(self._settings, self._hour()), AGAIN_S
        if self._light in BLINKS:
            on, off = BLINKS[self._light]
            at = (self._now() - self._since) % (on + off)
            share, wait = (share, on - at) if at < on else (0.0, on + off - at)
        if (self._light, share) != self._shown:
            self._shown = self._light, share
            self.lit.light(self._light, share)
        return max(wait, 0.01)


class Led:
    """One LED: how bright. Muted glows faintly and steadily. Raises NoPins."""

    def __init__(self, pin: int) -> None:
        self.led: Any = _opened("PWMLED", pin)

    def light(self, light: Light, share: float) -> None:
        self.led.value = BRIGHTNESS[light] * share


class Ring:
    """A ring of APA102 LEDs on the serial bus, as on ReSpeaker boards: a colour for every light."""

    def __init__(self, count: int, transfer: Callable[[list[int]], object]) -> None:
        self._count, self._transfer = count, transfer

    def light(self, light: Light, share: float) -> None:
        self._transfer(frame(COLORS[light], share, self._count))


def frame(color: Color, share: float, count: int) -> list[int]:
    """The bytes of an APA102 chain: a start, a word for each LED, an end."""
    level = round(31 * share)
    red, green, blue = (round(255 * part) for part in color)
    word = [0xE0 | level, blue, green, red]
    return [0, 0, 0, 0, *word * count, *[0xFF] * (count // 16 + 1)]


def serial_bus() -> Callable[[list[int]], object]:
    """How bytes are sent to a ring: on the pins of the serial bus, by hand. Raises NoPins.

    A light changes a few times a minute, and lgpio sets a pin in microseconds: that is quick
    enough, needs no bus to be switched on and no library that has no wheel (spidev).
    """
    clock, data = (_opened("OutputDevice", pin) for pin in (SCLK, MOSI))
    return lambda sent: by_hand(clock, data, sent)


def by_hand(clock: Any, data: Any, sent: Iterable[int]) -> None:
    """Bits, the highest first, each taken by the LED when the clock rises."""
    for byte in sent:
        for bit in range(7, -1, -1):
            data.value = byte >> bit & 1
            clock.on()
            clock.off()


@unique
class Press(Enum):
    """What a button was asked."""

    SHORT = "short"
    LONG = "long"


class PushButton:
    """A button to ground: a short press when it is let go, a long one while it is still held."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        """Raises NoPins."""
        self.descriptor, self._told = os.pipe()
        for end in (self.descriptor, self._told):
            os.set_blocking(end, False)
        self._long_s, self._now = settings.long_press_s, now
        self._down: float | None = None
        self.button: Any = _opened("Button", settings.button_pin)
        self.button.when_pressed = lambda: self._edge(b"d")
        self.button.when_released = lambda: self._edge(b"u")

    def _edge(self, which: bytes) -> None:
        """From the library's thread."""
        try:
            os.write(self._told, which)
        except BlockingIOError:
            return  # a button that rattles so much says nothing more by it

    def presses(self) -> list[Press]:
        """What was asked since the last look."""
        pressed = self._held()
        try:
            edges = os.read(self.descriptor, 4096)
        except BlockingIOError:
            edges = b""
        for edge in edges:
            if edge == ord("d"):
                self._down = self._down or self._now()
            elif self._down is not None:
                pressed.append(Press.SHORT)
                self._down = None
        return pressed + self._held()

    def tick(self) -> float | None:
        """Seconds until a button that is held becomes a long press; None if it isn't held."""
        return None if self._down is None else max(0.0, self._down + self._long_s - self._now())

    def _held(self) -> list[Press]:
        if self._down is None or self._now() - self._down < self._long_s:
            return []
        self._down = None  # said once; letting go says nothing more
        return [Press.LONG]


def _opened(kind: str, pin: int | None) -> Any:
    """A device of gpiozero's on a pin. Raises NoPins with the reason."""
    try:
        import gpiozero
    except ImportError as error:
        raise NoPins(pin=pin, why="the library gpiozero is not installed") from error
    try:
        return getattr(gpiozero, kind)(pin)
    except Exception as error:  # each pin library has errors of its own
        raise NoPins(pin=pin, why=f"{type(error).__name__}: {error}") from error
