"""The sound of ringing: one clip for whatever rings, at a volume of its own, as long as it must."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from device.events import Ringing
from device.hands.clock import Clock
from device.hands.sound import chimes
from device.hands.sound.player import Clip, Player
from device.hands.sound.volume import Volume
from device.hands.tasks import Tasks

TRY_AGAIN_SECONDS = 2.0


class RingSound:
    """Silent, sounding, or held because somebody speaks. `changed` is told whether it rings."""

    def __init__(
        self,
        player: Player,
        volume: Volume,
        percent: int,
        *,
        clock: Clock,
        tasks: Tasks,
        changed: Callable[[bool], None],
    ) -> None:
        self._player = player
        self._volume = volume
        self._percent = percent
        self._clock = clock
        self._tasks = tasks
        self._changed = changed
        self._clip: Clip | None = None
        self._held = False

    def on(self, kind: Ringing) -> None:
        """Begin, unless it sounds already."""
        if self._clip is None:
            clip = Clip(chimes.RATE, chimes.ring(kind), repeat=True)
            clip.held = self._held
            self._clip = self._player.play(clip)
            self._tasks.start(self._keep_sounding(clip, kind))
        self._tasks.start(self._volume.ring(self._percent))
        self._changed(True)

    def off(self) -> None:
        """End."""
        if self._clip is not None:
            self._player.stop(self._clip)
            self._clip = None
        self._tasks.start(self._volume.ring(None))
        self._changed(False)

    def hold(self, held: bool) -> None:
        """Silent while somebody is listened to or something is said, then on."""
        self._held = held
        if self._clip is not None:
            self._player.hold(self._clip, held)

    async def heard(self) -> None:
        """Wait until the first of it is heard, or it is off."""
        while self._clip is not None and not await self._clip.heard():
            await self._clock.wait(TRY_AGAIN_SECONDS, asyncio.Event())

    async def _keep_sounding(self, clip: Clip, kind: Ringing) -> None:
        """A loudspeaker that was unplugged ends the sound, not the ring: try again."""
        await clip.ended.wait()
        await self._clock.wait(TRY_AGAIN_SECONDS, asyncio.Event())
        if self._clip is clip:
            self._clip = None
            self.on(kind)
