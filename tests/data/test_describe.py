"""A request in words is made of its ids, and of nothing that was heard."""

from __future__ import annotations

import pytest

from device.config import Config, OwnCommand
from device.data.describe import describe, duration
from device.mind.types import FIRST_USER_INTENT, Color, Intent, Kind, Request, Slot
from device.names import compile_names

NAMES = compile_names(
    Config(command=(OwnCommand("movie night", ("movie night",), ("/bin/true",)),))
)
ITEM = NAMES.of_kind("item")[0]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(Intent.TIME), "time"),
        (Request(Intent.TIMER_SET, ((Slot.DURATION, 3_900),)), "timer set: 1:05:00"),
        (Request(Intent.ALARM_SET, ((Slot.TIME, 425), (Slot.DAYS, 31))),
         "alarm set: 7:05, Mon Tue Wed Thu Fri"),
        (Request(Intent.ALARM_SET, ((Slot.TIME12, 5), (Slot.DAYS, 127))),
         "alarm set: 0:05, every day"),
        (Request(Intent.ALARM_SET, ((Slot.TIME, 5), (Slot.DAYS, 128))),
         "alarm set: 0:05, tomorrow"),
        (Request(Intent.COLOR, ((Slot.COLOR, Color.TURQUOISE), (Slot.KIND, Kind.LIGHT))),
         "color: turquoise, light"),
        (Request(Intent.THERMOSTAT_SET, ((Slot.DEGREES, 215), (Slot.HERE, 1))),
         "thermostat set: 21.5°, here"),
        (Request(Intent.BRIGHTNESS, ((Slot.PERCENT, 30), (Slot.ALL, 1))), "brightness: 30 %, all"),
        (Request(Intent.LIST_ADD, ((Slot.ITEM, ITEM.id),)), f"list add: {ITEM.text}"),
        (Request(Intent.TURN_ON, ((Slot.DEVICE, 999_999),)), "turn on: name 999999"),
        (Request(FIRST_USER_INTENT), "movie night"),
        (Request(FIRST_USER_INTENT + 7), "own command 8"),
    ],
)  # fmt: skip
def test_every_kind_of_value_reads_as_people_write_it(request_: Request, said: str) -> None:
    assert describe(request_, NAMES) == said


def test_every_intent_and_slot_has_words() -> None:
    for intent in Intent:
        for slot in Slot:
            assert describe(Request(intent, ((slot, 1),)), NAMES).startswith(
                intent.name.replace("_", " ").lower()
            )


@pytest.mark.parametrize(("seconds", "said"), [(-3, "0:00"), (5.4, "0:05"), (61, "1:01")])
def test_lengths_of_time(seconds: float, said: str) -> None:
    assert duration(seconds) == said
