"""The state machine as data: its rules, states, events and commands. See machine.py for the laws.

`Asleep` has no field for sound, and none for a request: there is nothing it could keep.
"""

from __future__ import annotations

from dataclasses import dataclass

from device.mind.types import Hint, Outcome, Progress, Request, frames

WAKE_TAIL = 5
"""So many frames of speech from the waking on, and then a pause, were the end of the wake word."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say, in frames."""

    patience: int = frames(4.0)
    """Frames until somebody must have begun to speak."""
    onset: int = 3
    """Frames of speech that make a beginning; the last of the wake word is shorter."""
    silence: int = frames(0.7)
    complete_silence: int = frames(0.32)
    unfinished_silence: int = frames(1.4)
    longest: int = frames(10.0)
    refractory: int = frames(1.0)
    think: int = frames(5.0)
    follow_up: int = frames(8.0)
    ask_wait: int = frames(10.0)
    spot: int = frames(20.0)
    wake_tail: int = WAKE_TAIL
    """Frames of speech that may be the end of the wake word, if they go on from the waking."""
    may_ask: frozenset[int] = frozenset()
    """Intents after which the hands may ask back."""


# --- states


@dataclass(frozen=True, slots=True)
class Asleep:
    """Nothing is taken in."""

    number: int = 0
    """Of the last activation."""
    loud: Hint = Hint.QUIET
    rest: int = 0
    """Frames in which nothing wakes, after an activation."""
    spotted: int = 0
    """Frames that the stop spotter has had."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Frames go to a recognizer made for this one command."""

    number: int
    cause: int
    loud: Hint
    taken: int = 0
    voiced: int = 0
    silent: int = 0
    progress: Progress = Progress.CAN_GO_ON
    """What the recognizer last said of the words so far."""
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Thinking:
    """The command is over; the recognizer has not answered yet."""

    number: int
    cause: int
    loud: Hint
    taken: int
    waited: int = 0
    verdict: Outcome = Outcome.NOT_UNDERSTOOD
    """The outcome if no request comes; with `NO_SPEECH` none is taken."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A command was told that may lead to a question; nothing is taken in."""

    number: int
    loud: Hint
    waited: int = 0
    spotted: int = 0


State = Asleep | Listening | Thinking | FollowUp


# --- events


@dataclass(frozen=True, slots=True)
class Waking:
    """A detector's score crossed its threshold."""

    word: int
    score: int
    stops: bool = False
    """This word only stops what rings or speaks."""


@dataclass(frozen=True, slots=True)
class Frame:
    """80 ms of sound went by."""

    waking: Waking | None = None
    speech: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """The physical button, told by the panel."""


@dataclass(frozen=True, slots=True)
class Hinted:
    """A byte from the hands."""

    hint: Hint


@dataclass(frozen=True, slots=True)
class Progressed:
    """The recognizer child knows whether the sentence can go on."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Heard:
    """The recognizer's last word on a command; its child is gone."""

    request: Request | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Spotted:
    """The stop spotter heard its word."""


Event = Frame | Pressed | Hinted | Progressed | Heard | Spotted


# --- commands


@dataclass(frozen=True, slots=True)
class TakeIn:
    """Begin to pass frames to a fresh recognizer child."""

    asked: bool = False
    """What follows answers the speaker's own question."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Pass the frame at hand."""


@dataclass(frozen=True, slots=True)
class End:
    """No more frames: the child answers and dies."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Wipe what detectors and buffers hold."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The recognizer doesn't answer: end the process, it repairs nothing."""


@dataclass(frozen=True, slots=True)
class SpotOpen:
    """Begin to pass frames to a fresh stop spotter."""

    speaking: bool = False
    """The speaker speaks, which could sound like the word; a ring could not."""


@dataclass(frozen=True, slots=True)
class SpotPass:
    """Pass the frame at hand to the stop spotter."""


@dataclass(frozen=True, slots=True)
class SpotEnd:
    """No more frames for the stop spotter: it dies."""


@dataclass(frozen=True, slots=True)
class SayWoke:
    """Tell the hands that sound is being taken in."""

    number: int
    cause: int
    score: int


@dataclass(frozen=True, slots=True)
class SayCommand:
    """Tell the hands what was asked."""

    number: int
    request: Request


@dataclass(frozen=True, slots=True)
class SayEnded:
    """Tell the hands that it is over and how many frames were taken in."""

    number: int
    outcome: Outcome
    taken: int


Do = (
    TakeIn
    | Pass
    | End
    | Forget
    | GiveUp
    | SpotOpen
    | SpotPass
    | SpotEnd
    | SayWoke
    | SayCommand
    | SayEnded
)
