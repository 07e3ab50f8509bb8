"""The receiving end of the letter socket: what is let in, and when the door is shut.

A letter is unpacked only after its length is known to be right. A compromised ear could use the
rhythm of letters to tell more than intents; so there is a cap on activations an hour and on
letters an activation, and it outlives a connection.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from device.errors import MalformedLetter, TooManyLetters
from device.letter import Command, Ended, Fault, Hello, Letter, Woke, unpack
from device.mind.types import LAST_NUMBER

LETTERS_PER_ACTIVATION = 4
FAULTS_PER_HOUR = 40
"""A microphone that comes and goes is told of each time; ears keep to less by themselves."""
HOUR = 3600.0
MOST_MISSING = 255
"""Activations that may be missed at once: a number that may leap anywhere is a message."""


class Guard:
    """Counts over all lives of the ears; `admit` is the only way in."""

    def __init__(self, per_hour: int, now: Callable[[], float]) -> None:
        self.per_hour = per_hour
        self.malformed = 0
        self.refused = 0
        self._now = now
        self._woken: deque[float] = deque()
        self._lives: deque[float] = deque()
        self._number = 0
        self._open = False
        self._letters = 0
        self._faults: deque[float] = deque()
        self._greeted = False

    def admit(self, data: bytes) -> tuple[Letter, int]:
        """The letter in `data`, and how many activations were missed before it.

        Raises MalformedLetter for what does not parse or is out of turn, and TooManyLetters over
        a cap. Either way the connection must be closed; `begin` starts the next.
        """
        try:
            letter = unpack(data)
            return letter, self._in_turn(letter)
        except MalformedLetter:
            self.malformed += 1
            raise
        except TooManyLetters:
            self.refused += 1
            raise

    def begin(self) -> None:
        """A new life of the ears: numbers start at 1 again, counts of the hour stay."""
        self._number, self._open, self._letters, self._greeted = 0, False, 0, False
        self._lives.append(self._now())

    def wait(self) -> float:
        """Seconds until another activation, and another life, would be let in; 0 if now.

        A hello has room for more than an activation: lives have the same cap. Half of them come
        as they will, the rest spread over an hour: ears that ended again and again because their
        microphone was unplugged are met again minutes after it is back, not an hour.
        """
        self._forget_old()
        full = [past for past in (self._woken, self._lives) if len(past) >= self.per_hour]
        until = [past[0] + HOUR for past in full]
        spread = self.per_hour - self.per_hour // 2
        if len(self._lives) >= spread:
            until.append(self._lives[-1] + HOUR / spread)
        return max(0.0, max(until, default=0.0) - self._now())

    def _in_turn(self, letter: Letter) -> int:
        if isinstance(letter, Hello) == self._greeted:
            raise MalformedLetter(why="hello comes once, and first")
        self._greeted = True
        match letter:
            case Woke(number):
                return self._woke(number)
            case Command(number) | Ended(number):
                self._belongs(number)
                self._open = not isinstance(letter, Ended)
            case Fault():
                self._forget_old()
                self._faults.append(self._now())
                if len(self._faults) > FAULTS_PER_HOUR:
                    raise TooManyLetters(count=len(self._faults), what="faults in an hour")
        return 0

    def _woke(self, number: int) -> int:
        self._forget_old()
        if self._open:
            raise MalformedLetter(why="an activation began before the last one ended")
        if len(self._woken) >= self.per_hour:
            raise TooManyLetters(count=self.per_hour + 1, what="activations in an hour")
        if number <= self._number and not (number == 1 and self._number == LAST_NUMBER):
            raise MalformedLetter(why="numbers run on")
        missing = number - self._number - 1 if number > self._number else 0
        if missing > MOST_MISSING:
            raise MalformedLetter(why="numbers leap")
        self._woken.append(self._now())
        self._number, self._open, self._letters = number, True, 1
        return missing

    def _belongs(self, number: int) -> None:
        if not self._open or number != self._number:
            raise MalformedLetter(why="a letter of no activation")
        self._letters += 1
        if self._letters > LETTERS_PER_ACTIVATION:
            raise TooManyLetters(count=self._letters, what="letters of one activation")

    def _forget_old(self) -> None:
        limit = self._now() - HOUR
        for past in (self._woken, self._lives, self._faults):
            while past and past[0] <= limit:
                past.popleft()
