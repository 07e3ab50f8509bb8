"""The one question that waits for an answer: for seconds, and for one answer.

It is answered by the activation that ears open when they are told that a question was asked, and
by no other: whoever says the wake word begins something new. A question that was not answered in
time is forgotten here too, whatever the ears still send.
"""

from __future__ import annotations

from device.hands.voice.replies import Question


class Pending:
    """At most one question, until when it may be answered, and by which activation."""

    def __init__(self) -> None:
        self._question: Question | None = None
        self._until = 0.0
        self._number: int | None = None

    def ask(self, question: Question, until: float) -> None:
        """A question was heard to its end; an answer counts until `until` (`Clock.running`)."""
        self._question, self._until, self._number = question, until, None

    def open(self, number: int) -> None:
        """The activation `number` takes in the answer; a second one takes none."""
        if self._number is None:
            self._number = number
        else:
            self.drop()

    def take(self, number: int, now: float) -> Question | None:
        """The question that a command of activation `number` may answer at `now`, once."""
        question = self._question if number == self._number and now <= self._until else None
        self.drop()
        return question

    def drop(self) -> None:
        """Forget it: nothing is asked any more."""
        self._question, self._number = None, None
