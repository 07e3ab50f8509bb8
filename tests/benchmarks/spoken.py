"""Spoken sentences as a live stream: noise mixed in, frame by frame, each with the real detector's
word on whether there is speech in it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.ears.recognize.engines.base import Crew
from device.ears.vad import Vad, speaks
from device.mind.states import WAKE_TAIL
from device.mind.types import FRAME_SAMPLES, FRAME_SECONDS, RATE, Progress, Request

Sound = NDArray[np.int16]
Frame = tuple[bytes, bool]

SILENCE = 9
COMPLETE_SILENCE = 4
UNFINISHED_SILENCE = 18
ONSET = 3
TAIL_FRAMES = 3
PATIENCE = 10_000
LONGEST = 125
TAIL_S = 2.0
_SPEECH = 0.5
_WINDOW = 2048


def loudest(sound: NDArray[np.float64]) -> float:
    """Energy of the loudest 2,048 samples: the published benchmark's measure of level."""
    count = len(sound) // _WINDOW
    if not count:
        return float((sound**2).sum())
    return float((sound[: count * _WINDOW].reshape(count, _WINDOW) ** 2).sum(1).max())


def in_noise(speech: Sound, noise: NDArray[np.float64] | None, snr_db: float, seed: int) -> Sound:
    """`speech` with a cut of `noise` at a max-frame SNR, peak at 0.5, and the noise after it.

    The benchmark's own mixing: energy of the loudest 2,048 samples of the speech over that of the
    cut. Without noise: as it was recorded, and faint noise (sigma 3) after it.
    """
    rng = np.random.default_rng([seed, round(10 * snr_db)])
    tail = int(TAIL_S * RATE)
    if noise is None:
        return np.concatenate([speech, np.asarray(rng.normal(0, 3, tail), np.int16)])
    at = int(rng.integers(0, len(noise) - len(speech) - tail))
    cut = noise[at : at + len(speech) + tail]
    clean = np.concatenate([speech.astype(np.float64) / 32768, np.zeros(tail)])
    gain = np.sqrt(loudest(clean) / (loudest(cut[: len(speech)]) * 10 ** (snr_db / 10)))
    mixed = clean + gain * cut
    return np.asarray(mixed * (0.5 * 32767 / np.abs(mixed).max()), np.int16)


def frames(sound: Sound, vad: Vad) -> list[Frame]:
    """`sound` in frames of 80 ms, each with whether there is speech in it."""
    count = len(sound) // FRAME_SAMPLES
    vad.forget()
    blocks = sound[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
    speech, out = False, list[Frame]()
    for block in blocks:
        speech = speaks(vad.step(block), _SPEECH, speech)
        out.append((block.tobytes(), speech))
    return out


@dataclass
class Taking:
    """What came of one command."""

    request: Request | None
    words: str
    frames: int
    """Frames taken in."""
    ended_at: int
    """The frame that ended it."""
    cpu_s: float
    after_s: float
    """Wall time from the end of the command to its result."""
    after_cpu_s: float
    behind_s: float = 0.0
    """Wall time of live sound's end to the result: after_s, and what of the frames before wasn't
    done in their own time."""
    behind_cpu_s: float = 0.0
    """The same in CPU time."""


def take_in(crew: Crew, spoken: Iterable[Frame], early: bool = True) -> Taking:
    """One command the way ears and child take it in, endpoint included, without the processes.

    early: whether a complete sentence ends after the shorter silence.
    """
    engine = crew.engine
    engine.start()
    cpu = time.process_time()
    voiced = silent = taken = 0
    begun, progress = False, Progress.CAN_GO_ON
    behind = behind_cpu = 0.0
    leading = 0
    for frame, speech in spoken:
        leading += speech and leading == taken
        taken += 1
        wall, busy = time.perf_counter(), time.process_time()
        words = engine.feed(frame, speech)
        behind = max(0.0, behind + time.perf_counter() - wall - FRAME_SECONDS)
        behind_cpu = max(0.0, behind_cpu + time.process_time() - busy - FRAME_SECONDS)
        if words is not None:
            progress = crew.progress(words.split(), False)
        voiced, silent = (voiced + 1, 0) if speech else (voiced, silent + 1)
        if not begun and silent >= ONSET:
            voiced = 0
        # speech since the very frame that woke is the end of the wake word until it goes on
        needed = ONSET + (TAIL_FRAMES if voiced == taken else 0)
        begun = begun or (speech and voiced >= needed)
        enough = UNFINISHED_SILENCE if progress is Progress.UNFINISHED else SILENCE
        if early and progress is Progress.COMPLETE:
            enough = COMPLETE_SILENCE
        if (begun and silent >= enough) or taken >= (LONGEST if begun else PATIENCE):
            break
    wall, busy = time.perf_counter(), time.process_time()
    words = engine.finish()
    request = crew.understand(words.split(), False, leading > WAKE_TAIL) if words else None
    after = time.perf_counter() - wall
    if not begun:
        request = None
    now = time.process_time()
    late = behind + after, behind_cpu + now - busy
    return Taking(request, words, taken, taken, now - cpu, after, now - busy, *late)


@functools.cache
def kitchen(folder: Path) -> NDArray[np.float64]:
    """The kitchen noise, -1..1."""
    import soundfile

    sound, rate = soundfile.read(folder / "noise" / "kitchen.flac")
    if rate != RATE:
        raise ValueError("the noise is not 16 kHz")
    return np.asarray(sound)


def read(path: Path) -> Sound:
    """A recording, int16."""
    import soundfile

    sound, _ = soundfile.read(path, dtype="int16")
    return np.asarray(sound)
