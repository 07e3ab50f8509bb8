"""Only an intent crosses: every letter there can be fits, and nothing else is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device import letter as lt
from device.errors import MalformedLetter
from device.mind.types import Outcome, Request, Slot

NUMBERS = st.integers(0, 0xFFFF_FFFF)
REQUESTS = st.builds(
    Request,
    st.integers(0, 0xFFFF),
    st.dictionaries(
        st.sampled_from(Slot), st.integers(-(2**31), 2**31 - 1), max_size=lt.MAX_SLOTS
    ).map(lambda d: tuple(d.items())),
)
LETTERS: st.SearchStrategy[lt.Letter] = st.one_of(
    st.builds(lt.Hello, st.integers(0, 2**64 - 1), st.binary(min_size=8, max_size=8)),
    st.builds(lt.Woke, NUMBERS, st.integers(0, 255), st.integers(0, 15)),
    st.builds(lt.Command, NUMBERS, REQUESTS),
    st.builds(lt.Ended, NUMBERS, st.sampled_from(Outcome), st.integers(0, 0xFFFF)),
    st.builds(lt.Fault, st.sampled_from([c for c in lt.FaultCode if c not in lt.OF_HANDS])),
)


@given(LETTERS)
def test_a_letter_is_read_as_it_was_written_and_is_short(letter: lt.Letter) -> None:
    data = lt.pack(letter)
    assert len(data) <= lt.MAX_BYTES
    assert lt.unpack(data) == letter


@given(st.binary(max_size=80))
def test_what_is_read_would_have_been_written_so(data: bytes) -> None:
    try:
        letter = lt.unpack(data)
    except MalformedLetter:
        return
    assert lt.pack(letter) == data


def malformed() -> Iterator[tuple[str, bytes]]:
    good = lt.pack(lt.Command(7, Request(20, ((Slot.PERCENT, 5),))))
    yield "empty", b""
    yield "too long", good + bytes(lt.MAX_BYTES)
    yield "another version", b"\x02" + good[1:]
    yield "an unknown kind", good[:1] + b"\x63" + good[2:]
    yield "cut short", good[:-1]
    yield "something behind it", good + b"\x00"
    yield "an unknown slot", good[:-5] + b"\xfe" + good[-4:]
    yield "a slot twice", good[:8] + b"\x02" + good[-5:] * 2
    yield "an unknown outcome", lt.pack(lt.Ended(1, Outcome.COMMAND, 1))[:6] + b"\x63\x00\x01"
    yield "a score out of range", lt.pack(lt.Woke(1, 0, 15))[:-1] + b"\x10"
    yield "an unknown fault", b"\x01\x05\x63"


@pytest.mark.parametrize(("what", "data"), list(malformed()))
def test_anything_else_is_refused(what: str, data: bytes) -> None:
    with pytest.raises(MalformedLetter):
        lt.unpack(data)


@pytest.mark.parametrize(
    ("length", "why"),
    [(0, "0 bytes"), (2, "2 bytes"), (3, "does not parse"), (64, "not parse"), (65, "65 bytes")],
)
def test_a_letter_has_three_bytes_to_sixty_four(length: int, why: str) -> None:
    data = (b"\x01\x03" + bytes(lt.MAX_BYTES))[:length]
    with pytest.raises(MalformedLetter, match=why):
        lt.unpack(data)


def test_as_many_slots_as_there_may_be_fit_and_one_more_is_refused() -> None:
    slots = tuple((slot, 1) for slot in list(Slot)[: lt.MAX_SLOTS])
    full = lt.Command(1, Request(1, slots))
    data = lt.pack(full)
    assert lt.unpack(data) == full
    more = data[:8] + bytes((lt.MAX_SLOTS + 1,)) + data[9:] + b"\x07\0\0\0\1"
    with pytest.raises(MalformedLetter):
        lt.unpack(more)


@pytest.mark.parametrize(("tenths", "told"), [(0xFFFF, 0xFFFF), (0x10000, 0xFFFF)])
def test_what_lasted_longer_than_can_be_said_is_told_as_the_longest(tenths: int, told: int) -> None:
    ended = lt.unpack(lt.pack(lt.Ended(1, Outcome.COMMAND, tenths)))
    assert ended == lt.Ended(1, Outcome.COMMAND, told)


def test_a_field_out_of_range_is_not_written() -> None:
    with pytest.raises(ValueError, match="out of range"):
        lt.pack(lt.Woke(2**32, 0, 0))
    with pytest.raises(ValueError, match="too many slots"):
        lt.pack(lt.Command(1, Request(1, tuple((s, 1) for s in list(Slot)[:7]))))
