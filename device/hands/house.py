"""All that the hands hold: one value that skills are given, made once and passed on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path

from device.config import Config
from device.hands import mixers, output, speech
from device.hands.bell import Bell
from device.hands.clock import Clock, SystemClock
from device.hands.journal import Changed, Journal
from device.hands.player import Player
from device.hands.replies import Replies, Reply, Skill
from device.hands.speaker import Speaker
from device.hands.state import open_state
from device.hands.timers import Alarms, Timers
from device.hands.volume import Volume
from device.mind.types import Hint
from device.names import NameTable

log = logging.getLogger("keepmum.hands")


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
        sink: output.Sink | None = None,
        voice: speech.Voice | None = None,
    ) -> None:
        self.config = config
        self.names = names
        self.clock: Clock = clock or SystemClock()
        self.journal = Journal()
        self.replies = Replies(config.general.language)
        self.last: Reply | None = None
        """The last reply that was spoken."""
        self.question: Skill | None = None
        """What waits for the answer to the speaker's own question."""
        self.stoppers: list[Callable[[], Awaitable[None]]] = []
        """What "stop" stops when nothing rings: music, for one."""
        self.listening = False
        """Sound is being taken in."""
        self.hint: Callable[[Hint], None] = lambda hint: None
        """Tells the ears what the loudspeaker does; set while they are there."""
        self.warned: dict[str, float] = {}
        """When each alert was last told, by the machine's clock."""
        self._tasks: set[asyncio.Task[object]] = set()
        self._loud = Hint.QUIET
        self.player = Player(sink or output.sink(config.sound))
        self.speaker = Speaker(
            voice or default_voice(config),
            self.player,
            self.journal,
            chimes=config.sound.chimes,
        )
        kept = open_state(Path(config.service.state))
        self._kept = kept
        self.timers = Timers(kept, self.clock, self._timers_changed)
        self.alarms = Alarms(kept, self.clock, self._timers_changed)
        self.volume = Volume(
            mixers.OwnMixer(self.player), kept, config.sound.volume, self._volume_changed
        )
        self.bell = Bell(self)
        self.bell.changed = self.speaker.changed = self._sounds_changed

    async def open(self) -> None:
        """Start what runs by itself."""
        await self.volume.apply()
        self.start(self.bell.run())

    async def close(self) -> None:
        """End everything, in the order in which it would be missed least."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.speaker.voice.close()
        await self.player.close()
        self._kept.close()

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Let something run beside everything else; its failure is logged, not lost."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def name(self, number: int | None) -> str:
        """The text of a name of the table; empty for none."""
        found = None if number is None else self.names.get(number)
        return "" if found is None else found.text

    def tell(self, reply: Reply) -> None:
        """Say something that nobody asked for, as soon as nobody is being listened to."""
        self.start(self.say(reply))

    async def say(self, reply: Reply) -> bool:
        """Say a reply or play its chime; whether it was heard to its end."""
        if reply.chime is not None:
            self.speaker.chime(reply.chime)
            return True
        return await self.speaker.say(self.replies.text(reply), reply.key)

    def listen(self, listening: bool) -> None:
        """Sound begins or ceases to be taken in: everything else is quiet meanwhile."""
        self.listening = listening
        if listening:
            self.speaker.hush()
        self._sounds_changed()

    @property
    def loud(self) -> Hint:
        """What the loudspeaker does: rings, speaks, or is quiet."""
        if self.bell.ringing:
            return Hint.RINGING
        return Hint.SPEAKING if self.speaker.busy else Hint.QUIET

    def _sounds_changed(self) -> None:
        self.bell.hold(self.listening or self.speaker.busy)
        if self.loud is not self._loud:
            self._loud = self.loud
            self.hint(self.loud)

    def _timers_changed(self) -> None:
        self.bell.look()
        self.journal.publish(Changed("timers"))

    def _volume_changed(self) -> None:
        self.journal.publish(Changed("volume"))

    def _over(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s", type(error).__name__, exc_info=error)


def default_voice(config: Config) -> speech.Voice:
    """The voice of the settings, with its model."""
    own = config.voice.model
    model = Path(own) if own else None
    return speech.voice(config.voice, config.general.language, model)
