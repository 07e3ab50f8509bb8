"""A real "alexa" joined to a real order: the recognizer gets the frame that wakes and the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from device.config import Config
from device.ears.recognize.engines.base import Crew
from device.ears.wake.wakeword import WakeWords
from device.mind.types import FRAME_SAMPLES, RATE, Request, Slot
from tests.benchmarks import spoken
from tests.voices import models

BACKGROUND_S = 1.0
_EDGE = 0.02
"""Samples below this part of the loudest, at either end, are no speech."""


def _trimmed(sound: spoken.Sound) -> spoken.Sound:
    """Without what comes before the first and after the last loud 10 ms."""
    parts = np.abs(sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(np.int32)).max(1)
    loud = np.flatnonzero(parts > _EDGE * parts.max())
    return sound[160 * loud[0] : 160 * (loud[-1] + 1)]


def _matched(sound: spoken.Sound, peak: float) -> spoken.Sound:
    return np.asarray(sound * (peak / max(1, np.abs(sound.astype(np.int32)).max())), np.int16)


def joined(
    crew: Crew,
    folder: Path,
    orders: Sequence[tuple[Path, dict[Slot, int]]],
    pause_s: float,
    right: Callable[[Request | None, dict[Slot, int]], bool],
) -> tuple[int, int]:
    """(understood, woken) of orders that follow a wake word after `pause_s`."""
    from device.ears.vad import Vad

    store = models()
    vad = Vad(store.path("silero/silero_vad.onnx"))
    words = sorted((folder / "alexa").glob("*.flac"))
    hits = woken = 0
    for index, (path, slots) in enumerate(orders):
        word = _matched(_trimmed(spoken.read(words[index % len(words)])), 12_000)
        order = _matched(_trimmed(spoken.read(path)), 12_000)
        noise = np.random.default_rng(index).normal(0, 8, RATE * 2 + len(word) + len(order) + RATE)
        start = int(BACKGROUND_S * RATE)
        noise[start : start + len(word)] += word
        begin = start + len(word) + int(pause_s * RATE)
        noise[begin : begin + len(order)] += order
        sound = np.asarray(noise, np.int16)
        wake = WakeWords(Config().wake, store, vad.step)
        wake.prime()
        at = _woke(wake, sound)
        if at is None:
            continue
        woken += 1
        vad.forget()
        rest = sound[at * FRAME_SAMPLES :]
        frames = spoken.frames(rest, vad)
        frames[0] = (frames[0][0], True)
        hits += right(spoken.take_in(crew, frames).request, slots)
    return hits, woken


def _woke(wake: WakeWords, sound: spoken.Sound) -> int | None:
    for number in range(len(sound) // FRAME_SAMPLES):
        frame = sound[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
        if any(reading.woke for reading in wake.step(frame)):
            return number
    return None
