"""Lamp and button on gpiozero's mock pins, and the panel's own clock in a test's hand."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device.config import Panel as Settings
from device.errors import NoPins
from device.panel import gpio
from device.panel.flag import MuteFlag
from device.panel.gpio import (
    BLINKS,
    COLORS,
    MOSI,
    SCLK,
    Led,
    PinBulb,
    Press,
    PushButton,
    Ring,
    by_hand,
    dimming,
    frame,
)
from device.panel.light import Light
from device.panel.lights import Bulb, LogBulb, NoBulb, make_bulb
from device.panel.loop import Panel
from device.panel.pace import Pace
from device.panel.start import _bulb, _button

DAY, NIGHT = 12, 23


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def pins() -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=MockPWMPin)
    Device.pin_factory = factory
    yield factory
    factory.reset()
    Device.pin_factory = None


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Taken:
    """A light that remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[tuple[Light, float]] = []

    def light(self, light: Light, share: float) -> None:
        self.seen.append((light, share))


# --- what every lamp must do, whatever it is made of


@pytest.mark.parametrize("kind", ["led", "ring", "log", "none"])
def test_every_lamp_shows_every_light_and_says_when_to_look_again(kind: str) -> None:
    bulb: Bulb = make_bulb(Settings(lamp=kind))
    for light in (*Light, *reversed(Light)):
        bulb.show(light)
        wait = bulb.tick()
        assert wait is None or 0 < wait <= 60


@pytest.mark.parametrize("light", list(Light))
def test_a_light_shines_at_once_and_blinks_only_if_it_should(light: Light, clock: Clock) -> None:
    taken = Taken()
    bulb = PinBulb(taken, Settings(), lambda: DAY, clock)
    bulb.show(light)
    assert bulb.tick() and taken.seen[-1] == (light, 1.0)
    shown = []
    for _ in range(600):
        clock.now += 0.01
        bulb.tick()
        shown.append(taken.seen[-1][1])
    changes = sum(a != b for a, b in pairwise(shown))
    on, off = BLINKS.get(light, (1.0, 0.0))
    expected = 2 * 6.0 / (on + off) if light in BLINKS else 0
    assert abs(changes - expected) <= 1


def test_a_lamp_is_told_only_what_is_new(clock: Clock) -> None:
    taken = Taken()
    bulb = PinBulb(taken, Settings(), lambda: DAY, clock)
    bulb.show(Light.LISTENING)
    before = len(taken.seen)
    for _ in range(1000):
        clock.now += 0.1
        bulb.tick()
    assert len(taken.seen) == before


def test_night_falls_on_a_light_that_shines(clock: Clock) -> None:
    taken, hour = Taken(), [DAY]
    bulb = PinBulb(taken, Settings(), lambda: hour[0], clock)
    bulb.show(Light.MUTED)
    hour[0] = NIGHT
    clock.now += bulb.tick() or 0
    bulb.tick()
    assert taken.seen[-1] == (Light.MUTED, gpio.DIM)


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


# --- an LED


def test_the_led_is_dark_asleep_bright_listening_and_glows_muted(pins: MockFactory) -> None:
    bulb = make_bulb(Settings(lamp="led", night_from=0, night_to=0))
    values = {}
    for light in Light:
        bulb.show(light)
        values[light] = pins.pin(18).state
    assert values[Light.ASLEEP] == 0
    assert values[Light.LISTENING] == 1
    assert 0 < values[Light.MUTED] < values[Light.SPEAKING] < 1


# --- a ring


def test_the_ring_shows_red_when_muted_and_nothing_when_asleep() -> None:
    sent: list[list[int]] = []
    ring = Ring(3, sent.append)
    ring.light(Light.MUTED, 1.0)
    assert sent[-1] == [0, 0, 0, 0, *3 * [0xFF, 0, 0, 255], 0xFF]
    ring.light(Light.MUTED, 0.0)
    assert sent[-1][4] == 0xE0
    ring.light(Light.ASLEEP, 1.0)
    assert sent[-1][5:8] == [0, 0, 0]


class Wires:
    """A chain's end of two wires: a bit for every rise of the clock."""

    def __init__(self) -> None:
        self.value, self.bits = 0, [0][:0]

    def on(self) -> None:
        self.bits.append(self.value)

    def off(self) -> None:
        """Nothing is taken when the clock falls."""


