"""The whole story of a frame, from the microphone to a letter.

    frame -> asleep: the detectors look for a wake word
          -> listening: voice activity is judged, the frame goes to the recognizer's child
    and what arrived meanwhile (a child's answer, a hint, the button) is heard before it.

Nothing here keeps a frame: the microphone's one buffer is looked at, passed on, and overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator

from device.ears.capture.microphone import EndOfSound, Sound
from device.ears.devices import Ear
from device.errors import MicrophoneLost
from device.letter import FaultCode
from device.mind import states as s
from device.mind.machine import step

WATCHDOG_FRAMES = 6
"""The service manager hears of the loop about twice a second."""
ANSWER_WAIT_S = 0.06
"""While thinking, an answer is waited for so long before the next frame is read."""


def listen(ear: Ear, rules: s.Rules) -> None:
    """Read a frame, think about it, do what follows; until the microphone is over."""
    state: s.State = s.Asleep()
    for count, frame in enumerate(_frames(ear)):
        ear.judge(frame)
        for event in ear.heard_meanwhile():
            state = _happen(ear, state, event, rules)
        state = _happen(ear, state, _look(ear, state, frame), rules)
        if isinstance(state, s.Thinking):
            ear.wait_for_answer(ANSWER_WAIT_S)
        if count % WATCHDOG_FRAMES == 0:
            ear.pulse.watchdog()


def _frames(ear: Ear) -> Iterator[Sound]:
    """Frames until the microphone is lost; a file is followed by the silence that ends it."""
    try:
        while True:
            yield ear.read()
    except EndOfSound:
        ear.microphone.wipe()
        while not ear.at_rest:
            yield ear.microphone.frame
    except MicrophoneLost:
        ear.tell_fault(FaultCode.MICROPHONE_LOST)
        raise


def _happen(ear: Ear, state: s.State, event: s.Event, rules: s.Rules) -> s.State:
    """One step of the machine, and what it wants done."""
    state, commands = step(state, event, rules)
    for command in commands:
        ear.do(command)
    ear.show(state)
    return state


def _look(ear: Ear, state: s.State, frame: Sound) -> s.Event:
    """What there is to know about a frame: asleep, whether it wakes; awake, whether one speaks."""
    match state:
        case s.Asleep(loud=loud) | s.FollowUp(loud=loud):
            return s.Frame(waking=ear.waking(frame, loud))
        case s.Listening():
            return s.Frame(speech=ear.is_speech(frame))
        case s.Thinking():
            return s.Frame()
