"""One table says what may be asked; the rest is refused, value by value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config import Config
from device.hands.permits import TABLE, NotPermitted, check
from device.hands.skills.skill import Risk
from device.mind.slots import NAMES, RANGES
from device.mind.types import Intent, Request, Slot
from device.names import compile_names

TABLE_OF_NAMES = compile_names(Config())
PASTA = next(n.id for n in TABLE_OF_NAMES.of_kind("timer") if n.text == "pasta")
MILK = next(n.id for n in TABLE_OF_NAMES.of_kind("item") if n.text == "milk")


def test_every_intent_of_the_product_has_its_permit() -> None:
    assert set(Intent) - {Intent.ANNOUNCE, Intent.ANNOUNCE_TIMER} <= TABLE.keys()


def test_every_slot_has_its_check() -> None:
    assert set(Slot) <= NAMES.keys() | RANGES.keys() | {Slot.COLOR, Slot.KIND}


def test_what_lets_somebody_in_is_asked_about() -> None:
    assert TABLE[Intent.UNLOCK].risk is Risk.ASK


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