@pytest.mark.parametrize("sent", [[], [0], [255], [1, 128], frame((1, 0.2, 0), 0.5, 12)])
def test_bits_go_out_the_highest_first(sent: list[int]) -> None:
    wires = Wires()
    by_hand(wires, wires, sent)
    octets = [wires.bits[i : i + 8] for i in range(0, len(wires.bits), 8)]
    assert [int("".join(map(str, bits)), 2) for bits in octets] == sent


def test_a_ring_on_pins_uses_the_two_of_the_serial_bus(pins: MockFactory) -> None:
    bulb = make_bulb(Settings(lamp="ring", ring_leds=2))
    bulb.show(Light.LISTENING)
    assert len(pins.pin(SCLK).states) > 2 * 8 * (4 + 2 * 4)
    assert len(pins.pin(MOSI).states) > 8


def test_every_light_has_a_colour_of_its_own() -> None:
    assert COLORS.keys() == set(Light)
    assert len(set(COLORS.values())) == len(Light)


# --- the button


@pytest.fixture
def button(clock: Clock) -> Iterator[PushButton]:
    made = PushButton(Settings(button_pin=17, long_press_s=1.0), clock)
    yield made
    made.button.close()
    os.close(made.descriptor)


def told(button: PushButton) -> list[Press]:
    """What is pressed, once the library has passed an edge on."""
    select.select([button.descriptor], [], [], 5)
    return button.presses()


def test_a_hundred_short_presses_are_a_hundred(
    button: PushButton, pins: MockFactory, clock: Clock
) -> None:
    pin, seen = pins.pin(17), [Press.SHORT][:0]
    for _ in range(100):
        pin.drive_low()
        seen += told(button)
        clock.now += 0.2
        pin.drive_high()
        seen += told(button)
    assert seen == 100 * [Press.SHORT]
    assert button.tick() is None


def test_a_long_press_is_told_while_it_is_held_and_once(
    button: PushButton, pins: MockFactory, clock: Clock
) -> None:
    pins.pin(17).drive_low()
    assert told(button) == []
    assert button.tick() == 1.0
    clock.now += 0.9
    assert button.presses() == []
    clock.now += 0.1
    assert button.presses() == [Press.LONG]
    clock.now += 5
    assert button.presses() == []
    pins.pin(17).drive_high()
    assert told(button) == []


def test_a_press_that_was_let_go_late_but_seen_late_too_is_long(
    button: PushButton, pins: MockFactory, clock: Clock
) -> None:
    """The loop was busy: both edges wait, and the time that it knows is what counts."""
    pins.pin(17).drive_low()
    assert told(button) == []
    clock.now += 3
    pins.pin(17).drive_high()
    assert told(button) == [Press.LONG]


# --- the panel with both


def panel_with(settings: Settings, folder: Path) -> Panel:
    return Panel(MuteFlag(folder), _bulb(settings), Pace(60, lambda: 0.0))


def test_a_long_press_mutes_and_the_next_unmutes(tmp_path: Path, pins: MockFactory) -> None:
    settings = Settings(lamp="led", button_pin=17, long_press_s=0.3)
    panel = panel_with(settings, tmp_path)
    _button(panel, settings)
    for muted in (True, False):
        pins.pin(17).drive_low()
        for _ in range(100):
            panel.turn(1.0)
            if panel.flag.is_set == muted:
                break
        assert panel.flag.is_set == muted
        pins.pin(17).drive_high()
        panel.turn(1.0)
        assert panel.flag.is_set == muted


@pytest.mark.parametrize("settings", [Settings(lamp="led"), Settings(lamp="ring", button_pin=17)])
def test_pins_that_cannot_be_had_cost_lamp_and_button_but_not_mute(
    settings: Settings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: object) -> None:
        raise OSError("no chip here")

    monkeypatch.setattr(MockFactory, "pin", none)
    panel = panel_with(settings, tmp_path)
    _button(panel, Settings(button_pin=17))
    said = capfd.readouterr().err
    assert "no chip here" in said and "python3-lgpio" in said and "Traceback" not in said
    panel.mute(True)
    panel.show()
    assert panel.light is Light.MUTED and panel.flag.is_set


def test_a_pin_that_there_is_not_says_so() -> None:
    with pytest.raises(NoPins, match="99"):
        Led(99)


def test_lights_that_need_no_pins_ask_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    assert isinstance(make_bulb(Settings(lamp="log")), LogBulb)
    assert isinstance(make_bulb(Settings(lamp="none")), NoBulb)
    with pytest.raises(NoPins, match="gpiozero"):
        make_bulb(Settings(lamp="led"))
