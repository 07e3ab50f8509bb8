"""All that the hands hold: one value that skills are given, made once and passed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from device.config import Config, minutes_of
from device.events import Changed, Journal
from device.hands.clock import Clock, SystemClock, at
from device.hands.home.surroundings import Surroundings
from device.hands.sound import mixers, sinks
from device.hands.sound.player import Player
from device.hands.sound.volume import Volume
from device.hands.state import open_state
from device.hands.timers.ringer import Bell
from device.hands.timers.table import Alarms, Timers
from device.hands.voice import tts
from device.hands.voice.replies import Replies, Reply, Skill
from device.hands.voice.speaker import Speaker
from device.mind.types import Hint, Lamp
from device.modelstore import ModelStore
from device.names import NameTable, sentences

PIPER_MODELS = {"en": ("piper/en_US-joe-medium.onnx", "piper/en_US-joe-medium.onnx.json")}
"""Voices of the manifest by language: the model, and its settings beside it."""

log = logging.getLogger("keepmum.hands")

_LAMPS = {
    Hint.QUIET: Lamp.ASLEEP,
    Hint.SPEAKING: Lamp.SPEAKING,
    Hint.AFAR: Lamp.SPEAKING,
    Hint.RINGING: Lamp.RINGING,
    Hint.RADIO: Lamp.ASLEEP,
}


class House:
    """The state folder, the loudspeaker, the voice, timers, and whoever watches.

    Made inside a running event loop; `open` starts what runs by itself, `close` ends it.
    """

    def __init__(
        self,
        config: Config,
        names: NameTable,
        *,
        clock: Clock | None = None,
        sink: sinks.Sink | None = None,
        voice: tts.Voice | None = None,
        mixer: mixers.Mixer | None = None,
    ) -> None:
        self.config = config
        self.names = names
        self.confirmed = sentences.confirmed(config, names)
        """Intents that the household wants to be asked about first."""
        self.clock: Clock = clock or SystemClock()
        self.journal = Journal()
        self.replies = Replies(config.general.language)
        self.last: Reply | None = None
        """The last reply that was spoken."""
        self.question: Skill | None = None
        """What waits for the answer to the speaker's own question."""
        self.stoppers: list[Callable[[], Awaitable[None]]] = []
        """What "stop" stops when nothing rings: music, for one."""
        self.postponed: list[Reply] = []
        """What is told once somebody is there: it came up in quiet hours."""
        self._know_nobody()
        self.warned: dict[str, float] = {}
        """When each alert was last told, by the machine's clock."""
        self._telling = asyncio.Lock()
        self._unheard = asyncio.Event()
        self._unheard.set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._loud = Hint.QUIET
        self._kept = open_state(Path(config.service.state))
        self._make_sound(sink or sinks.sink(config.sound), voice or default_voice(config), mixer)
        self._look_around(Surroundings(config, names))
        self._noise = False
        self.timers = Timers(self._kept, self.clock, self._timers_changed)
        self.alarms = Alarms(self._kept, self.clock, self._timers_changed)
        self.bell = Bell(self)
        self.bell.changed = self.speaker.changed = self._sounds_changed

    def _know_nobody(self) -> None:
        """Whom the house tells of itself, before they have come: ears, the panel, the ledger."""
        self.hint: Callable[[Hint], None] = lambda hint: None
        """Tells the ears what the loudspeaker does; set while they are there."""
        self.lamp: Callable[[Lamp], None] = lambda lamp: None
        """Tells the panel what the light should show of the hands."""
        self.opening: Callable[[], Awaitable[None]] = _at_once
        """Awaited before ears are met: the ledger opens."""

    def _look_around(self, around: Surroundings) -> None:
        """What there is beyond the speaker, under the names by which skills know it."""
        self.around = around
        self.home, self.music = around.home, around.music
        self.lists, self.wording = around.lists, around.wording
        self.stoppers.append(around.hush)
        around.radio_changed = self._sounds_changed

    def _make_sound(self, sink: sinks.Sink, voice: tts.Voice, mixer: mixers.Mixer | None) -> None:
        """The player, the voice that speaks through it, and how loud both are."""
        sound = self.config.sound
        self.player = Player(sink)
        self.speaker = Speaker(voice, self.player, self.journal, chimes=sound.chimes)
        self.volume = Volume(
            mixer or mixers.OwnMixer(self.player),
            self._kept,
            first=sound.volume,
            limit=lambda: sound.quiet_volume if self.quiet_hours else 100,
            changed=self._volume_changed,
        )

    async def open(self) -> None:
        """Start what runs by itself."""
        await self.volume.apply()
        self.start(self.speaker.voice.warm())
        self.start(self.bell.run())
        self.start(self.around.open(self))
        self.start(self.around.watch_radio())

    async def close(self) -> None:
        """End everything, in the order in which it would be missed least."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.around.close()
        await self.speaker.voice.close()
        await self.player.close()
        self._kept.close()

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Let something run beside everything else; its failure is logged, not lost."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    async def mine(self, number: int) -> bool:
        """Whether this speaker answers an activation, or another one that heard it better."""
        speakers = self.around.speakers
        return speakers is None or await speakers.mine(number)

    def name(self, number: int | None) -> str:
        """The text of a name of the table; empty for none."""
        found = None if number is None else self.names.get(number)
        return "" if found is None else found.text

    @property
    def listening(self) -> bool:
        """Sound is being taken in."""
        return not self._unheard.is_set()

    @property
    def quiet_hours(self) -> bool:
        """Whether it is a time at which the speaker is soft and says nothing unasked."""
        start, end = (
            minutes_of(t) for t in (self.config.sound.quiet_from, self.config.sound.quiet_to)
        )
        if start is None or end is None:
            return False
        now = at(self.clock, self.clock.wall())
        minutes = now.hour * 60 + now.minute
        return start <= minutes < end if start <= end else minutes >= start or minutes < end

    def tell(self, reply: Reply) -> None:
        """Say something that nobody asked for: once nobody is listened to, by day."""
        if self.quiet_hours:
            self.postponed.append(reply)
        else:
            self.start(self._tell(reply))

    async def _tell(self, reply: Reply) -> None:
        async with self._telling:
            for _ in range(2):  # once more if somebody spoke up meanwhile
                await self._unheard.wait()
                if await self.say(reply):
                    return

    async def say(self, reply: Reply) -> bool:
        """Say a reply or play its chime; whether it was heard to its end."""
        await self.volume.apply()
        if reply.chime is not None:
            self.speaker.chime(reply.chime)
            return True
        return await self.speaker.say(self.replies.text(reply), reply.key)

    def listen(self, listening: bool) -> None:
        """Sound begins or ceases to be taken in: everything else is quiet meanwhile."""
        if listening:
            self._unheard.clear()
            self.speaker.hush()
        else:
            self._unheard.set()
        self._sounds_changed()

    @property
    def loud(self) -> Hint:
        """What the loudspeaker does: rings, speaks, plays a station, or is quiet."""
        if self.bell.ringing:
            return Hint.RINGING
        if not self.speaker.busy:
            return Hint.RADIO if self.around.radio else Hint.QUIET
        return Hint.AFAR if self.speaker.afar else Hint.SPEAKING

    def _sounds_changed(self) -> None:
        noise = self.listening or self.speaker.busy
        self.bell.hold(noise)
        if noise is not self._noise:
            self._noise = noise
            self.start(self.around.duck(noise))
        self.start(self.volume.duck(self.listening or self.loud.own))
        if self.loud is not self._loud:
            self._loud = self.loud
            self.hint(self.loud)
            self.lamp(_LAMPS[self.loud])

    def _timers_changed(self) -> None:
        self.bell.look()
        self.journal.publish(Changed("timers"))

    def _volume_changed(self) -> None:
        self.journal.publish(Changed("volume"))

    def _over(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s", type(error).__name__, exc_info=error)


async def _at_once() -> None:
    """Nobody keeps a ledger."""


def default_voice(config: Config) -> tts.Voice:
    """The voice of the settings, with its model: the owner's, else the one for the language."""
    store = ModelStore.of(config)
    if config.voice.model:
        return tts.voice(config.voice, config.general.language, store.own(config.voice.model))
    names = PIPER_MODELS.get(config.general.language, ())
    paths: list[Path] = []
    if config.voice.engine in ("auto", "piper") and all(store.has(n) for n in names):
        paths = [store.path(name) for name in names]
    return tts.voice(config.voice, config.general.language, paths[0] if paths else None)
