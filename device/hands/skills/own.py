"""The owner's own commands: started by their number, in a unit of their own."""

from __future__ import annotations

import asyncio

from device.config import OwnCommand
from device.hands.context import Context
from device.hands.skills.skill import Risk
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Request
from device.owncommands import client
from device.owncommands.client import Status

DONE = Reply("own.done", chime=Chime.DONE)
_PROBLEMS = {
    Status.FAILED: "own.failed",
    Status.TOO_SLOW: "own.too_slow",
    Status.BUSY: "own.busy",
    Status.UNKNOWN: "speaker.not_permitted",
    Status.MISSING: "own.missing",
    Status.AWAY: "own.away",
}


SOON_S = 4.0
"""A command that takes longer is told about when it is over."""


async def run(request: Request, context: Context) -> Reply:
    """Start an own command."""
    command = client.by_number(context.config, context.names).get(request.intent)
    if command is None:
        return Reply("speaker.not_permitted")
    return await _start(command, request.intent, context)


def risk_of_running(request: Request, context: Context) -> Risk:
    """Whether the owner wants it to be asked about."""
    command = client.by_number(context.config, context.names).get(request.intent)
    return Risk.ASK if command is not None and command.confirm else Risk.SOME


async def _start(command: OwnCommand, number: int, context: Context) -> Reply:
    """How it went if it is soon over; else that it runs, and how it went when it is."""
    running = asyncio.create_task(_outcome(command, number, context))
    await asyncio.wait([running], timeout=SOON_S)
    if running.done():
        return running.result()

    async def later() -> None:
        context.conversation.tell(await running)

    context.tasks.start(later())
    return Reply("own.running")


async def _outcome(command: OwnCommand, number: int, context: Context) -> Reply:
    path = context.config.service.commands_socket
    status, output = await client.ask(path, number, command.time_limit_s)
    if status is not Status.DONE:
        return Reply(_PROBLEMS[status])
    if not command.speak:
        return DONE
    # printed by a program, perhaps from a web page: it may hold a wake word
    text = await context.around.wording.safe(output.decode(errors="replace"))
    if text is None:
        return Reply("own.unspeakable")
    return Reply("own.said", text=text) if text else DONE
