"""What is wrong is told once in a while, each thing for itself, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from device.data.ledgerwriter import Health
from device.events import Broken, Event, Gap, Kept, Parted, Parting, Restarted
from device.hands.alerts import BROKEN, FAULTS, LEDGER, PARTINGS, Alerts
from device.hands.voice.replies import Reply
from device.letter import Fault, FaultCode, Hello, Woke
from tests.hands.houses import ManualClock


class Told:
    """Alerts whose words are kept, by a clock that moves when told."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
        self.replies: list[Reply] = []
        self.alerts = Alerts(self.clock, self.replies.append)

    @property
    def keys(self) -> list[str]:
        return [reply.key for reply in self.replies]


@pytest.mark.parametrize(("seconds", "times"), [(0.0, 1), (599.9, 1), (600.0, 2), (3600.0, 2)])
def test_the_same_is_told_again_after_ten_minutes_and_no_sooner(seconds: float, times: int) -> None:
    told = Told()
    told.alerts.warn("restarted")
    told.clock.go(seconds)
    told.alerts.warn("restarted")
    assert told.keys == ["alert.restarted"] * times


def test_ten_minutes_count_from_when_it_was_told_not_from_when_it_was_asked_for() -> None:
    told = Told()
    for _ in range(5):
        told.alerts.warn("restarted")
        told.clock.go(300)
    assert len(told.keys) == 3


def test_another_thing_is_told_meanwhile() -> None:
    told = Told()
    told.alerts.warn("restarted")
    told.alerts.warn("gap", {"count": 3})
    assert told.keys == ["alert.restarted", "alert.gap"]
    assert told.replies[1].values == {"count": 3}


@pytest.mark.parametrize(
    ("event", "key"),
    [
        *((Fault(code), f"alert.{key}") for code, key in FAULTS.items()),
        *((Parted(why), f"alert.{key}") for why, key in PARTINGS.items()),
        *((Broken(what), f"alert.{key}") for what, key in BROKEN.items()),
        (Gap(3), "alert.gap"),
        (Restarted("loop"), "alert.restarted"),
    ],
)
def test_an_event_that_the_owner_should_know_of_is_told(event: Event, key: str) -> None:
    told = Told()
    told.alerts.watch(event)
    assert told.keys == [key]


@pytest.mark.parametrize(
    "event",
    [
        *(Fault(code) for code in FaultCode if code not in FAULTS),
        *(Parted(why) for why in Parting if why not in PARTINGS),
        Hello(1, bytes(8)),
        Woke(1, 0, 9),
    ],
)
def test_an_event_of_every_day_is_not(event: Event) -> None:
    told = Told()
    told.alerts.watch(event)
    assert told.keys == []


def test_everything_that_can_be_broken_and_every_state_of_the_ledger_has_its_words() -> None:
    assert BROKEN.keys() == set(Kept)
    assert LEDGER.keys() == set(Health)
    told = Told()
    for health in Health:
        told.alerts.health(health)
    assert told.keys == [f"alert.{key}" for key in LEDGER.values()]
