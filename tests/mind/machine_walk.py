"""Every reachable state with every event, and the promises checked on each edge."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from device.mind import states as s
from device.mind.types import BUTTON, FOLLOW_UP, STOP_WORD, Hint, Intent, Outcome, Progress, Request

Step = Callable[[s.State, s.Event, s.Rules], tuple[s.State, tuple[s.Do, ...]]]

RULES = s.Rules(
    patience=4,
    onset=2,
    silence=3,
    complete_silence=1,
    unfinished_silence=4,
    longest=7,
    refractory=2,
    think=3,
    follow_up=6,
    ask_wait=3,
    spot=4,
    wake_tail=0,
    may_ask=frozenset({Intent.TIMER_CANCEL}),
)
OWN = (Hint.SPEAKING, Hint.RINGING, Hint.AFAR)
ASKING = Request(Intent.TIMER_CANCEL)
PLAIN = Request(Intent.TIME)
WAKING = s.Waking(word=0, score=15)
STOPPING = s.Waking(word=1, score=12, stops=True)

EVENTS: tuple[s.Event, ...] = (
    s.Frame(),
    s.Frame(speech=True),
    s.Frame(waking=WAKING),
    s.Frame(waking=WAKING, speech=True),
    s.Frame(waking=STOPPING),
    s.Pressed(),
    *(s.Hinted(hint) for hint in Hint),
    *(s.Progressed(progress) for progress in Progress),
    s.Heard(),
    s.Heard(PLAIN),
    s.Heard(ASKING),
    s.Heard(failed=True),
    s.Spotted(),
)


@dataclass(frozen=True)
class Memory:
    """What an onlooker remembers of the commands so far; enough to judge the next ones."""

    open: bool = False
    """An activation was begun and not ended."""
    passing: bool = False
    """A recognizer child is open."""
    passed: int = 0
    cause: int = 0
    letters: int = 0
    commanded: bool = False
    forgotten: bool = True
    spotting: bool = False
    spotted: int = 0
    may_follow: bool = False
    """A command that may ask was told, and nothing else was opened since."""
    loud: bool = False


class Broken(AssertionError):
    """A promise was broken on an edge."""


def need(truth: object, promise: str) -> None:
    if not truth:
        raise Broken(promise)


def judge(
    memory: Memory, before: s.State, event: s.Event, do: tuple[s.Do, ...], rules: s.Rules = RULES
) -> Memory:
    """Check one edge command by command; raises Broken with the promise."""
    if isinstance(event, s.Hinted) and event.hint is not Hint.ASKED:
        memory = replace(memory, loud=event.hint in OWN)
    for each in do:
        memory = _judge_one(memory, before, event, each, rules)
    return memory


def _judge_one(m: Memory, before: s.State, event: s.Event, do: s.Do, rules: s.Rules) -> Memory:
    match do:
        case s.SayWoke(number, cause, _):
            need(not m.open, "one activation at a time")
            need(number == before.number + 1, "numbers run on")
            _need_reason(m, event, cause)
            return replace(m, open=True, letters=1, cause=cause, commanded=False, forgotten=False)
        case s.TakeIn():
            need(m.open and not m.passing, "sound is taken in once, after it was told")
            need(m.letters == 1 and not m.commanded, "no second chance in between")
            need(not m.spotting, "one child gets a frame, not two")
            return replace(m, passing=True, passed=0, may_follow=False)
        case s.Pass():
            need(m.passing, "sound is passed only between opening and end")
            need(isinstance(event, s.Frame), "what is passed is the frame at hand")
            longest = rules.follow_up if m.cause == FOLLOW_UP else rules.longest
            need(m.passed < longest, "never more than the longest command")
            return replace(m, passed=m.passed + 1)
        case s.End():
            need(m.passing, "only what was opened is ended")
            return replace(m, passing=False)
        case s.SayCommand(_, request):
            return _judge_command(m, event, request, rules)
        case s.SayEnded(_, outcome, taken):
            need(m.open and m.letters < 4, "one end for each activation")
            need(not m.passing and m.forgotten, "it is over when it is forgotten")
            need(taken == m.passed, "what is told is what was taken in")
            told = outcome in (Outcome.COMMAND, Outcome.STOPPED)
            need(told == m.commanded, "outcomes are true")
            return replace(m, open=False, letters=0, passed=0, cause=0, commanded=False)
        case s.Forget():
            need(not m.passing, "forgotten after the end, not before")
            return replace(m, forgotten=True)
        case s.GiveUp():
            need(not m.open and m.forgotten, "told and forgotten before giving up")
            return m
    return _judge_spot(m, event, do, rules)


def _need_reason(m: Memory, event: s.Event, cause: int) -> None:
    match event:
        case s.Frame(waking=s.Waking(word=word)):
            need(cause == word, "the word that woke is the one told")
        case s.Pressed():
            need(cause == BUTTON, "a button is a button")
        case s.Hinted(Hint.ASKED):
            need(cause == FOLLOW_UP and m.may_follow, "a question needs a command that may ask")
        case s.Spotted():
            need(cause == STOP_WORD and m.loud, "stop is for what rings or speaks")
        case _:
            need(False, "nothing else opens the microphone")


def _judge_command(m: Memory, event: s.Event, request: Request, rules: s.Rules) -> Memory:
    need(m.open and not m.commanded, "at most one command for each activation")
    if m.cause == STOP_WORD or isinstance(event, s.Frame):
        need(request == Request(Intent.STOP), "a stop word says stop and nothing else")
    else:
        need(isinstance(event, s.Heard) and event.request == request, "what is told was heard")
        need(not m.passing, "the child is gone before the command is told")
    may = request.intent in rules.may_ask and m.cause != FOLLOW_UP
    return replace(m, commanded=True, letters=m.letters + 1, may_follow=may)


def _judge_spot(m: Memory, event: s.Event, do: s.Do, rules: s.Rules) -> Memory:
    match do:
        case s.SpotOpen():
            need(not m.spotting and not m.open and m.loud, "the spotter listens while it is loud")
            return replace(m, spotting=True, spotted=0)
        case s.SpotPass():
            need(m.spotting and isinstance(event, s.Frame), "the spotter gets the frame at hand")
            need(m.spotted < rules.spot, "a spotter child lives for so many frames at most")
            return replace(m, spotted=m.spotted + 1)
        case s.SpotEnd():
            need(m.spotting, "only what was opened is ended")
            return replace(m, spotting=False, spotted=0)
    raise AssertionError(f"no promise covers {do}")


def rest(memory: Memory, after: s.State, event: s.Event, do: tuple[s.Do, ...]) -> Memory:
    """What must hold in the state that was reached."""
    need(memory.passing == isinstance(after, s.Listening), "open exactly while listening")
    need(memory.open == isinstance(after, s.Listening | s.Thinking), "told exactly while at it")
    if isinstance(after, s.Listening) and isinstance(event, s.Frame):
        need(s.Pass() in do, "no frame of a command is lost")
    if isinstance(after, s.Asleep | s.FollowUp):
        need(memory.forgotten, "asleep is forgotten")
        need(memory.spotting == (after.spotted > 0), "the spotter is as the state says")
        need(memory.loud or not memory.spotting, "no spotter while it is quiet")
    if isinstance(after, s.Asleep):
        memory = replace(memory, may_follow=False)
    return memory


def walk(step: Step, rules: s.Rules = RULES) -> Iterator[tuple[s.State, s.Event, s.State]]:
    """Every edge there is, judged; numbers are taken relative, so that the walk ends."""
    start: tuple[s.State, Memory] = (s.Asleep(number=100), Memory())
    seen = {start}
    queue = deque([start])
    while queue:
        state, memory = queue.popleft()
        for event in EVENTS:
            after, do = step(state, event, rules)
            judged = rest(judge(memory, state, event, do, rules), after, event, do)
            yield state, event, after
            here = (replace(after, number=100), judged)
            if here not in seen:
                need(len(seen) < 50_000, "time stands still somewhere: states without end")
                seen.add(here)
                queue.append(here)


def wander(step: Step, rules: s.Rules, steps: int, seed: int) -> Iterator[s.State]:
    """A long way through a machine too large to see whole, every edge of it judged.

    Mostly frames, as in life, in runs of speech and of silence; the rest of the events in between.
    """
    chance = random.Random(seed)
    state: s.State = s.Asleep(number=100)
    memory, speech = Memory(), False
    for _ in range(steps):
        speech = speech if chance.random() < 0.9 else not speech
        event: s.Event = s.Frame(speech=speech)
        if chance.random() < 0.02:
            event = chance.choice(EVENTS)
        after, do = step(state, event, rules)
        memory = rest(judge(memory, state, event, do, rules), after, event, do)
        state = after
        yield state
