"""Lamp and button on gpiozero's mock pins."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.config import Panel as Settings
from device.panel.gpio import BLINKS, COLORS, LedBulb, PushButton, RingBulb, dimming, frame
from device.panel.lights import Light

DAY, NIGHT = 12, 23


@pytest.fixture(autouse=True)
def pins() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    Device.pin_factory = factory
    yield factory
    factory.reset()
    Device.pin_factory = None


def presses(button: PushButton) -> bytes:
    """What the button says within a second."""
    select.select([button.descriptor], [], [], 1.0)
    return button.presses()


def test_the_led_is_dark_asleep_bright_listening_and_glows_muted() -> None:
    bulb = LedBulb(Settings(), lambda: DAY)
    values = {}
    for light in Light:
        bulb.show(light)
        values[light] = bulb.led.value
        assert (bulb.led._blink_thread is not None) == (light in BLINKS)
    assert values[Light.ASLEEP] == 0
    assert values[Light.LISTENING] == 1
    assert 0 < values[Light.MUTED] < values[Light.SPEAKING] < 1
    bulb.led.close()


def test_at_night_it_is_dim() -> None:
    by_day = LedBulb(Settings(lamp_pin=5), lambda: DAY)
    by_day.show(Light.LISTENING)
    bright = by_day.led.value
    by_day.led.close()
    by_night = LedBulb(Settings(lamp_pin=6), lambda: NIGHT)
    by_night.show(Light.LISTENING)
    assert 0 < by_night.led.value < bright / 2
    by_night.led.close()


@pytest.mark.parametrize(
    ("begin", "end", "hour", "dim"),
    [
        (22, 7, 23, True),
        (22, 7, 6, True),
        (22, 7, 7, False),
        (1, 5, 3, True),
        (1, 5, 5, False),
        (0, 0, 0, False),
    ],
)
def test_the_night_may_pass_midnight(begin: int, end: int, hour: int, dim: bool) -> None:
    assert (dimming(Settings(night_from=begin, night_to=end), hour) < 1) == dim


class Bus:
    """An SPI bus that remembers what was last sent."""

    sent: list[int]

    def transfer(self, data: list[int]) -> None:
        self.sent = data


def test_the_ring_shows_red_when_muted_and_blinks_slowly_when_broken() -> None:
    bus = Bus()
    ring = RingBulb(Settings(ring_leds=3), lambda: DAY, bus)
    ring.show(Light.MUTED)
    assert bus.sent[4:8] == [0xFF, 0, 0, 255]
    assert len(bus.sent) == 4 + 3 * 4 + 1
    ring.show(Light.BROKEN)
    lit = bus.sent
    ring.tick(1.5)
    assert bus.sent != lit
    assert bus.sent[4] == 0xE0
    ring.tick(3.1)
    assert bus.sent == lit


def test_every_light_has_a_colour_of_its_own() -> None:
    assert COLORS.keys() == set(Light)
    assert len(set(COLORS.values())) == len(Light)
    assert frame((0, 0, 0), 1.0, 1)[:4] == [0, 0, 0, 0]


def test_a_short_press_listens_and_a_long_one_mutes(pins: MockFactory) -> None:
    button = PushButton(Settings(button_pin=17, long_press_s=0.3))
    pin = pins.pin(17)
    pin.drive_low()
    pin.drive_high()
    assert presses(button) == PushButton.SHORT
    pin.drive_low()
    assert presses(button) == PushButton.LONG
    pin.drive_high()
    assert button.presses() == b""
    button.button.close()
    os.close(button.descriptor)
