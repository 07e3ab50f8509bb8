"""What ears do to the outside: letters, the lamp, the panel's words; each at its edges."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from device.ears import devices
from device.ears.devices import Ear
from device.ears.pulse import Pulse
from device.ears.recognize.recognizer import Heard
from device.ears.wake.wakeword import Reading
from device.errors import HandsGone, PanelGone, RecognizerHung
from device.letter import Command, Ended, Fault, FaultCode, Hello, Letter, Woke, unpack
from device.mind import states as s
from device.mind.types import FRAME_SAMPLES, Hint, Intent, Lamp, Outcome, Progress, Request

FRAME: NDArray[np.int16] = np.zeros(FRAME_SAMPLES, np.int16)


class Scores:
    """Wake words that say of a frame what a test wants."""

    def __init__(self) -> None:
        self.loud, self.cleaned = Hint.QUIET, False
        self.readings: tuple[Reading, ...] = ()
        self.forgotten = 0

    def step(self, frame: NDArray[np.int16]) -> tuple[Reading, ...]:
        return self.readings

    def forget(self) -> None:
        self.forgotten += 1


class Answers:
    """A recognizer that has answered, and notes how long it was waited for."""

    def __init__(self) -> None:
        self.news: list[Heard | Progress] = []
        self.spotted = False
        self.waited: list[float] = []
        self.ready_after = 1_000

    def poll(self) -> Iterator[Heard | Progress]:
        yield from self.news

    def poll_spot(self) -> bool:
        return self.spotted

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        return len(self.waited) >= self.ready_after


class Still:
    """A microphone that only says whether it is live."""

    live = True
    echo = None


class Stage:
    """Ears whose outside is in a test's hands."""

    def __init__(self, panel: bool = True) -> None:
        self.hands, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.panel, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ends = (self.hands, theirs, self.panel, its)
        for end in self.ends:
            end.setblocking(False)
        self.wake, self.recognizer, self.microphone = Scores(), Answers(), Still()
        self.ear = Ear(
            microphone=cast(Any, self.microphone),
            wake=cast(Any, self.wake),
            stops=(False, True, False),
            vad=cast(Any, None),
            speech_threshold=0.5,
            recognizer=cast(Any, self.recognizer),
            hands=theirs.fileno(),
            panel=its.fileno() if panel else -1,
            pulse=Pulse(),
        )

    def told(self) -> list[Letter]:
        """Every letter that the hands have."""
        found: list[Letter] = []
        while True:
            try:
                found.append(unpack(self.hands.recv(65)))
            except BlockingIOError:
                return found

    def close(self) -> None:
        for end in self.ends:
            end.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def reading(word: int, fused: float, woke: bool = True) -> Reading:
    return Reading(word, fused, fused, fused, 0.5, woke)


@pytest.mark.parametrize(
    ("fused", "score"),
    [(0.0, 0), (0.0624, 0), (0.0625, 1), (0.5, 8), (0.9374, 14), (0.9375, 15), (1.0, 15)],
)
def test_a_score_is_told_in_sixteen_steps(stage: Stage, fused: float, score: int) -> None:
    stage.wake.readings = (reading(0, fused),)
    assert stage.ear.waking(FRAME, Hint.QUIET) == s.Waking(0, score)


def test_of_several_words_that_wake_the_surest_counts(stage: Stage) -> None:
    stage.wake.readings = (reading(0, 0.6), reading(1, 0.8), reading(2, 0.99, woke=False))
    assert stage.ear.waking(FRAME, Hint.RINGING) == s.Waking(1, 12, stops=True)
    assert stage.wake.loud is Hint.RINGING


def test_a_word_that_does_not_wake_is_none(stage: Stage) -> None:
    stage.wake.readings = (reading(0, 0.99, woke=False),)
    assert stage.ear.waking(FRAME, Hint.QUIET) is None


@pytest.mark.parametrize(
    ("do", "letter"),
    [
        (s.SayWoke(3, 1, 15), Woke(3, 1, 15)),
        (s.SayCommand(3, Request(Intent.TIME)), Command(3, Request(Intent.TIME))),
        (s.SayEnded(3, Outcome.COMMAND, 25), Ended(3, Outcome.COMMAND, 20)),
        (s.SayEnded(3, Outcome.NO_SPEECH, 1), Ended(3, Outcome.NO_SPEECH, 1)),
    ],
)
def test_what_the_machine_says_is_a_letter(stage: Stage, do: s.Do, letter: Letter) -> None:
    stage.ear.do(do)
    assert stage.told() == [letter]


def test_who_gives_up_says_why_and_ends(stage: Stage) -> None:
    with pytest.raises(RecognizerHung):
        stage.ear.do(s.GiveUp())
    assert stage.told() == [Fault(FaultCode.RECOGNIZER_SLOW)]


def test_without_hands_nothing_is_told(stage: Stage) -> None:
    stage.hands.close()
    with pytest.raises(HandsGone):
        devices.send(stage.ear.hands, Hello(1, bytes(8)))
    with pytest.raises(HandsGone):
        list(stage.ear.heard_meanwhile())


