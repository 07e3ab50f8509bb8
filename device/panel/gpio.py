"""Lamp and button on pins, through gpiozero: one LED or a ring of them, and a push button.

gpiozero's pin factory decides what the pins are: lgpio on a Raspberry Pi, its mock in tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from device.config import Panel as Settings
from device.panel.lights import Light

Color = tuple[float, float, float]
DIM = 0.15
"""Share of the brightness that is left at night."""
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


class LedBulb:
    """One LED: how bright, and whether it blinks. Muted glows faintly and steadily."""

    blinks = False

    def __init__(self, settings: Settings, hour: Callable[[], int]) -> None:
        from gpiozero import PWMLED

        self._settings, self._hour = settings, hour
        self.led: Any = PWMLED(settings.lamp_pin)

    def show(self, light: Light) -> None:
        """Show it from now on."""
        share = dimming(self._settings, self._hour())
        self.led.off()
        if light in BLINKS:
            on, off = BLINKS[light]
            self.led.blink(on_time=on, off_time=off, fade_in_time=0.1, fade_out_time=0.1)
        else:
            self.led.value = BRIGHTNESS[light] * share

    def tick(self, seconds: float) -> None:
        """gpiozero blinks by itself."""


class RingBulb:
    """A ring of APA102 LEDs on SPI, as on ReSpeaker boards: a colour for every light.

    Blinking is the panel's to time: `tick` is called again and again with the seconds that the
    light has been shown.
    """

    blinks = True

    def __init__(self, settings: Settings, hour: Callable[[], int], spi: Any = None) -> None:
        if spi is None:
            from gpiozero import Device

            Device.ensure_pin_factory()
            spi = Device.pin_factory.spi(port=0, device=0)
        self._spi, self._settings, self._hour = spi, settings, hour
        self._light = Light.ASLEEP

    def show(self, light: Light) -> None:
        """Show it from now on."""
        self._light = light
        self.tick(0.0)

    def tick(self, seconds: float) -> None:
        """Send the colour that belongs to this moment."""
        on, off = BLINKS.get(self._light, (1.0, 0.0))
        lit = seconds % (on + off) < on
        share = dimming(self._settings, self._hour()) if lit else 0.0
        self._spi.transfer(frame(COLORS[self._light], share, self._settings.ring_leds))


def frame(color: Color, share: float, count: int) -> list[int]:
    """The bytes of an APA102 chain: a start, a word for each LED, an end."""
    level = round(31 * share)
    red, green, blue = (round(255 * part) for part in color)
    word = [0xE0 | level, blue, green, red]
    return [0, 0, 0, 0, *word * count, *[0xFF] * (count // 16 + 1)]


class PushButton:
    """A button to ground: a short press, or a long one, as a byte on a descriptor.

    gpiozero calls from a thread of its own; the panel's loop reads the bytes.
    """

    SHORT, LONG = b"s", b"l"

    def __init__(self, settings: Settings) -> None:
        from gpiozero import Button

        self.descriptor, self._told = os.pipe()
        os.set_blocking(self.descriptor, False)
        self._long = False
        self.button: Any = Button(settings.button_pin, hold_time=settings.long_press_s)
        self.button.when_held = self._held
        self.button.when_released = self._released

    def _held(self) -> None:
        self._long = True
        os.write(self._told, self.LONG)

    def _released(self) -> None:
        if not self._long:
            os.write(self._told, self.SHORT)
        self._long = False

    def presses(self) -> bytes:
        """What has been pressed since the last look."""
        try:
            return os.read(self.descriptor, 16)
        except BlockingIOError:
            return b""
