"""The speaker's own voice: says replies and plays chimes, and falls silent at once when told to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from device.errors import NoVoice
from device.events import EventBus, Hushed, Said
from device.hands.sound import chimes
from device.hands.sound.chimes import Chime
from device.hands.sound.player import Clip, Player
from device.hands.voice.tts import Memory, Voice, spoken

MEMORY_BYTES = 6_000_000
"""Two minutes of the speaker's own sentences."""

FROM_AFAR = frozenset(("afar.said", "own.said", "home.word", "media.title", "media.title_by"))
"""Replies with words that others wrote: ears are told, because such words may be chosen to wake."""

log = logging.getLogger("keepmum.hands")


class Speaker:
    """Says one thing at a time. `changed` is told whether it speaks, and words of others."""

    def __init__(
        self,
        voice: Voice,
        player: Player,
        events: EventBus,
        *,
        chimes: bool,
        changed: Callable[[bool, bool], None] = lambda busy, afar: None,
    ) -> None:
        self.voice = voice
        self.memory = Memory(MEMORY_BYTES)
        self._player = player
        self._events = events
        self._chimes = chimes
        self._changed = changed
        self._clip: Clip | None = None
        self._turn = asyncio.Lock()
        self._hushes = 0

    def chime(self, which: Chime) -> Clip | None:
        """Play a chime, if the owner wants any; the clip tells whether it is heard."""
        if not self._chimes:
            return None
        return self._player.play(Clip(chimes.RATE, chimes.chime(which)))

    async def say(self, text: str, key: str) -> bool:
        """Say a text to its end; False if it was hushed or nothing could be heard."""
        ordered, hushes = time.monotonic(), self._hushes
        async with self._turn:
            if hushes != self._hushes:
                return False  # hushed before its turn came
            clip = self._clip = self._player.play(Clip.growing())
            self._changed(True, key in FROM_AFAR)
            making = asyncio.create_task(self._make(text, clip))
            telling = asyncio.create_task(self._tell(clip, text, key, ordered))
            try:
                await clip.ended.wait()
            finally:
                cut = not (making.done() and clip.complete and clip.at >= len(clip.parts))
                self._player.stop(clip)
                making.cancel()
                telling.cancel()
                self._clip = None
                self._changed(False, False)
                self._events.publish(Hushed(cut))
            return not cut and clip.started.is_set()

    def hush(self) -> None:
        """Stop speaking, within a block of sound, and drop what waits for its turn."""
        self._hushes += 1
        if self._clip is not None:
            self._player.stop(self._clip)

    async def prepare(self, texts: list[str], every: float = 0.0) -> None:
        """Make the sound of texts that will be wanted, so that they begin at once.

        One `every` so many seconds: a Pi has other things to do, hearing above all.
        """
        for text in texts:
            await asyncio.sleep(every)
            async for _ in spoken(text, self.voice, self.memory):
                await asyncio.sleep(every)

    async def _make(self, text: str, clip: Clip) -> None:
        try:
            async for part, rate in spoken(text, self.voice, self.memory):
                self._player.feed(clip, part, rate)
        except NoVoice as error:
            log.error("%s %s", error.message, error.remedy)
        finally:
            self._player.complete(clip)

    async def _tell(self, clip: Clip, text: str, key: str, ordered: float) -> None:
        await clip.started.wait()
        self._events.publish(Said(key, text, time.monotonic() - ordered))
