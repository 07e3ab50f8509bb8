"""Plays clips: a thread of its own mixes them block by block into the sink.

A clip may still be growing while it is heard, may be repeated, and can be silenced within one
block. Everything here but `_work` is called from the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

import numpy as np

from device.errors import CardUnclear, KeepmumError, NoLoudspeaker
from device.hands.sound.chimes import Pcm, resample
from device.hands.sound.sinks import BLOCK_SECONDS, Sink
from device.hands.sound.tap import Tap
from device.ring import Writer

IDLE_SECONDS = 5.0
"""The device is let go after this long without sound: opening it again costs tens of ms."""

RETRY_SECONDS = 5.0
"""A loudspeaker that was gone or busy is tried again after so long, whether or not it is needed."""

log = logging.getLogger("keepmum.hands")


class Clip:
    """Sound to be played: (n,) int16 parts, in order."""

    def __init__(self, rate: int, *parts: Pcm, repeat: bool = False, level: float = 1.0) -> None:
        self.level = level
        self.repeat = repeat
        self.complete = True
        self.held = False
        """Held clips wait, silent, until they are let go on."""
        self.parts = [(part, rate) for part in parts]
        """Samples with their rate; the player turns them into the sink's as it comes to them."""
        self.started = asyncio.Event()
        """The first of it was written to the sink."""
        self.ended = asyncio.Event()
        """Nothing more of it will be."""
        self.at = 0
        self.offset = 0

    @classmethod
    def growing(cls) -> Clip:
        """A clip that is fed while it plays."""
        clip = cls(0)
        clip.complete = False
        return clip

    async def heard(self) -> bool:
        """Wait for its first sound; False if it ended without any."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self.started, self.ended)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self.started.is_set()


class Player:
    """One thread, one sink, any number of clips at once."""

    def __init__(self, sink: Sink, tap: Tap | None = None, *, stays_open: bool = False) -> None:
        """tap: is given whatever the sink gets; stays_open: silence is played rather than nothing,
        so that the way to the microphone stays as long as it is."""
        self.level = 1.0
        """Of everything: the volume, where the sound device has none of its own."""
        self.failed: KeepmumError | None = None
        """Why nothing is heard, while that is so."""
        self.changed: Callable[[], None] = lambda: None
        """Called when `failed` becomes another."""
        self._sink = sink
        self._tap = tap
        self._stays_open = stays_open
        self._clips: list[Clip] = []
        self._change = threading.Condition()
        self._over = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="player", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def played(self) -> Writer | None:
        """What ears are offered, to take its echo away."""
        return self._tap.ring if self._tap else None

    def play(self, clip: Clip) -> Clip:
        """Begin to play."""
        with self._change:
            self._clips.append(clip)
            self._change.notify()
        return clip

    def feed(self, clip: Clip, part: Pcm, rate: int) -> None:
        """Add to a growing clip."""
        with self._change:
            clip.parts.append((part, rate))
            self._change.notify()

    def complete(self, clip: Clip) -> None:
        """Nothing more is added to a growing clip: it ends when all of it was played."""
        with self._change:
            clip.complete = True
            self._change.notify()

    def hold(self, clip: Clip, held: bool) -> None:
        """Silence a clip for the time being, or let it go on."""
        with self._change:
            clip.held = held
            self._change.notify()

    def stop(self, clip: Clip) -> None:
        """Silence a clip for good, at once."""
        with self._change:
            if clip in self._clips:
                self._clips.remove(clip)
            self._change.notify()
        clip.ended.set()

    async def close(self) -> None:
        """End the thread; what still plays is cut."""
        with self._change:
            self._over = True
            self._change.notify()
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        """Play what there is; silence for a while after it, then let the device go."""
        opened, idle = False, 0
        while not self._over:
            if not opened:
                self._wait()
            try:
                if not opened and not self._over:
                    self._sink.open()
                    opened, idle = True, 0
                    self._now(None)
                    if self._tap:
                        self._tap.open(self._sink.rate)
                if opened:
                    idle = 0 if self._one_block() else idle + 1
            except (NoLoudspeaker, CardUnclear) as error:
                opened = False
                self._fail(error)
            if opened and idle * BLOCK_SECONDS >= IDLE_SECONDS and not self._stays_open:
                self._sink.close()
                opened = False
                if self._tap:
                    self._tap.rest()
        self._sink.close()
        if self._tap:
            self._tap.rest()

    def _anything(self) -> bool:
        return any(not c.held and (c.at < len(c.parts) or c.complete) for c in self._clips)

    def _wait(self) -> None:
        """Until there is something to play; a loudspeaker that failed is tried once in a while."""
        with self._change:
            again = RETRY_SECONDS if self.failed else None
            self._change.wait_for(lambda: self._over or self._anything(), again)

    def _one_block(self) -> bool:
        """Mix and write the next block; whether there was anything in it."""
        size = int(self._sink.rate * BLOCK_SECONDS)
        self._prepare()
        total = np.zeros(size, dtype=np.float32)
        begun: list[Clip] = []
        with self._change:
            for clip in [c for c in self._clips if not c.held]:
                samples = self._take(clip, size)
                total[: len(samples)] += samples * np.float32(clip.level)
                if len(samples) and not clip.started.is_set():
                    begun.append(clip)
            ended = [c for c in self._clips if c.complete and c.at >= len(c.parts)]
            self._clips = [c for c in self._clips if c not in ended]
        mixed = np.clip(total * np.float32(self.level), -32768, 32767).astype(np.int16)
        if self._tap:
            self._tap.write(mixed)
        self._sink.write(mixed.tobytes())
        self._tell([c.started.set for c in begun] + [c.ended.set for c in ended])
        return bool(begun or ended or self._anything())

    def _prepare(self) -> None:
        """Turn what comes next into the sink's rate, without keeping the event loop waiting."""
        for clip in [c for c in self._clips if not c.held]:
            for at in range(clip.at, min(clip.at + 2, len(clip.parts))):
                part, rate = clip.parts[at]
                clip.parts[at] = resample(part, rate, self._sink.rate), self._sink.rate

    def _take(self, clip: Clip, size: int) -> Pcm:
        """At most `size` samples of a clip, and move on in it."""
        taken: list[Pcm] = []
        while size and clip.at < len(clip.parts):
            whole, rate = clip.parts[clip.at]
            if rate != self._sink.rate:
                break  # it came after `_prepare`: the next block
            part = whole[clip.offset : clip.offset + size]
            taken.append(part)
            size -= len(part)
            clip.offset += len(part)
            if clip.offset >= len(whole):
                clip.at, clip.offset = clip.at + 1, 0
                if clip.repeat and clip.at == len(clip.parts):
                    clip.at = 0
        return np.concatenate(taken) if taken else np.zeros(0, dtype=np.int16)

    def _fail(self, error: KeepmumError) -> None:
        """Nothing can be heard: what was to be played is over, and the owner is told why."""
        if type(self.failed) is not type(error):
            log.error("%s %s", error.message, error.remedy)
        self._now(error)
        with self._change:
            lost, self._clips = self._clips, []
        self._tell([c.ended.set for c in lost])

    def _now(self, failed: KeepmumError | None) -> None:
        changed = type(failed) is not type(self.failed)
        self.failed = failed
        if changed:
            self._tell([self.changed])

    def _tell(self, calls: list[Callable[[], None]]) -> None:
        for call in calls:
            # the loop is closed when hands end in the middle of a sound
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call)
