"""The light of ears: prompt when they listen, however often they said something before."""

from __future__ import annotations

import random

from device.mind.types import Lamp
from device.panel.pace import BURST, CHANGES_PER_ACTIVATION, Pace


def test_an_hour_of_ordinary_use_is_shown_at_once() -> None:
    now = 0.0
    pace = Pace(60, lambda: now)
    pace.show(Lamp.ASLEEP)
    for _ in range(60):
        for lamp in (Lamp.LISTENING, Lamp.THINKING, Lamp.ASLEEP):
            assert pace.show(lamp) is None and pace.shown is lamp
            now += 20


def test_listening_is_shown_at_once_whatever_was_said_before() -> None:
    now = 0.0
    pace = Pace(60, lambda: now)
    pace.show(Lamp.ASLEEP)
    dice = random.Random(5)
    for _ in range(5000):
        wanted = dice.choice((Lamp.ASLEEP, Lamp.LISTENING, Lamp.THINKING))
        pace.show(wanted)
        assert wanted is not Lamp.LISTENING or pace.shown is Lamp.LISTENING
        now += dice.random() / 10


def test_an_enemy_changes_the_light_no_oftener_than_the_rate() -> None:
    now, changes, before = 0.0, 0, None
    pace = Pace(60, lambda: now)
    while now < 3600:
        for lamp in (Lamp.ASLEEP, Lamp.LISTENING, Lamp.THINKING):
            pace.show(lamp)
            changes += pace.shown is not before and pace.shown is not Lamp.LISTENING
            before = pace.shown
        now += 0.05
    assert changes <= 60 * CHANGES_PER_ACTIVATION + BURST + 2


def test_what_was_held_back_is_shown_when_it_was_said_to_be() -> None:
    now = 0.0
    pace = Pace(60, lambda: now)
    pace.show(Lamp.ASLEEP)
    while (wait := pace.show(Lamp.ASLEEP)) is None:
        pace.show(Lamp.LISTENING)
    seen = [pace.shown]
    now += wait + 0.001
    assert pace.show(Lamp.ASLEEP) is None
    assert [*seen, pace.shown] == [Lamp.LISTENING, Lamp.ASLEEP]


def test_ears_that_come_and_go_are_shown_as_they_are() -> None:
    pace = Pace(1, lambda: 0.0)
    for _ in range(100):
        assert pace.show(Lamp.ASLEEP) is None
        assert pace.show(None) is None and pace.shown is None
