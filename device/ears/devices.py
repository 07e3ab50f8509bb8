"""What the loop works with: the microphone, the detectors, the recognizer, and two descriptors.

The loop tells the story; here is what each of its sentences does to the outside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from device.ears.capture.condition import Condition
from device.ears.capture.microphone import Microphone, Sound
from device.ears.capture.reference import Reference
from device.ears.pulse import BEAT_S, Pulse
from device.ears.recognize.recognizer import Heard as Answer
from device.ears.recognize.recognizer import Recognizer
from device.ears.vad import Vad, speaks
from device.ears.wake.wakeword import WakeWords
from device.errors import HandsGone, PanelGone, RecognizerHung
from device.letter import Command, Ended, Fault, FaultCode, Letter, Woke, pack
from device.mind import states as s
from device.mind.types import FRAME_SECONDS, SCORE_STEPS, Hint, Lamp

PRESSED, REFUSED = b"p", b"x"
"""The panel's two words: the button, and that it doesn't know these ears."""


@dataclass(slots=True)
class Ear:
    """The parts of ears, once everything is open."""

    microphone: Microphone
    wake: WakeWords
    stops: tuple[bool, ...]
    """For each wake word whether it only stops what rings or speaks."""
    vad: Vad
    speech_threshold: float
    recognizer: Recognizer
    hands: int
    """Descriptor of the letter socket."""
    panel: int
    """Descriptor of the panel's socket, or -1."""
    pulse: Pulse
    think_s: float = 5.0
    condition: Condition = field(default_factory=Condition)
    lamp: Lamp = Lamp.ASLEEP
    at_rest: bool = True
    speech: bool = True
    """Whether somebody speaks in the present frame; in the one that woke, always."""

    reference: Reference | None = None
    """What hands play, to be taken out of what is heard; None where the microphone does it itself,
    or nobody."""

    def read(self) -> Sound:
        """The next frame, int16 (1280,), always in the same array, without the loudspeaker's sound
        where that is known. Raises as the microphone does."""
        frame = self.microphone.read()
        if self.reference:
            self.reference.cancel(frame)
        return frame

    @property
    def cleaned(self) -> bool:
        """Whether the loudspeaker sounds now, and was taken out of the frame."""
        if self.reference:
            return self.reference.cleans
        echo = self.microphone.echo
        return echo is not None and echo.sounding and not echo.copied

    # --- events

    def heard_meanwhile(self) -> Iterator[s.Event]:
        """What the recognizer, the hands and the panel have said since the last frame."""
        for news in self.recognizer.poll():
            if isinstance(news, Answer):
                if news.failed:
                    hung, crashed = FaultCode.RECOGNIZER_HUNG, FaultCode.RECOGNIZER_CRASHED
                    self.tell_fault(hung if news.hung else crashed)
                yield s.Heard(news.request, news.failed)
            else:
                yield s.Progressed(news)
        if self.recognizer.poll_spot():
            yield s.Spotted()
        yield from self._hints()
        if self.panel >= 0 and PRESSED in self._panel_says():
            yield s.Pressed()

    def _panel_says(self) -> bytes:
        """What waits on the panel's line. Raises PanelGone: sealed ears can't connect anew, and a
        lamp that nobody tends could be dark while sound is taken in."""
        words, ended = _read(self.panel)
        if ended and REFUSED in words:
            self.panel = -1  # a panel that is not these ears' goes on without them, they without it
        elif ended:
            raise PanelGone
        return words

    def _hints(self) -> Iterator[s.Event]:
        words, ended = _read(self.hands)
        if ended:
            raise HandsGone
        for byte in words:
            hint = hint_in(byte)
            if hint is not None:
                yield s.Hinted(hint)

    def waking(self, frame: Sound, loud: Hint) -> s.Waking | None:
        """The wake word that this frame completes, if any; the best if there are several."""
        self.wake.loud = loud
        self.wake.cleaned = self.cleaned
        woken = [r for r in self.wake.step(frame) if r.woke]
        if not woken:
            return None
        best = max(woken, key=lambda r: r.fused)
        score = min(SCORE_STEPS - 1, int(best.fused * SCORE_STEPS))
        return s.Waking(best.word, score, stops=self.stops[best.word])

    def is_speech(self, frame: Sound) -> bool:
        """Whether somebody speaks in this frame."""
        self.speech = speaks(self.vad.step(frame), self.speech_threshold, self.speech)
        return self.speech

    def wait_for_answer(self, seconds: float) -> None:
        """Give the recognizer time; a file, which has no pace of its own, gives all there is."""
        left = seconds if self.microphone.live else self.think_s
        while left > 0 and not self.recognizer.wait(min(left, BEAT_S)):
            self.pulse.watchdog()
            left -= BEAT_S

    # --- commands

    def do(self, command: s.Do) -> None:
        """Perform one command of the machine. Raises HandsGone, RecognizerHung."""
        match command:
            case s.Pass():
                self.recognizer.push(self.microphone.frame.data.cast("B"), self.speech)
            case s.TakeIn(asked):
                self.speech = True
                self.recognizer.open(asked=asked)
            case s.End():
                self.recognizer.end()
            case s.SpotPass():
                self.recognizer.spot_push(self.microphone.frame.data.cast("B"))
            case s.SpotOpen(speaking):
                self.recognizer.spot_open(speaking=speaking)
            case s.SpotEnd():
                self.recognizer.spot_end()
            case s.Forget():
                self.forget()
            case s.GiveUp():
                # a child that goes on for so long ends with ears, and what it holds with it
                self.tell_fault(FaultCode.RECOGNIZER_SLOW)
                raise RecognizerHung
            case _:
                self.tell(_letter(command))

    def forget(self) -> None:
        """Leave nothing of the sound that was taken in, or of what was made of it."""
        self.wake.forget()
        self.vad.forget()
        self.microphone.forget()
        if self.reference:
            self.reference.forget()

    def tell(self, letter: Letter) -> None:
        """One letter to the hands. Without hands nothing is taken in: raises HandsGone."""
        send(self.hands, letter)

    def tell_fault(self, code: FaultCode) -> None:
        """Say what is the matter: ears have no log."""
        self.tell(Fault(code))

    def judge(self, frame: Sound) -> None:
        """Tell hands if what comes is no sound, or not all of it; a file is what it is."""
        mic = self.microphone
        if mic.live:
            code = self.condition.step(frame, dropped=mic.dropped, late=mic.late())
            if code is not None:
                self.tell_fault(code)

    def show(self, state: s.State) -> None:
        """Tell the panel what the light should show, when it changes. Raises PanelGone."""
        self.at_rest = isinstance(state, s.Asleep | s.FollowUp)
        lamp = Lamp.ASLEEP
        if isinstance(state, s.Listening):
            lamp = Lamp.LISTENING
        elif isinstance(state, s.Thinking):
            lamp = Lamp.THINKING
        if lamp is not self.lamp:
            self.lamp = lamp
            if self.panel >= 0:
                try:
                    os.write(self.panel, bytes((lamp,)))
                except (BlockingIOError, ConnectionError) as error:
                    raise PanelGone from error


def send(hands: int, letter: Letter) -> None:
    """One letter to the hands at the other end of a descriptor. Raises HandsGone."""
    try:
        os.write(hands, pack(letter))
    except (BlockingIOError, ConnectionError) as error:
        raise HandsGone from error


def _letter(command: s.Do) -> Letter:
    match command:
        case s.SayWoke(number, cause, score):
            return Woke(number, cause, score)
        case s.SayCommand(number, request):
            return Command(number, request)
        case s.SayEnded(number, outcome, taken):
            return Ended(number, outcome, round(10 * taken * FRAME_SECONDS))
    raise TypeError(f"no letter says {type(command).__name__}")


def hint_in(byte: int) -> Hint | None:
    """The hint that a byte from hands is; None if it is none."""
    return Hint(byte) if byte in Hint.__members__.values() else None


def _read(descriptor: int) -> tuple[bytes, bool]:
    """Whatever single bytes wait there, and whether the other side has closed."""
    words, reset = b"", False
    while True:
        try:
            word = os.read(descriptor, 1)
        except BlockingIOError:
            return words, False
        except ConnectionError:
            if reset:
                return words, True
            reset = True  # told once, before what the other side had said last
            continue
        if not word:
            return words, True
        words += word
