"""What is said to people: answers, what nobody asked for, and the speaker's own question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from device.config import Sound, minutes_of
from device.hands.clock import Clock, at
from device.hands.focus import Focus
from device.hands.questions import Pending
from device.hands.sound.chimes import Chime
from device.hands.sound.volume import Volume
from device.hands.tasks import Tasks
from device.hands.voice.replies import Confirm, Replies, Reply
from device.hands.voice.speaker import Speaker

HEARD_PERCENT = 40
"""What is asked before something risky is said at least this loud: who can't hear the question
can't say no to it.
"""


class Conversation:
    """Says one thing after another."""

    def __init__(
        self,
        speaker: Speaker,
        replies: Replies,
        volume: Volume,
        *,
        focus: Focus,
        tasks: Tasks,
        quiet: Callable[[], bool],
    ) -> None:
        self.replies = replies
        self.last: Reply | None = None
        """The last answer that was spoken."""
        self.pending = Pending()
        self._speaker = speaker
        self._volume = volume
        self._focus = focus
        self._tasks = tasks
        self._quiet = quiet
        self._postponed: list[Reply] = []
        """What is told once somebody is there: it came up in quiet hours."""
        self._telling = asyncio.Lock()

    @property
    def listening(self) -> bool:
        """Somebody is being listened to."""
        return self._focus.now.listening

    async def say(self, reply: Reply) -> bool:
        """Say a reply or play its chime; whether it was heard to its end."""
        await self._volume.apply()
        if reply.chime is not None:
            clip = self._speaker.chime(reply.chime)
            return clip is None or await clip.heard()
        text = self.replies.text(reply)
        if not isinstance(reply.ask, Confirm):
            return await self._speaker.say(text, reply.key)
        async with self._volume.at_least(HEARD_PERCENT) as audible:
            return await self._speaker.say(text, reply.key) and audible

    async def answer(self, reply: Reply) -> bool:
        """Say the answer to a command, then what waited for somebody; whether it was heard."""
        if reply.chime is None:
            self.last = reply
        heard = await self.say(reply)
        while self._postponed and reply.ask is None and not self.listening:
            await self.say(self._postponed.pop(0))
        return heard

    def tell(self, reply: Reply) -> None:
        """Say something that nobody asked for: once nobody is listened to, by day."""
        if self._quiet():
            self._postponed.append(reply)
        else:
            self._tasks.start(self._tell(reply))

    def chime(self, which: Chime) -> None:
        """Play a chime."""
        self._speaker.chime(which)

    def hush(self) -> None:
        """Fall silent at once."""
        self._speaker.hush()

    def forget(self) -> None:
        """Let go of what was said last, of what is to be said, and of every sentence's sound."""
        self.last = None
        self.pending.drop()
        self._postponed.clear()
        self._speaker.memory.forget()

    async def _tell(self, reply: Reply) -> None:
        async with self._telling:
            for _ in range(2):  # once more if somebody spoke up meanwhile
                await self._focus.free()
                if await self.say(reply):
                    return


def quiet_hours(sound: Sound, clock: Clock) -> bool:
    """Whether it is a time at which the speaker is soft and says nothing unasked."""
    start, end = minutes_of(sound.quiet_from), minutes_of(sound.quiet_to)
    if start is None or end is None:
        return False
    now = at(clock, clock.wall())
    minutes = now.hour * 60 + now.minute
    return start <= minutes < end if start <= end else minutes >= start or minutes < end
