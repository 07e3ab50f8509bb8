"""From a command to the deed and the answer: permits, the question if there is one, the skill."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time

from device.errors import KeepmumError
from device.events import Did, Refused
from device.hands.house import House
from device.hands.permits import NotPermitted, Permit, Risk, check
from device.hands.voice.replies import Chime, Reply, Skill
from device.letter import Command
from device.mind.types import Hint, Intent, Request

SKILL_SECONDS = 10.0
"""A skill that takes longer is given up, and that is said."""
ANSWERS = (Intent.YES, Intent.NO, Intent.ANSWER, Intent.NEVERMIND)

log = logging.getLogger("keepmum.hands")


async def act(command: Command, house: House, arrived: float) -> None:
    """Do what was asked and answer. `arrived` is when its letter came, by time.monotonic."""
    if not await house.mine(command.number):
        house.journal.publish(Did(command.number, command.request, "peer.elsewhere", 0.0))
        return
    reply = await decide(command, house)
    house.journal.publish(
        Did(command.number, command.request, reply.key, time.monotonic() - arrived)
    )
    if reply.chime is None:
        house.last = reply
    heard = await house.say(reply)
    while house.postponed and not house.listening:
        await house.say(house.postponed.pop(0))
    if reply.ask is not None and heard and not house.listening:
        house.question = reply.ask
        house.hint(Hint.ASKED)


async def decide(command: Command, house: House) -> Reply:
    """The reply to a command, with the deed done."""
    question, house.question = house.question, None
    request = command.request
    try:
        permit = check(request, house.names)
    except NotPermitted as why:
        house.journal.publish(Refused(command.number, request, str(why)))
        return Reply("speaker.not_permitted")
    if question is not None and request.intent in ANSWERS:
        return await perform(question, request, house)
    careful = house.config.recognizer.confirm and permit.risk is Risk.SOME
    if permit.risk is Risk.DOOR or careful or request.intent in house.confirmed:
        return Reply("speaker.confirm", ask=_confirmed(permit, request))
    return await perform(permit.skill, request, house)


def _confirmed(permit: Permit, asked: Request) -> Skill:
    """Does what was asked if the answer is yes."""

    async def answer(said: Request, house: House) -> Reply:
        if said.intent != Intent.YES:
            return Reply("speaker.nevermind", chime=Chime.DONE)
        return await permit.skill(asked, house)

    return answer


async def perform(skill: Skill, request: Request, house: House) -> Reply:
    """The skill's reply; one that fails or takes too long costs one command, and says so."""
    if request.intent in (Intent.NO, Intent.NEVERMIND):
        return Reply("speaker.nevermind", chime=Chime.DONE)
    try:
        async with asyncio.timeout(SKILL_SECONDS):
            return await skill(request, house)
    except TimeoutError:
        return Reply("speaker.slow")
    except (KeepmumError, OSError, sqlite3.Error) as error:
        # a full disk among them: what can't be kept is not promised
        log.error("intent %d: %s", request.intent, error)
        return Reply("speaker.failed")
