"""Music and radio, and the media players of the home.

"Pause" is for the music; "pause the TV" and "stop the music in the office" are for devices.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from device.hands.context import Context
from device.hands.home.actions import Action
from device.hands.home.states import Outcome
from device.hands.sound.chimes import Chime
from device.hands.voice.replies import Reply
from device.mind.types import Intent, Kind, Request, Slot

if TYPE_CHECKING:
    from device.hands.home.mpd import Player

_ON_DEVICE: Mapping[int, Action] = {
    Intent.MEDIA_PLAY: Action.PLAY,
    Intent.MEDIA_RESUME: Action.PLAY,
    Intent.MEDIA_PAUSE: Action.PAUSE,
    Intent.MEDIA_NEXT: Action.NEXT,
    Intent.MEDIA_PREVIOUS: Action.PREVIOUS,
    Intent.MEDIA_STOP: Action.STOP,
}
_ON_MUSIC: Mapping[int, Callable[[Player], Awaitable[bool]]] = {
    Intent.MEDIA_PLAY: lambda music: music.play_anything(),
    Intent.MEDIA_RESUME: lambda music: music.resume(),
    Intent.MEDIA_PAUSE: lambda music: music.pause(),
    Intent.MEDIA_NEXT: lambda music: music.next(),
    Intent.MEDIA_PREVIOUS: lambda music: music.previous(),
    Intent.MEDIA_STOP: lambda music: music.stop(),
}
DONE = Reply("media.done", chime=Chime.DONE)


async def control(request: Request, context: Context) -> Reply:
    """Play, pause, go on, next, previous, stop: of a device if one was said, else of the music.

    Without music set up, the one media player of the room or the home is meant.
    """
    said = {Slot.DEVICE, Slot.AREA, Slot.FLOOR} & {slot for slot, _ in request.slots}
    here = context.names.get(request.get(Slot.AREA) or 0)
    if here is not None and here.key == context.config.general.room and Slot.DEVICE not in said:
        said = set()
    if not said and context.around.music is not None:
        done = await _ON_MUSIC[request.intent](context.around.music)
        return DONE if done else Reply("media.away")
    return await _on_device(request, context)


async def _on_device(request: Request, context: Context) -> Reply:
    home = context.around.home
    chosen = home.choose(request, (Kind.MEDIA_PLAYER,))
    if not home.joined or not chosen.devices:
        place = {"place": chosen.place}
        return Reply("media.none_there", place) if chosen.place else Reply("media.none")
    outcome = await home.tell(chosen.devices, _ON_DEVICE[request.intent])
    problems = {Outcome.AWAY: "home.away", Outcome.CANNOT: "home.cannot"}
    return DONE if outcome is Outcome.DONE else Reply(problems[outcome])


async def what(request: Request, context: Context) -> Reply:
    """What the music is, if it can be said aloud; of other players nothing is known."""
    if request.get(Slot.DEVICE) is not None:
        return Reply("media.unnamed")
    if context.around.music is None:
        return Reply("media.none")
    playing = await context.around.music.playing()
    if playing is None:
        return Reply("media.nothing")
    title, artist = [await context.around.wording.safe(text) for text in playing]
    if not title:
        return Reply("media.unnamed")
    values = {"title": title, "artist": artist or ""}
    return Reply("media.title_by", values) if artist else Reply("media.title", values)


async def play(request: Request, context: Context) -> Reply:
    """A playlist, an artist or a station by its name."""
    if context.around.music is None:
        return Reply("media.none")
    kind, slot = {
        Intent.MEDIA_PLAYLIST: ("playlist", Slot.PLAYLIST),
        Intent.MEDIA_ARTIST: ("artist", Slot.ARTIST),
        Intent.MEDIA_STATION: ("station", Slot.STATION),
    }[Intent(request.intent)]
    name = context.names.get(request.get(slot) or 0)
    if name is None or name.kind != kind:
        return Reply("speaker.not_permitted")
    if kind == "station":
        urls = {station.name: station.url for station in context.config.media.station}
        if name.key not in urls:
            return Reply("speaker.not_permitted")
        done = await context.around.music.play_stream(urls[name.key])
    elif kind == "playlist":
        done = await context.around.music.play_playlist(name.key)
    else:
        done = await context.around.music.play_artist(name.key)
    return DONE if done else Reply("media.away")
