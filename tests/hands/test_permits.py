"""One table says what may be asked; the rest is refused, value by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Config, OwnCommand
from device.hands.permits import OWN, TABLE, NotPermitted, check
from device.hands.skills import home, lists, own
from device.hands.skills.skill import Risk
from device.mind.slots import NAMES, RANGES
from device.mind.types import FIRST_USER_INTENT, Color, Intent, Kind, Request, Slot
from device.names import compile_names
from tests.hands.homes import MUSIC, furnished

TABLE_OF_NAMES = compile_names(Config())
PASTA = next(n.id for n in TABLE_OF_NAMES.of_kind("timer") if n.text == "pasta")
FURNISHED = compile_names(furnished("en"), MUSIC)
"""Names of every kind."""
MILK = next(n.id for n in TABLE_OF_NAMES.of_kind("item") if n.text == "milk")


def test_every_intent_of_the_product_has_its_permit() -> None:
    assert set(Intent) - {Intent.ANNOUNCE, Intent.ANNOUNCE_TIMER} <= TABLE.keys()


def test_every_slot_has_its_check() -> None:
    assert set(Slot) <= NAMES.keys() | RANGES.keys() | {Slot.COLOR, Slot.KIND}


@pytest.mark.parametrize(
    "slots",
    [
        ((Slot.DURATION, 300),),
        ((Slot.DURATION, 300), (Slot.TIMER_NAME, PASTA)),
        ((Slot.TIME, 1439),),
    ],
)
def test_what_is_in_the_table_is_permitted(slots: tuple[tuple[Slot, int], ...]) -> None:
    assert check(Request(Intent.TIMER_SET, slots), TABLE_OF_NAMES) is TABLE[Intent.TIMER_SET]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (Request(999), "there is no such intent"),
        (Request(0), "there is no such intent"),
        (Request(Intent.TIMER_SET), "the intent needs a slot that is not there"),
        (Request(Intent.TIME, ((Slot.PERCENT, 1),)), "the intent does not take such a slot"),
        (Request(Intent.TIMER_SET, ((Slot.DURATION, 0),)), "a number is out of its range"),
        (Request(Intent.TIMER_SET, ((Slot.DURATION, -5),)), "a number is out of its range"),
        (Request(Intent.VOLUME_SET, ((Slot.PERCENT, 101),)), "a number is out of its range"),
        (
            Request(Intent.TIMER_CANCEL, ((Slot.TIMER_NAME, MILK),)),
            "there is no such name",
        ),
        (Request(Intent.TIMER_CANCEL, ((Slot.TIMER_NAME, 5),)), "there is no such name"),
    ],
)
def test_what_is_not_in_the_table_is_refused(request_: Request, why: str) -> None:
    with pytest.raises(NotPermitted, match=why):
        check(request_, TABLE_OF_NAMES)


EDGES = {
    Slot.DURATION: (1, 604_800),
    Slot.TIME: (0, 1439),
    Slot.TIME12: (0, 719),
    Slot.DAYS: (1, 255),
    Slot.PERCENT: (0, 100),
    Slot.NUMBER: (0, 1_000_000),
    Slot.DEGREES: (-500, 1000),
    Slot.HERE: (1, 1),
    Slot.ALL: (1, 1),
}
"""What a number may be, written down a second time: a week of seconds, a day of minutes, ..."""


def good(slot: Slot) -> list[int]:
    """Values that the slot may have: the edges of a range, every name and every kind there is."""
    if slot in EDGES:
        return list(dict.fromkeys(EDGES[slot]))
    if slot in NAMES:
        return [name.id for name in FURNISHED.of_kind(NAMES[slot])]
    return [int(value) for value in (Color if slot is Slot.COLOR else Kind)]


def bad(slot: Slot) -> list[int]:
    """Values next to those: a step outside, and every name of another kind."""
    if slot in EDGES:
        return [EDGES[slot][0] - 1, EDGES[slot][1] + 1]
    if slot in NAMES:
        others = {NAMES[other] for other in NAMES} - {NAMES[slot]}
        return [0, *(name.id for kind in others for name in FURNISHED.of_kind(kind))]
    known = set(good(slot))
    return [value for value in range(-1, 300) if value not in known]


def one_of_each(intent: int) -> Request:
    """A request with one of the slots that the intent needs, if it needs any."""
    needs = sorted(TABLE[intent].needs)[:1]
    return Request(intent, tuple((slot, good(slot)[0]) for slot in needs))


def with_slot(request: Request, slot: Slot, value: int) -> Request:
    return Request(request.intent, tuple({**dict(request.slots), slot: value}.items()))


TAKEN = [(intent, slot) for intent, permit in TABLE.items() for slot in sorted(permit.slots)]


def test_every_range_is_known_here_too() -> None:
    assert EDGES.keys() == RANGES.keys()


@pytest.mark.parametrize("intent", TABLE)
def test_an_intent_is_permitted_with_what_it_needs_and_refused_without(intent: int) -> None:
    request = one_of_each(intent)
    assert check(request, FURNISHED) is TABLE[intent]
    if request.slots:
        with pytest.raises(NotPermitted, match="needs a slot"):
            check(Request(intent), FURNISHED)


@pytest.mark.parametrize(("intent", "slot"), TAKEN)
def test_a_slot_is_taken_up_to_its_edges_and_not_beyond(intent: int, slot: Slot) -> None:
    request = one_of_each(intent)
    for value in good(slot):
        assert check(with_slot(request, slot, value), FURNISHED) is TABLE[intent]
    for value in bad(slot):
        with pytest.raises(NotPermitted):
            check(with_slot(request, slot, value), FURNISHED)


@pytest.mark.parametrize("intent", TABLE)
def test_a_slot_that_an_intent_does_not_take_is_refused_with_any_value(intent: int) -> None:
    for slot in set(Slot) - TABLE[intent].slots:
        for value in good(slot):
            with pytest.raises(NotPermitted, match="does not take such a slot"):
                check(with_slot(one_of_each(intent), slot, value), FURNISHED)


def test_any_one_of_what_is_needed_is_enough() -> None:
    for intent, permit in TABLE.items():
        for slot in permit.needs:
            assert check(Request(intent, ((slot, good(slot)[0]),)), FURNISHED) is permit


ASKS_NOTHING = {
    *(Intent.STOP, Intent.NEVERMIND, Intent.HELP, Intent.REPEAT, Intent.YES, Intent.NO),
    *(Intent.ANSWER, Intent.TIME, Intent.DATE, Intent.TIMER_STATUS, Intent.ALARM_STATUS),
    *(Intent.ALARM_SNOOZE, Intent.VOLUME_STATUS, Intent.MEDIA_WHAT, Intent.IS_OPEN),
    *(Intent.IS_CLOSED, Intent.IS_LOCKED, Intent.IS_UNLOCKED, Intent.TEMPERATURE),
    *(Intent.SENSOR, Intent.WEATHER, Intent.LIST_READ),
}
"""These change nothing, or only end what sounds: nobody is asked before."""
JUDGED = {Intent.OPEN: home.risk_of_opening, Intent.LIST_CLEAR: lists.risk_of_clearing}
"""What would be done decides."""


@pytest.mark.parametrize("intent", TABLE)
def test_what_changes_something_is_some_risk_and_what_lets_somebody_in_is_asked(
    intent: Intent,
) -> None:
    expected: object = Risk.SOME
    if intent in ASKS_NOTHING:
        expected = Risk.NONE
    elif intent in JUDGED:
        expected = JUDGED[intent]
    elif intent == Intent.UNLOCK:
        expected = Risk.ASK
    assert TABLE[intent].risk == expected


def test_an_own_command_is_permitted_by_its_number_and_takes_no_slot() -> None:
    command = OwnCommand(name="lamp", sentences=("lamp please",), run=("/bin/true",))
    names = compile_names(Config(command=(command,)))
    number = next(name.id for name in names.of_kind("command"))
    assert number >= FIRST_USER_INTENT
    assert check(Request(number), names) is OWN
    assert OWN.risk is own.risk_of_running
    for slot in Slot:
        with pytest.raises(NotPermitted, match="does not take such a slot"):
            check(Request(number, ((slot, 1),)), names)
    for other in names.of_kind("timer"):
        with pytest.raises(NotPermitted, match="no such intent"):
            check(Request(other.id), names)


@given(
    st.integers(0, 2_000),
    st.lists(st.tuples(st.sampled_from(Slot), st.integers(-(2**31), 2**31 - 1)), max_size=6),
)
def test_any_request_is_permitted_with_good_values_or_refused(
    intent: int, slots: list[tuple[Slot, int]]
) -> None:
    request = Request(intent, tuple(dict(slots).items()))
    try:
        permit = check(request, TABLE_OF_NAMES)
    except NotPermitted:
        return
    for slot, value in request.slots:
        assert slot in permit.slots
        if slot in RANGES:
            assert RANGES[slot][0] <= value <= RANGES[slot][1]
        elif slot in NAMES:
            name = TABLE_OF_NAMES.get(value)
            assert name is not None and name.kind == NAMES[slot]
