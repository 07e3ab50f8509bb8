"""When sound is taken in, and when it is forgotten: one pure function.

Three laws, checked by the tests on every edge between every two states:

1. Sound is passed on in `Listening` and nowhere else, and never more than the longest command.
2. Only a wake word, the button, or the one answer to a question that a command of one's own led
   to opens `Listening`.
3. Whatever was opened is ended, forgotten and told: for every number one `SayWoke` first, one
   `SayEnded` last, and no second chance in between.

`step(state, event, rules)` gives the next state and the commands that somebody else performs.
Time is counted in frames of 80 ms; there is no clock here. Mute and broken are no states: they
are processes that don't run.
"""

from __future__ import annotations

from dataclasses import replace

from device.mind.states import (
    Asleep,
    Do,
    End,
    Event,
    FollowUp,
    Forget,
    Frame,
    GiveUp,
    Heard,
    Hinted,
    Listening,
    Pass,
    Pressed,
    Progressed,
    Rules,
    SayCommand,
    SayEnded,
    SayWoke,
    SpotEnd,
    SpotOpen,
    SpotPass,
    Spotted,
    State,
    TakeIn,
    Thinking,
    Waking,
)
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

Step = tuple[State, tuple[Do, ...]]


def step(state: State, event: Event, rules: Rules) -> Step:
    """The next state and what to do, in order. Never raises; an event out of place does nothing."""
    if isinstance(event, Hinted) and event.hint is not Hint.ASKED:
        return _hinted(state, event.hint)
    match state:
        case Asleep() | FollowUp():
            return _waiting(state, event, rules)
        case Listening():
            return _listening(state, event, rules)
        case Thinking():
            return _thinking(state, event, rules)


def _hinted(state: State, hint: Hint) -> Step:
    if isinstance(state, Asleep | FollowUp) and not hint.own and state.spotted:
        return replace(state, loud=hint, spotted=0), (SpotEnd(),)
    return replace(state, loud=hint), ()


def _waiting(state: Asleep | FollowUp, event: Event, rules: Rules) -> Step:
    match event:
        case Frame(waking=Waking(word, score, stops)) if not _resting(state):
            if stops:
                return _stop(state, word, score, rules)
            return _wake(state, word, score, passing=True)
        case Frame():
            return _frame_by(state, rules)
        case Pressed():
            return _wake(state, BUTTON, 0, passing=False)
        case Hinted() if isinstance(state, FollowUp):
            return _wake(state, FOLLOW_UP, 0, passing=False)
        case Spotted() if state.loud.own:
            return _stop(state, STOP_WORD, 0, rules)
    return state, ()


def _resting(state: Asleep | FollowUp) -> bool:
    return isinstance(state, Asleep) and state.rest > 0


def _next(number: int) -> int:
    return 1 if number == LAST_NUMBER else number + 1


def _hush(state: Asleep | FollowUp) -> tuple[Do, ...]:
    return (SpotEnd(),) if state.spotted else ()


def _wake(state: Asleep | FollowUp, cause: int, score: int, *, passing: bool) -> Step:
    """Open: the frame that woke is the first that is passed; no earlier one exists."""
    number = _next(state.number)
    do = (*_hush(state), SayWoke(number, cause, score), TakeIn(asked=cause == FOLLOW_UP))
    if not passing:
        return Listening(number, cause, state.loud), do
    return Listening(number, cause, state.loud, taken=1), (*do, Pass())


def _stop(state: Asleep | FollowUp, cause: int, score: int, rules: Rules) -> Step:
    """A stop word opens nothing: it says stop, and no sound was taken in."""
    number = _next(state.number)
    return Asleep(number, state.loud, rest=rules.refractory), (
        *_hush(state),
        SayWoke(number, cause, score),
        SayCommand(number, Request(Intent.STOP)),
        Forget(),
        SayEnded(number, Outcome.STOPPED, 0),
    )


def _frame_by(state: Asleep | FollowUp, rules: Rules) -> Step:
    do: tuple[Do, ...] = ()
    if state.loud.own:
        state, do = _spot(state, rules)
    if isinstance(state, Asleep):
        return replace(state, rest=max(0, state.rest - 1)), do
    waited = state.waited + 1
    if waited >= rules.ask_wait:
        return Asleep(state.number, state.loud, spotted=state.spotted), do
    return replace(state, waited=waited), do


