"""From a command to the deed and the answer: permits, the question if there is one, the skill.

This is the one place where a question of the speaker is asked and answered. What is asked before
it is done is decided by the permits, by the household's own marks, and by `recognizer.confirm`.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable

from device.errors import KeepmumError
from device.events import Did, EventBus, Refused
from device.hands import permits
from device.hands.context import Context
from device.hands.permits import NotPermitted, Permit
from device.hands.skills.skill import Risk
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Confirm, Question, Reply
from device.letter import Command
from device.mind.types import Intent, Request

SKILL_SECONDS = 10.0
"""A skill that takes longer is given up, and that is said."""
ANSWERS = (Intent.YES, Intent.NO, Intent.ANSWER, Intent.NEVERMIND)
ON_THE_WAY_S = 3.0
"""From the end of a question to the ears that take in the answer, and from them back."""
NEVERMIND = Reply("speaker.nevermind", chime=Chime.DONE)

log = logging.getLogger("keepmum.hands")


class Acting:
    """Does what is asked. `asked` is called when a question was heard: ears listen then.

    `marked`: intents that the household wants to be asked about first.
    """

    def __init__(
        self,
        context: Context,
        events: EventBus,
        asked: Callable[[], None],
        marked: frozenset[int] = frozenset(),
    ) -> None:
        self._context = context
        self._events = events
        self._asked = asked
        self._marked = marked
        listen = context.config.listen
        self._answer_s = listen.follow_up_s + listen.think_s + ON_THE_WAY_S

    async def act(self, command: Command, arrived: float) -> None:
        """Do what was asked and answer. `arrived` is when its letter came, by time.monotonic."""
        number, request = command.number, command.request
        pending, now = self._context.conversation.pending, self._context.clock.running()
        question = pending.take(number, now)
        if not await self._context.around.mine(number):
            self._events.publish(Did(number, request, "peer.elsewhere", 0.0))
            return
        reply = await self.decide(number, request, question)
        self._events.publish(Did(number, request, reply.key, time.monotonic() - arrived))
        conversation = self._context.conversation
        heard = await conversation.answer(reply)
        if reply.ask is not None and heard and not conversation.listening:
            pending.ask(reply.ask, self._context.clock.running() + self._answer_s)
            self._asked()

    async def decide(self, number: int, request: Request, question: Question | None) -> Reply:
        """The reply to a request, with the deed done or asked about; `question` is what waits for
        an answer.
        """
        try:
            permit = permits.check(request, self._context.names)
            if question is not None and request.intent in ANSWERS:
                return await self._answered(question, request)
        except NotPermitted as why:
            self._events.publish(Refused(number, request, str(why)))
            return Reply("speaker.not_permitted")
        if self._must_ask(permit, request):
            unclear = permit.which(request, self._context) if permit.which else None
            # who says which one has said that it is meant
            return unclear or Reply("speaker.confirm", ask=Confirm(request))
        return await self._perform(permit.skill(request, self._context), request.intent)

    def _must_ask(self, permit: Permit, request: Request) -> bool:
        risk = permit.risk_of(request, self._context)
        careful = self._context.config.recognizer.confirm and risk is Risk.SOME
        return risk is Risk.ASK or careful or request.intent in self._marked

    async def _answered(self, question: Question, said: Request) -> Reply:
        """What was asked about, done if the answer says so. Raises NotPermitted."""
        if said.intent in (Intent.NO, Intent.NEVERMIND):
            return NEVERMIND
        permit = permits.check(question.request, self._context.names)
        if isinstance(question, Confirm):
            if said.intent != Intent.YES:
                return NEVERMIND
            meant = question.request
            return await self._perform(permit.skill(meant, self._context), meant.intent)
        choose = permit.choose
        if choose is None:
            raise NotPermitted("nothing can be chosen there")
        return await self._perform(choose(question, said, self._context), said.intent)

    async def _perform(self, deed: Awaitable[Reply], intent: int) -> Reply:
        """The skill's reply; one that fails or takes too long costs one command, and says so."""
        try:
            async with asyncio.timeout(SKILL_SECONDS):
                return await deed
        except TimeoutError:
            return Reply("speaker.slow")
        except (KeepmumError, OSError, sqlite3.Error) as error:
            # a full disk among them: what can't be kept is not promised
            log.error("intent %d: %s", intent, error)
            return Reply("speaker.failed")
