"""The machine keeps its laws in every state, for every event; and faults planted in it are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from device.mind import states as s
from device.mind.machine import step
from device.mind.types import (
    BUTTON,
    FOLLOW_UP,
    LAST_NUMBER,
    STOP_WORD,
    Hint,
    Intent,
    Outcome,
    Progress,
    Request,
)
from tests.mind.machine_walk import (
    ASKING,
    PLAIN,
    RULES,
    STOPPING,
    WAKING,
    Broken,
    Step,
    walk,
    wander,
)

Do = tuple[s.Do, ...]
Change = Callable[[s.State, s.Event, s.State, Do], tuple[s.State, Do]]


def run(
    *events: s.Event, rules: s.Rules = RULES, start: s.State | None = None
) -> tuple[s.State, list[s.Do]]:
    state: s.State = start or s.Asleep()
    done: list[s.Do] = []
    for event in events:
        state, do = step(state, event, rules)
        done += do
    return state, done


def said(done: list[s.Do]) -> list[s.Do]:
    return [d for d in done if isinstance(d, s.SayWoke | s.SayCommand | s.SayEnded)]


SPEECH, SILENCE, WAKE = s.Frame(speech=True), s.Frame(), s.Frame(waking=WAKING)


@pytest.mark.parametrize("tail", [0, 2])
def test_every_state_with_every_event_keeps_every_promise(tail: int) -> None:
    edges = list(walk(step, replace(RULES, wake_tail=tail)))
    kinds = {type(after) for _, _, after in edges}
    assert kinds == {s.Asleep, s.Listening, s.Thinking, s.FollowUp}
    assert len(edges) > 5_000


def test_on_a_long_way_with_the_shipped_rules_every_promise_is_kept() -> None:
    rules = replace(s.Rules(), may_ask=RULES.may_ask)
    found = {type(state) for state in wander(step, rules, 40_000, seed=13)}
    assert found == {s.Asleep, s.Listening, s.Thinking, s.FollowUp}


def test_a_command_is_taken_in_told_and_forgotten() -> None:
    state, done = run(WAKE, SPEECH, SPEECH, SILENCE, SILENCE, SILENCE, s.Heard(PLAIN))
    assert said(done) == [
        s.SayWoke(1, 0, 15),
        s.SayCommand(1, PLAIN),
        s.SayEnded(1, Outcome.COMMAND, 6),
    ]
    assert done.count(s.Pass()) == 6
    assert done[-3:] == [s.SayCommand(1, PLAIN), s.Forget(), s.SayEnded(1, Outcome.COMMAND, 6)]
    assert state == s.Asleep(1, rest=RULES.refractory)


def test_a_sentence_that_cannot_go_on_ends_sooner() -> None:
    state, _ = run(WAKE, SPEECH, SPEECH, s.Progressed(Progress.COMPLETE), SILENCE)
    assert isinstance(state, s.Thinking)
    state, _ = run(WAKE, SPEECH, SPEECH, s.Progressed(Progress.CAN_GO_ON), SILENCE)
    assert isinstance(state, s.Listening)


def test_a_sentence_that_cannot_be_over_yet_is_waited_for() -> None:
    rules = replace(RULES, longest=20)
    pause = [SILENCE] * rules.silence
    told = (WAKE, SPEECH, SPEECH, s.Progressed(Progress.UNFINISHED))
    state, _ = run(*told, *pause, rules=rules)
    assert isinstance(state, s.Listening)
    state, _ = run(*told, *[SILENCE] * rules.unfinished_silence, rules=rules)
    assert isinstance(state, s.Thinking)
    # what is said next takes it back
    over = s.Progressed(Progress.CAN_GO_ON)
    state, _ = run(*told, *pause, SPEECH, over, *pause, rules=rules)
    assert isinstance(state, s.Thinking)


def test_nobody_speaks_and_it_ends_after_the_patience_whatever_was_made_out() -> None:
    state, done = run(WAKE, SILENCE, SILENCE, SILENCE, s.Heard(PLAIN))
    assert said(done) == [s.SayWoke(1, 0, 15), s.SayEnded(1, Outcome.NO_SPEECH, 4)]
    assert isinstance(state, s.Asleep)


def test_the_last_of_the_wake_word_is_no_beginning() -> None:
    state, _ = run(s.Frame(waking=WAKING, speech=True), SILENCE, SILENCE)
    assert state == s.Listening(1, 0, Hint.QUIET, taken=3, voiced=0, silent=2)


@pytest.mark.parametrize("rules", [s.Rules(), replace(RULES, wake_tail=2, patience=7)])
def test_speech_from_the_waking_on_is_its_end_until_it_is_longer_than_that(rules: s.Rules) -> None:
    for longer in (0, 1):
        tail = [SPEECH] * (rules.wake_tail + longer)
        state, _ = run(WAKE, *tail, SILENCE, rules=rules)
        assert isinstance(state, s.Listening)
        assert state.spoken is bool(longer)
    # after a pause the speech is the command's from its usual onset on
    state, _ = run(WAKE, SILENCE, *[SPEECH] * (rules.onset - 1), rules=rules)
    assert isinstance(state, s.Listening) and not state.spoken
    state, _ = run(WAKE, SILENCE, *[SPEECH] * rules.onset, rules=rules)
    assert isinstance(state, s.Listening) and state.spoken


def test_talk_without_end_is_cut_at_the_longest_command() -> None:
    state, done = run(WAKE, *[SPEECH] * 20)
    assert isinstance(state, s.Asleep | s.Thinking)
    assert done.count(s.Pass()) == RULES.longest


def test_nothing_wakes_right_after_an_activation() -> None:
    asleep = s.Asleep(1, rest=2)
    assert run(WAKE, start=asleep)[1] == []
    assert run(WAKE, start=s.Asleep(1, rest=1))[1] == [], "the last frame of the rest, too"
    assert isinstance(run(SILENCE, SILENCE, WAKE, start=asleep)[0], s.Listening)


def test_one_answer_to_a_question_and_no_second() -> None:
    command = (WAKE, SPEECH, SPEECH, SILENCE, SILENCE, SILENCE, s.Heard(ASKING))
    state, done = run(*command, s.Hinted(Hint.ASKED))
    assert said(done)[-1] == s.SayWoke(2, FOLLOW_UP, 0)
    answer = (SPEECH, SPEECH, SILENCE, SILENCE, SILENCE, s.Heard(ASKING), s.Hinted(Hint.ASKED))
    state, _ = run(*answer, start=state)
    assert state == s.Asleep(2, rest=RULES.refractory)


def test_a_question_that_nobody_announced_opens_nothing() -> None:
    for start in (s.Asleep(), s.Thinking(1, 0, Hint.QUIET, 3)):
        assert run(s.Hinted(Hint.ASKED), start=start) == (start, [])


def test_a_question_that_comes_too_late_opens_nothing() -> None:
    state, _ = run(
        *[SILENCE] * RULES.ask_wait, s.Hinted(Hint.ASKED), start=s.FollowUp(1, Hint.QUIET)
    )
    assert isinstance(state, s.Asleep)


def test_stop_needs_no_wake_word_while_it_rings_and_takes_nothing_in() -> None:
    _, done = run(s.Hinted(Hint.RINGING), SILENCE, s.Spotted())
    assert said(done) == [
        s.SayWoke(1, STOP_WORD, 0),
        s.SayCommand(1, Request(Intent.STOP)),
        s.SayEnded(1, Outcome.STOPPED, 0),
    ]
    assert s.Pass() not in done
    for quiet in (Hint.QUIET, Hint.RADIO):
        assert run(s.Hinted(quiet), SILENCE, s.Spotted())[1] == []


def test_a_word_that_only_stops_takes_nothing_in() -> None:
    _, done = run(s.Frame(waking=STOPPING))
    assert not any(isinstance(d, s.TakeIn) for d in done)
    assert s.SayCommand(1, Request(Intent.STOP)) in done


def test_a_wake_word_is_heard_over_the_speakers_own_voice() -> None:
    _, done = run(s.Hinted(Hint.SPEAKING), SILENCE, WAKE)
    assert done == [
        s.SpotOpen(speaking=True),
        s.SpotPass(),
        s.SpotEnd(),
        s.SayWoke(1, 0, 15),
        s.TakeIn(),
        s.Pass(),
    ]


def test_a_recognizer_that_never_answers_is_given_up() -> None:
    _, done = run(*[SILENCE] * RULES.think, start=s.Thinking(1, 0, Hint.QUIET, 3))
    assert done == [s.Forget(), s.SayEnded(1, Outcome.RECOGNIZER_FAILED, 3), s.GiveUp()]


def test_the_button_opens_and_the_count_of_activations_starts_again_at_one() -> None:
    _, done = run(s.Pressed(), start=s.Asleep(LAST_NUMBER))
    assert said(done) == [s.SayWoke(1, BUTTON, 0)]


# --- faults, planted one by one: each must break a promise


def _fault(change: Change) -> Step:
    def faulty(state: s.State, event: s.Event, rules: s.Rules) -> tuple[s.State, Do]:
        return change(state, event, *step(state, event, rules))

    return faulty


def _without(kind: type[s.Do]) -> Change:
    return lambda _s, _e, after, do: (after, tuple(d for d in do if not isinstance(d, kind)))


def _asked_opens(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Asleep) and event == s.Hinted(Hint.ASKED):
        woke = s.SayWoke(state.number + 1, FOLLOW_UP, 0)
        return s.Listening(state.number + 1, FOLLOW_UP, state.loud), (woke, s.TakeIn())
    return after, do


def _endless(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Listening) and isinstance(event, s.Frame):
        return replace(state, silent=0), (s.Pass(),)
    return after, do


def _passes_asleep(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Asleep) and isinstance(event, s.Frame) and not do:
        return after, (s.Pass(),)
    return after, do


def _follows_twice(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(after, s.Asleep) and isinstance(event, s.Heard) and event.request == ASKING:
        return s.FollowUp(after.number, after.loud), do
    return after, do


def _hint_wakes(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Asleep) and event == s.Hinted(Hint.RINGING):
        woke = s.SayWoke(state.number + 1, BUTTON, 0)
        return s.Listening(state.number + 1, BUTTON, Hint.RINGING), (woke, s.TakeIn())
    return after, do


def _stop_when_quiet(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Asleep) and event == s.Spotted():
        return step(replace(state, loud=Hint.RINGING), event, RULES)
    return after, do


def _acts_unheard(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(event, s.Heard) and event.request is None and s.Forget() in do:
        return after, (s.SayCommand(state.number, PLAIN), *do)
    return after, do


def _tells_before_the_end(
    state: s.State, event: s.Event, after: s.State, do: Do
) -> tuple[s.State, Do]:
    if isinstance(state, s.Listening) and isinstance(event, s.Heard):
        return after, tuple(sorted(do, key=lambda d: isinstance(d, s.End)))
    return after, do


def _lies_about_the_sound(_s: s.State, _e: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    return after, tuple(replace(d, taken=0) if isinstance(d, s.SayEnded) else d for d in do)


def _number_twice(_s: s.State, _e: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    return after, tuple(
        replace(d, number=d.number - 1) if isinstance(d, s.SayWoke) else d for d in do
    )


def _spots_for_ever(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(after, s.Asleep) and s.SpotEnd() in do and isinstance(event, s.Frame):
        return replace(after, spotted=1), tuple(d for d in do if d != s.SpotEnd())
    return after, do


def _spots_when_quiet(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if event == s.Hinted(Hint.QUIET) and isinstance(state, s.Asleep) and state.spotted:
        return replace(state, loud=Hint.QUIET), ()
    return after, do


def _no_speech_obeyed(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Thinking) and isinstance(event, s.Heard) and event.failed:
        return after, (s.SayCommand(state.number, PLAIN), *do)
    return after, do


def _stays_open(state: s.State, event: s.Event, after: s.State, do: Do) -> tuple[s.State, Do]:
    if isinstance(state, s.Listening) and isinstance(after, s.Thinking):
        return after, tuple(d for d in do if d != s.End())
    return after, do


FAULTS: dict[str, Change] = {
    "a command is not forgotten": _without(s.Forget),
    "the child is never ended": _without(s.End),
    "an end is not told": _without(s.SayEnded),
    "a waking is not told": _without(s.SayWoke),
    "frames of a command are lost": _without(s.Pass),
    "the spotter is never ended": _without(s.SpotEnd),
    "a hint opens the microphone": _hint_wakes,
    "a question opens it unasked": _asked_opens,
    "a command has no end": _endless,
    "sound is passed while asleep": _passes_asleep,
    "a follow-up follows a follow-up": _follows_twice,
    "stop is heard when nothing sounds": _stop_when_quiet,
    "nothing heard is acted on": _acts_unheard,
    "a failure is acted on": _no_speech_obeyed,
    "a command is told while its child lives": _tells_before_the_end,
    "less is told than was taken in": _lies_about_the_sound,
    "a number is given twice": _number_twice,
    "a spotter child lives on": _spots_for_ever,
    "the spotter listens when it is quiet": _spots_when_quiet,
    "the recognizer stays open while thinking": _stays_open,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name: str) -> None:
    with pytest.raises(Broken):
        for _ in walk(_fault(FAULTS[name])):
            pass