def _spot(state: Asleep | FollowUp, rules: Rules) -> tuple[Asleep | FollowUp, tuple[Do, ...]]:
    speaking = state.loud is Hint.SPEAKING
    opened: tuple[Do, ...] = (SpotOpen(speaking),) if not state.spotted else ()
    if state.spotted + 1 >= rules.spot:
        return replace(state, spotted=0), (*opened, SpotPass(), SpotEnd())
    return replace(state, spotted=state.spotted + 1), (*opened, SpotPass())


def _listening(state: Listening, event: Event, rules: Rules) -> Step:
    match event:
        case Frame(speech=speech):
            return _taken(state, speech, rules)
        case Progressed(progress):
            return replace(state, progress=progress), ()
        case Heard(request, failed):
            # the child ended before its command did: nothing is left to pass frames to
            return _settle(_close(state, Outcome.NOT_UNDERSTOOD), request, failed, rules, (End(),))
    return state, ()


def _taken(state: Listening, speech: bool, rules: Rules) -> Step:
    state = replace(
        state,
        taken=state.taken + 1,
        voiced=state.voiced + 1 if speech else state.voiced,
        silent=0 if speech else state.silent + 1,
    )
    if not state.spoken and state.silent >= rules.onset:
        state = replace(state, voiced=0)  # a breath or the last of the wake word, not a beginning
    # speech ever since the frame that woke is the end of the wake word, until it goes on
    tail = state.voiced == state.taken - 1
    needed = max(rules.onset, rules.wake_tail + 1) if tail else rules.onset
    state = replace(state, spoken=state.spoken or (speech and state.voiced >= needed))
    longest = rules.follow_up if state.cause == FOLLOW_UP else rules.longest
    if state.taken >= longest:
        return _close(state, Outcome.TOO_LONG if state.spoken else Outcome.NO_SPEECH), (
            Pass(),
            End(),
        )
    if not state.spoken and state.taken >= rules.patience:
        return _close(state, Outcome.NO_SPEECH), (Pass(), End())
    enough = {
        Progress.COMPLETE: rules.complete_silence,
        Progress.UNFINISHED: max(rules.silence, rules.unfinished_silence),
    }.get(state.progress, rules.silence)
    if state.spoken and state.silent >= enough:
        return _close(state, Outcome.NOT_UNDERSTOOD), (Pass(), End())
    return state, (Pass(),)


def _close(state: Listening, verdict: Outcome) -> Thinking:
    return Thinking(state.number, state.cause, state.loud, state.taken, verdict=verdict)


def _thinking(state: Thinking, event: Event, rules: Rules) -> Step:
    match event:
        case Heard(request, failed):
            return _settle(state, request, failed, rules, ())
        case Frame():
            if state.waited + 1 >= rules.think:
                ended = SayEnded(state.number, Outcome.RECOGNIZER_FAILED, state.taken)
                return Asleep(state.number, state.loud), (Forget(), ended, GiveUp())
            return replace(state, waited=state.waited + 1), ()
    return state, ()


def _settle(
    state: Thinking, request: Request | None, failed: bool, rules: Rules, do: tuple[Do, ...]
) -> Step:
    """The child is gone: tell what was asked, tell that it is over, forget."""
    asleep = Asleep(state.number, state.loud, rest=rules.refractory)
    if failed:
        ended = SayEnded(state.number, Outcome.RECOGNIZER_FAILED, state.taken)
        return asleep, (*do, Forget(), ended)
    if request is None or state.verdict is Outcome.NO_SPEECH:
        ended = SayEnded(state.number, state.verdict, state.taken)
        return asleep, (*do, Forget(), ended)
    said = SayCommand(state.number, request)
    ended = SayEnded(state.number, Outcome.COMMAND, state.taken)
    if request.intent in rules.may_ask and state.cause != FOLLOW_UP:
        return FollowUp(state.number, state.loud), (*do, said, Forget(), ended)
    return asleep, (*do, said, Forget(), ended)
