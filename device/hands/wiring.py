"""Every part of the hands is made here and handed what it uses, and nowhere else.

What a part needs of others it is given as a value or a call; none knows the whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from device import soundcards
from device.config import Config
from device.errors import KeepmumError
from device.events import Changed, EventBus, Kept, Part
from device.hands.acting import Acting
from device.hands.alerts import Alerts
from device.hands.clock import Clock, SystemClock
from device.hands.context import Context
from device.hands.conversation import Conversation, quiet_hours
from device.hands.ears import Ears
from device.hands.focus import Focus
from device.hands.home.surroundings import Surroundings
from device.hands.sound import mixers, sinks
from device.hands.sound.player import Player
from device.hands.sound.tap import Tap
from device.hands.sound.volume import Volume
from device.hands.state import open_state
from device.hands.tasks import Tasks
from device.hands.timers.ringer import Ringer
from device.hands.timers.ringsound import RingSound
from device.hands.timers.schedule import Schedule
from device.hands.timers.table import Alarms, Timers
from device.hands.troubles import Troubles
from device.hands.voice import tts
from device.hands.voice.chosen import default_voice
from device.hands.voice.replies import Replies, Reply
from device.hands.voice.speaker import Speaker
from device.hands.wallclock import WallClock
from device.mind.types import Lamp
from device.names import NameTable, sentences
from device.ring import Writer


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in for a part of the machine: nothing in use, a test's own in tests."""

    clock: Clock | None = None
    sink: sinks.Sink | None = None
    voice: tts.Voice | None = None
    mixer: mixers.Mixer | None = None
    lamp: Callable[[Lamp], None] = lambda lamp: None
    """Tells the panel what the light should show."""
    broken: tuple[Kept, ...] = ()
    """Files of the household that were found broken before."""


@dataclass(frozen=True, slots=True)
class Hands:
    """Everything that was made, for whoever begins it, ends it or looks at it."""

    context: Context
    events: EventBus
    focus: Focus
    ears: Ears
    acting: Acting
    alerts: Alerts
    troubles: Troubles
    speaker: Speaker
    player: Player
    state: sqlite3.Connection
    broken: tuple[Kept, ...] = ()
    """Files of the household that can't be used: told when the hands begin."""


async def make(config: Config, names: NameTable, given: Given = Given()) -> Hands:
    """Make every part. Nothing runs yet but the thread of the player. Raises KeepmumError."""
    broken: list[Kept] = list(given.broken)
    folder = Path(config.service.state)
    events, focus, state = (
        EventBus(),
        Focus(),
        open_state(folder, lambda: broken.append(Kept.STATE)),
    )
    tasks, clock = Tasks(events), WallClock(given.clock or SystemClock(), state, events)
    chosen = soundcards.chosen(config.service.cards).get("loudspeaker", "")
    player = _player(config, given.sink or sinks.sink(config.sound, chosen))
    voice = given.voice or default_voice(config)
    speaker = Speaker(voice, player, events, chimes=config.sound.chimes, changed=focus.speak)
    mixer = given.mixer or await mixers.find(config.sound.mixer, player, _card(config, chosen))
    volume = _volume(config, mixer, state, clock, events)
    replies, quiet = Replies(config.general.language), lambda: quiet_hours(config.sound, clock)
    conversation = Conversation(speaker, replies, volume, focus=focus, tasks=tasks, quiet=quiet)
    alerts = Alerts(clock, conversation.tell)
    events.subscribe(alerts.watch)
    timers = Timers(state, clock, lambda: events.publish(Changed(Part.TIMERS)), clock.earliest)
    alarms = Alarms(state, clock, lambda: events.publish(Changed(Part.TIMERS)))
    sound = RingSound(
        player, volume, config.timers.volume, clock=clock, tasks=tasks, changed=focus.ring
    )
    schedule, limit = Schedule(timers, alarms, clock), config.timers.ring_limit_s
    ringer = Ringer(
        schedule, sound, conversation, clock=clock, tasks=tasks, events=events, limit_s=limit
    )
    around = Surroundings(
        config,
        names,
        music_seen=focus.play,
        timer_came=lambda seconds: _ring_here(timers, conversation, seconds),
        broken=broken.append,
    )
    context = Context(
        config, names, clock, timers, alarms, ringer, volume, around, conversation, tasks
    )
    ears = Ears(given.lamp)
    troubles = Troubles(events, player, ears.trouble)
    _follow(context, focus, sound, ears)
    if sentences.broken(config):
        broken.append(Kept.SENTENCES)
    acting = Acting(context, events, ears.asked, sentences.confirmed(config, names))
    return Hands(
        context,
        events,
        focus,
        ears,
        acting,
        alerts,
        troubles,
        speaker,
        player,
        state,
        tuple(broken),
    )


def _card(config: Config, chosen: str) -> soundcards.Card | None:
    """The loudspeaker's card; None if it is none, or not there now."""
    if config.sound.output != "auto":
        return None
    try:
        return soundcards.meant("Output", config.sound.device, chosen)
    except KeepmumError:
        return None


def _player(config: Config, sink: sinks.Sink) -> Player:
    """What plays, and tells ears what, if they can make use of it."""
    microphone = config.microphone
    if microphone.reference_channel is not None or not microphone.software_reference:
        return Player(sink)
    # a music server may want the device while nothing else is played; files and nothing need none
    device = not isinstance(sink, sinks.NullSink | sinks.WavSink)
    return Player(sink, Tap(Writer()), stays_open=device and not config.media.mpd)


def _volume(
    config: Config, mixer: mixers.Mixer, state: sqlite3.Connection, clock: Clock, events: EventBus
) -> Volume:
    sound = config.sound
    return Volume(
        mixer,
        state,
        first=sound.volume,
        limit=lambda: sound.quiet_volume if quiet_hours(sound, clock) else 100,
        changed=lambda: events.publish(Changed(Part.VOLUME)),
    )


def _follow(context: Context, focus: Focus, sound: RingSound, ears: Ears) -> None:
    """Who steps back for whom: the voice for people, a ring and music for both, and the ears are
    told what the loudspeaker does.
    """
    start, around, volume = context.tasks.start, context.around, context.volume
    focus.follow(lambda audio: audio.listening, _hush(context.conversation))
    focus.follow(lambda audio: audio.voices, sound.hold)
    focus.follow(lambda audio: audio.voices, lambda on: start(around.duck(on)))
    focus.follow(lambda audio: audio.busy, lambda on: start(volume.duck(on)))
    focus.follow(lambda audio: audio.loud, ears.loud)


def _hush(conversation: Conversation) -> Callable[[bool], None]:
    return lambda listening: conversation.hush() if listening else None


def _ring_here(timers: Timers, conversation: Conversation, seconds: int) -> None:
    """A timer that was set in another room and is to ring in this one."""
    if timers.add(seconds) is not None:
        conversation.tell(Reply("timer.set", {"duration": seconds}))
