"""Timers and announcements for another room, by way of the speaker there."""

from __future__ import annotations

from device.hands.context import Context
from device.hands.home.discovery import slug
from device.hands.skills import timer
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Intent, Request, Slot


def _id(context: Context, number: int | None) -> tuple[str, str]:
    """(part of its topics, name) of the speaker that was said; empty for none.

    The table of names has a speaker under its [general] name, by which it calls itself.
    """
    name = context.names.get(number or 0)
    return (slug(name.key), name.text) if name and name.kind == "speaker" else ("", "")


async def send_timer(request: Request, context: Context) -> Reply:
    """A timer that rings in another room."""
    peer, name = _id(context, request.get(Slot.SPEAKER))
    seconds = request.get(Slot.DURATION)
    if peer == slug(context.config.general.name):
        return await timer.set_(Request(Intent.TIMER_SET, _without_speaker(request)), context)
    speakers = context.around.speakers
    if seconds is None or speakers is None or not await speakers.send(peer, "timer", str(seconds)):
        return Reply("peer.away", {"name": name})
    return Reply("peer.timer_sent", {"duration": seconds, "name": name})


def _without_speaker(request: Request) -> tuple[tuple[Slot, int], ...]:
    return tuple((slot, value) for slot, value in request.slots if slot is not Slot.SPEAKER)


async def announce(request: Request, context: Context) -> Reply:
    """An announcement of the settings, said by one other speaker or by all of them."""
    texts = {one.name: one.text or one.name for one in context.config.home.announcement}
    said = context.names.get(request.get(Slot.ANNOUNCEMENT) or 0)
    text = texts.get(said.key) if said is not None else None
    if text is None:
        return Reply("speaker.not_permitted")
    speakers = context.around.speakers
    if speakers is None or not speakers.peers:
        return Reply("peer.nobody")
    peer, name = _id(context, request.get(Slot.SPEAKER))
    wanted = [peer] if peer else sorted(speakers.peers)
    taken = [await speakers.send(each, "say", text) for each in wanted]
    return (
        Reply("peer.sent", chime=Chime.DONE) if all(taken) else Reply("peer.away", {"name": name})
    )
