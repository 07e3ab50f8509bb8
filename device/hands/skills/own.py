"""The owner's own commands: started by their number, in a unit of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from device.config import OwnCommand
from device.hands.voice.replies import Chime, Reply
from device.mind.types import Intent, Request
from device.owncommands import runner
from device.owncommands.runner import Status

if TYPE_CHECKING:
    from device.hands.house import House

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


async def run(request: Request, house: House) -> Reply:
    """Start an own command, after a yes if it is to be confirmed."""
    command = runner.by_number(house.config, house.names).get(request.intent)
    if command is None:
        return Reply("speaker.not_permitted")
    if not command.confirm:
        return await _start(command, request.intent, house)

    async def confirmed(said: Request, house: House) -> Reply:
        if said.intent != Intent.YES:
            return Reply("speaker.nevermind", chime=Chime.DONE)
        return await _start(command, request.intent, house)

    return Reply("speaker.confirm", ask=confirmed)


async def _start(command: OwnCommand, number: int, house: House) -> Reply:
    """How it went if it is soon over; else that it runs, and how it went when it is."""
    running = asyncio.create_task(_outcome(command, number, house))
    await asyncio.wait([running], timeout=SOON_S)
    if running.done():
        return running.result()

    async def later() -> None:
        house.tell(await running)

    house.start(later())
    return Reply("own.running")


async def _outcome(command: OwnCommand, number: int, house: House) -> Reply:
    path = house.config.service.commands_socket
    status, output = await runner.ask(path, number, command.time_limit_s)
    if status is not Status.DONE:
        return Reply(_PROBLEMS[status])
    if not command.speak:
        return DONE
    # printed by a program, perhaps from a web page: it may hold a wake word
    text = await house.wording.safe(output.decode(errors="replace"))
    if text is None:
        return Reply("own.unspeakable")
    return Reply("own.said", text=text) if text else DONE
