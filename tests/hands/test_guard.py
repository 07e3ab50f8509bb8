"""Letters are let in one by one, in turn, and not too many; counts outlive a connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.errors import MalformedLetter, TooManyLetters
from device.hands.guard import FAULTS_PER_HOUR, HOUR, Guard
from device.letter import Command, Ended, Fault, FaultCode, Hello, Letter, Woke, pack
from device.mind.types import Intent, Outcome, Request

HELLO = Hello(1, b"12345678")


class Door:
    """A guard whose hour a test moves."""

    def __init__(self, per_hour: int = 60) -> None:
        self.now = 0.0
        self.guard = Guard(per_hour, lambda: self.now)
        self.greet()

    def greet(self) -> None:
        self.guard.begin()
        self.give(HELLO)

    def give(self, letter: Letter) -> int:
        admitted, missing = self.guard.admit(pack(letter))
        assert admitted == letter
        return missing

    def activation(self, number: int) -> int:
        missing = self.give(Woke(number, 0, 3))
        self.give(Command(number, Request(Intent.TIME)))
        self.give(Ended(number, Outcome.COMMAND, 10))
        return missing


def test_activations_in_turn_are_let_in() -> None:
    door = Door()
    assert [door.activation(n) for n in (1, 2, 3)] == [0, 0, 0]


def test_a_gap_is_counted() -> None:
    door = Door()
    assert door.activation(1) == 0
    assert door.activation(5) == 3
    door.greet()
    assert door.activation(2) == 1


@pytest.mark.parametrize(
    "letters",
    [
        (HELLO,),
        (Woke(1, 0, 3), Woke(2, 0, 3)),
        (Command(1, Request(Intent.TIME)),),
        (Ended(1, Outcome.COMMAND, 1),),
        (Woke(1, 0, 3), Command(2, Request(Intent.TIME))),
        (Woke(1, 0, 3), Ended(1, Outcome.COMMAND, 1), Command(1, Request(Intent.TIME))),
        (Woke(2, 0, 3), Ended(2, Outcome.COMMAND, 1), Woke(2, 0, 3)),
        (Woke(2, 0, 3), Ended(2, Outcome.COMMAND, 1), Woke(1, 0, 3)),
    ],
)
def test_a_letter_out_of_turn_is_refused(letters: tuple[Letter, ...]) -> None:
    door = Door()
    for letter in letters[:-1]:
        door.give(letter)
    with pytest.raises(MalformedLetter):
        door.give(letters[-1])
    assert door.guard.malformed == 1


def test_nothing_is_let_in_before_hello() -> None:
    guard = Guard(60, lambda: 0.0)
    guard.begin()
    with pytest.raises(MalformedLetter):
        guard.admit(pack(Woke(1, 0, 3)))


def test_an_activation_has_at_most_four_letters() -> None:
    door = Door()
    door.give(Woke(1, 0, 3))
    for _ in range(3):
        door.give(Command(1, Request(Intent.TIME)))
    with pytest.raises(TooManyLetters):
        door.give(Command(1, Request(Intent.TIME)))
    assert door.guard.refused == 1


def test_an_hour_has_its_cap_whatever_connection_they_come_by() -> None:
    door = Door(per_hour=3)
    for number in (1, 2):
        door.activation(number)
    door.now = 10.0
    door.greet()
    door.activation(1)
    assert door.guard.wait() == HOUR - 10.0
    with pytest.raises(TooManyLetters):
        door.give(Woke(2, 0, 3))
    door.now = HOUR
    assert door.guard.wait() == 0
    door.greet()
    door.activation(1)


def test_ears_that_ended_often_are_met_again_within_minutes() -> None:
    door = Door()
    waits = []
    for _ in range(300):  # a microphone is unplugged for a long time
        waits.append(door.guard.wait())
        door.now += waits[-1] + 4
        door.greet()
    assert waits[:29] == [0] * 29
    assert max(waits) <= 120


def test_faults_are_capped_too() -> None:
    door = Door()
    for _ in range(FAULTS_PER_HOUR):
        door.give(Fault(FaultCode.SOUND_DROPPED))
    door.greet()
    with pytest.raises(TooManyLetters):
        door.give(Fault(FaultCode.SOUND_DROPPED))
    door.now = HOUR
    door.greet()
    door.give(Fault(FaultCode.SOUND_DROPPED))


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_whatever_comes_in_is_a_letter_or_an_error_that_is_meant(packets: list[bytes]) -> None:
    guard = Guard(60, lambda: 0.0)
    guard.begin()
    for packet in packets:
        try:
            guard.admit(packet)
        except (MalformedLetter, TooManyLetters):
            guard.begin()
    assert guard.malformed + guard.refused <= len(packets)