def test_hands_that_do_not_read_are_no_hands(stage: Stage) -> None:
    with pytest.raises(HandsGone):
        for _ in range(100_000):
            devices.send(stage.ear.hands, Hello(1, bytes(8)))


def test_what_arrived_meanwhile_is_heard_in_order(stage: Stage) -> None:
    request = Request(Intent.TIME)
    stage.recognizer.news = [Progress.COMPLETE, Heard(request, False, False)]
    stage.recognizer.spotted = True
    stage.hands.send(bytes((Hint.SPEAKING,)))
    stage.hands.send(b"\xfe")  # no hint
    stage.panel.send(b"?")
    assert list(stage.ear.heard_meanwhile()) == [
        s.Progressed(Progress.COMPLETE),
        s.Heard(request, False),
        s.Spotted(),
        s.Hinted(Hint.SPEAKING),
    ]
    assert stage.told() == []


@pytest.mark.parametrize(
    ("hung", "code"), [(True, FaultCode.RECOGNIZER_HUNG), (False, FaultCode.RECOGNIZER_CRASHED)]
)
def test_a_recognizer_that_failed_is_told(stage: Stage, hung: bool, code: FaultCode) -> None:
    stage.recognizer.news = [Heard(None, True, hung)]
    assert list(stage.ear.heard_meanwhile()) == [s.Heard(None, True)]
    assert stage.told() == [Fault(code)]


def test_the_button_opens_and_another_word_of_the_panel_does_not(stage: Stage) -> None:
    stage.panel.send(devices.PRESSED)
    assert list(stage.ear.heard_meanwhile()) == [s.Pressed()]
    stage.panel.send(devices.REFUSED)
    assert list(stage.ear.heard_meanwhile()) == []


def test_a_panel_that_closes_ends_ears_unless_it_refused_them(stage: Stage) -> None:
    stage.panel.send(devices.REFUSED)
    stage.panel.close()
    assert list(stage.ear.heard_meanwhile()) == []
    assert stage.ear.panel == -1
    assert list(stage.ear.heard_meanwhile()) == []


def test_a_panel_that_only_closes_ends_ears(stage: Stage) -> None:
    stage.panel.close()
    with pytest.raises(PanelGone):
        list(stage.ear.heard_meanwhile())


LISTENING, THINKING = s.Listening(1, 0, Hint.QUIET), s.Thinking(1, 0, Hint.QUIET, 3)


def test_the_lamp_is_told_when_it_changes_and_only_then(stage: Stage) -> None:
    shown = [
        (s.Asleep(), None),
        (LISTENING, Lamp.LISTENING),
        (LISTENING, None),
        (THINKING, Lamp.THINKING),
        (s.FollowUp(1, Hint.QUIET), Lamp.ASLEEP),
        (s.Asleep(1), None),
    ]
    for state, lamp in shown:
        stage.ear.show(cast(s.State, state))
        assert stage.ear.at_rest is isinstance(state, s.Asleep | s.FollowUp)
        try:
            said: bytes | None = stage.panel.recv(1)
        except BlockingIOError:
            said = None
        assert said == (None if lamp is None else bytes((lamp,)))


def test_a_lamp_that_cannot_be_told_ends_ears(stage: Stage) -> None:
    stage.panel.close()
    with pytest.raises(PanelGone):
        stage.ear.show(LISTENING)


def test_without_a_panel_the_lamp_is_only_remembered() -> None:
    made = Stage(panel=False)
    made.ear.show(LISTENING)
    assert made.ear.lamp is Lamp.LISTENING
    with pytest.raises(BlockingIOError):
        made.panel.recv(1)
    made.close()


@pytest.mark.parametrize(
    ("live", "seconds", "waits"),
    [(True, 0.06, [0.06]), (True, 0.5, [0.5]), (True, 1.2, [0.5, 0.5, 0.2]), (True, 0.0, [])],
)
def test_an_answer_is_waited_for_in_beats(
    stage: Stage, live: bool, seconds: float, waits: list[float]
) -> None:
    stage.microphone.live = live
    stage.ear.wait_for_answer(seconds)
    assert stage.recognizer.waited == pytest.approx(waits)


def test_an_answer_ends_the_wait_and_a_file_gives_all_the_time_there_is(stage: Stage) -> None:
    stage.recognizer.ready_after = 2
    stage.ear.wait_for_answer(5.0)
    assert stage.recognizer.waited == [0.5, 0.5]
    stage.recognizer.waited.clear()
    stage.recognizer.ready_after = 1_000
    stage.microphone.live, stage.ear.think_s = False, 1.0
    stage.ear.wait_for_answer(0.06)
    assert stage.recognizer.waited == [0.5, 0.5]


def test_a_line_that_was_reset_is_read_to_its_end() -> None:
    """What the other side had said before it went counts: the refusal of a panel, say."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.send(b"x")
    ours.send(b"unread: this makes it a reset")
    theirs.close()
    os.set_blocking(ours.fileno(), False)
    assert devices._read(ours.fileno()) == (b"x", True)
    ours.close()
