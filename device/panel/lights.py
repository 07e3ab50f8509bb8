"""What the light shows, and the lights there are."""

from __future__ import annotations

import datetime
import sys
from typing import Protocol

from device.config import Panel as Settings
from device.mind.types import Lamp
from device.panel.light import Light


def shown(*, muted: bool, ears: Lamp | None, hands: Lamp | None) -> Light:
    """The light for what the rooms say; None: that room isn't connected.

    Sound being taken in shows whatever else is going on. Muted is shown as soon as there are no
    ears, so the light says what is, not what was asked for.
    """
    if ears is Lamp.LISTENING:
        return Light.LISTENING
    if ears is None:
        return Light.MUTED if muted else Light.BROKEN
    if hands is Lamp.BROKEN or hands is None:
        return Light.BROKEN
    return {
        Lamp.RINGING: Light.RINGING,
        Lamp.SPEAKING: Light.SPEAKING,
    }.get(hands, Light.THINKING if ears is Lamp.THINKING else Light.ASLEEP)


class Bulb(Protocol):
    """A light that can show any `Light`."""

    def show(self, light: Light) -> None:
        """Show it from now on."""

    def tick(self) -> float | None:
        """Do what is due (a blink); seconds until more is, or None."""


class LogBulb:
    """For machines without a light: a line of the log when the speaker fails, is mute, or is well.

    Never a line that ears could cause by what they hear: a log is as wide as the disk.
    """

    def __init__(self) -> None:
        self._said = ""

    def show(self, light: Light) -> None:
        said = light.value if light in (Light.MUTED, Light.BROKEN) else "well"
        if said != self._said:
            self._said = said
            print(f"lamp: {said}", file=sys.stderr, flush=True)

    def tick(self) -> float | None:
        return None


class NoBulb:
    """No light."""

    def show(self, light: Light) -> None:
        """Nothing to show it on."""

    def tick(self) -> float | None:
        return None


def make_bulb(settings: Settings) -> Bulb:
    """The light that the settings name. Raises NoPins."""
    match settings.lamp:
        case "none":
            return NoBulb()
        case "log":
            return LogBulb()
        case kind:
            from device.panel import gpio

            lit: gpio.Lit
            if kind == "led":
                lit = gpio.Led(settings.lamp_pin)
            else:
                lit = gpio.Ring(settings.ring_leds, gpio.serial_bus())
            return gpio.PinBulb(lit, settings, _hour)


def _hour() -> int:
    """The hour of the day, where the speaker stands."""
    return datetime.datetime.now().astimezone().hour
