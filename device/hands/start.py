"""How the hands begin and end: what runs by itself, whoever watches, and SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from device.config import DEFAULT_PATH, Config
from device.data.describe import describe
from device.data.export import Places
from device.data.ledgernotes import LedgerNotes
from device.events import Broken, Changed, Kept, Muted, Part, show_outside
from device.hands.desk import Desk
from device.hands.loop import Loop
from device.hands.state import hold
from device.hands.typed import Typed
from device.hands.wiring import Given, Hands, make
from device.letter import Fault, FaultCode
from device.mind.types import Lamp
from device.names import NameTable
from device.service import Notifier, passed_by_name
from device.sockets.server import LocalSocket, listen

WATCHDOG_S = 5.0
PREPARE_S = 5.0
"""A sentence that never changes is made this often, until there is the sound of all."""
SOCKET_NAME = "ask"
"""What the service manager calls the listening socket that it passes in."""

log = logging.getLogger("keepmum.hands")


class LampLine(Protocol):
    """The line to the panel."""

    def name(self, lamp: Lamp) -> None:
        """Show this from now on."""

    def follow(self, told: Callable[[bool | None], None]) -> None:
        """Have it called with what the panel says of mute."""

    async def keep(self) -> None:
        """Stay connected until cancelled."""


def run_hands(
    config: Config,
    names: NameTable,
    settings: Path | None = None,
    lamp: LampLine | None = None,
    broken: tuple[Kept, ...] = (),
) -> None:
    """Run the hands until SIGTERM or SIGINT. `settings` is the file that `config` came from,
    `broken` is what of the household's files was found to be so.

    Raises KeepmumError.
    """
    given = Given(lamp=lamp.name, broken=broken) if lamp else Given(broken=broken)
    held = hold(Path(config.service.state))
    try:
        asyncio.run(_run(config, names, settings or DEFAULT_PATH, (given, lamp)))
    finally:
        if held >= 0:
            os.close(held)


async def _run(
    config: Config, names: NameTable, settings: Path, parts: tuple[Given, LampLine | None]
) -> None:
    given, lamp = parts
    hands = await make(config, names, given)
    tasks = hands.context.tasks
    show_outside(hands.events, hands.context.clock.wall)
    notes = keep_ledger(hands)
    answer(hands, desk(hands, notes, Places.of(config, settings)))
    await begin(hands)
    if lamp is not None:
        lamp.follow(lambda muted: hands.events.publish(Muted(muted)))
        tasks.keep("lamp", lamp.keep)
    tasks.keep("loop", attend(hands, notes).run)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    tasks.start(hands.speaker.prepare(hands.context.conversation.replies.fixed(), PREPARE_S))
    notifier = Notifier()
    notifier.ready()
    tasks.start(_tell_that_it_goes(notifier, hands, notes))
    failed = tasks.start(tasks.failure())
    await asyncio.wait([tasks.start(over.wait()), failed], return_when=asyncio.FIRST_COMPLETED)
    error = failed.result() if failed.done() else None
    await close(hands)
    await notes.close()
    if error is not None:
        raise error


async def begin(hands: Hands) -> None:
    """Start what runs by itself."""
    context = hands.context
    await context.volume.apply()
    context.tasks.start(hands.speaker.voice.warm())
    context.tasks.keep("clock", context.clock.run)
    context.tasks.keep("ringer", context.ringer.run)
    if context.around.music is not None:
        context.tasks.keep("radio", context.around.watch_radio)
    if context.around.broker is not None:
        appear(hands)
    if context.around.assistant is not None:
        context.tasks.keep("homeassistant", context.around.assistant.run)
    for what in hands.broken:
        hands.events.publish(Broken(what))


async def close(hands: Hands) -> None:
    """End everything, in the order in which it would be missed least."""
    await hands.context.tasks.close()
    hands.context.around.close()
    await hands.speaker.voice.close()
    await hands.player.close()
    hands.state.close()


def attend(hands: Hands, notes: LedgerNotes | None = None) -> Loop:
    """What meets the ears; the ledger is opened before, if one is kept."""
    opening = _at_once if notes is None else notes.opening
    return Loop(
        hands.context,
        hands.events,
        hands.focus,
        ears=hands.ears,
        acting=hands.acting,
        opening=opening,
        played=hands.player.played,
    )


def keep_ledger(hands: Hands) -> LedgerNotes:
    """Write down what happens, from now on."""
    config, names, clock = hands.context.config, hands.context.names, hands.context.clock
    return LedgerNotes(
        hands.events,
        Path(config.service.state),
        keep_days=config.ledger.keep_days,
        words=[word.name for word in config.wake.all_words()],
        text=lambda request: describe(request, names) if config.ledger.texts else None,
        tell=hands.alerts.health,
        now=lambda: round(clock.wall() * 1000),
        steady=clock.steady,
    )


def desk(hands: Hands, notes: LedgerNotes, places: Places) -> Desk:
    """What answers those who ask."""
    return Desk(
        hands.context,
        hands.events,
        hands.focus,
        troubles=hands.troubles,
        notes=notes,
        places=places,
    )


def answer(hands: Hands, desk: Desk) -> None:
    """Answer on the local socket whoever may ask."""
    path = Path(hands.context.config.service.ask)
    try:
        listener = listener_for(path)
    except OSError as error:
        # a speaker that can't be watched is still a speaker
        log.warning("nobody can ask at %s: %s", path, error.strerror)
        return
    typed = Typed(hands.context, hands.acting)
    server = LocalSocket({**desk.table(), "act": typed.act})
    hands.context.tasks.keep("ask", lambda: server.serve(listener))


def listener_for(path: Path) -> socket.socket:
    """The socket that the service manager passed in, or one made at `path`. Raises OSError."""
    passed = passed_by_name().get(SOCKET_NAME)
    return listen(path) if passed is None else socket.socket(fileno=passed)


def appear(hands: Hands) -> None:
    """Appear in the home, keep up the line to it, and say what it sends."""
    from device.hands.home.presence import Presence, Seen, Texts
    from device.hands.home.twins import Twins
    from device.hands.timers.told import told

    context, focus = hands.context, hands.focus
    config, around, tasks = context.config, context.around, context.tasks
    if around.broker is None:
        return

    def look() -> Seen:
        clocks = told(
            context.timers.all(),
            context.alarms.all(),
            context.clock.wall(),
            names=config.home.texts,
        )
        audio, volume = focus.now, context.volume
        return Seen(audio.listening, audio.loud, volume.percent, volume.silent, audio.music, clocks)

    presence = Presence(config, context.names, around.broker, around.topics, look)
    hands.events.subscribe(presence.watch)
    Twins(around.broker, around.topics, lambda: hands.events.publish(Fault(FaultCode.NAME_TAKEN)))
    focus.follow(lambda audio: audio.music, lambda _: hands.events.publish(Changed(Part.MUSIC)))
    tasks.keep("presence", presence.run)
    if config.home.say:
        per_minute = config.home.says_per_minute
        say = context.conversation.say
        texts = Texts(around.broker, around.topics, per_minute, around.wording, say)
        tasks.keep("texts", texts.run)
    tasks.keep("broker", around.broker.run)


async def _at_once() -> None:
    """Nobody keeps a ledger."""


async def _tell_that_it_goes(notifier: Notifier, hands: Hands, notes: LedgerNotes) -> None:
    """Tell the service manager again and again that this loop turns and both threads run.

    What is kept in the table of tasks runs as long as the loop does. A thread that is gone is
    not told: then the service manager starts all of it anew.
    """
    while notes.writer.alive and hands.player.alive:
        notifier.watchdog()
        await asyncio.sleep(WATCHDOG_S)
    log.error("a thread ended: the ledger's or the player's")
