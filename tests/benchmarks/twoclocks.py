"""A reply with a word over it, played by one clock and heard by another.

As in echoes.py, but there is no channel with the loudspeaker's own sound: hands write what they
play into the real ring, in bursts, and the microphone's clock is up to 100 parts in a million away
from the loudspeaker's. The delay from the ring to the microphone is 20 to 150 ms and differs by up
to 10 ms from reply to reply, as if the device were opened anew for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.ears.capture.reference import Reference
from device.mind.types import FRAME_SAMPLES, RATE, Hint
from device.ring import Reader, Writer
from tests.benchmarks.echoes import AROUND, ARRIVING, BEFORE, PAUSE, Household, leveled
from tests.benchmarks.recordings import Clip, Sound, active_power
from tests.benchmarks.wakeword_scores import Figures, Listener, events, hours
from tests.rooms import echo, heard, sampled

FASTEST_PPM = 100.0
DELAYS_MS = (20.0, 150.0)
JITTER_MS = 10.0
BURST = 640
"""Samples that are written at once, at most: two blocks of the player."""
TAPS = 32
Line = NDArray[np.float64]


@dataclass(frozen=True)
class TwoClocks:
    """What the microphone hears, and what hands play meanwhile, each by its own clock."""

    microphone: Sound
    played: Sound
    start: int
    """Sample of the microphone from which on it is listened to."""
    ppm: float
    seed: int

    def cleaned(self, reference: Reference | None = None, writer: Writer | None = None) -> Sound:
        """The microphone as ears hear it, from `start` on; with a ring of its own if none given."""
        if reference is None or writer is None:
            reference, writer = fresh()
        chance = np.random.default_rng(self.seed)
        out, given = self.microphone.copy(), 0
        for at in range(0, len(out) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            now = (at + FRAME_SAMPLES) / (1 + self.ppm * 1e-6) + float(chance.integers(0, BURST))
            due = min(len(self.played), int(now) // 320 * 320)
            writer.write(self.played[given : max(given, due)])
            given = max(given, due)
            reference.cancel(out[at : at + FRAME_SAMPLES])
        return out[self.start :]


def fresh() -> tuple[Reference, Writer]:
    """A ring with both its ends."""
    writer = Writer()
    reader = Reader(writer.readable)
    return Reference(reader), writer


def scene(
    household: Household,
    word: NDArray[Any],
    chance: np.random.Generator,
    *,
    later: bool,
    ground: Line | None = None,
    louder: float = 1.0,
) -> TwoClocks:
    """A word over a reply, or over `ground` again and again, one second after it began."""
    ppm = float(chance.choice([-1, 1]) * chance.uniform(20, FASTEST_PPM))
    delay = float(chance.uniform(*DELAYS_MS))
    length = len(word) + 2 * AROUND
    replies = [household.reply() for _ in range(BEFORE if later else 0)]
    replies += [household.spoken(length) if ground is None else np.resize(ground, length)]
    room, slope = household.room(), 1 + ppm * 1e-6
    total = sum(len(r) + len(PAUSE) for r in replies) + RATE
    microphone, played = np.zeros(total), np.zeros(total)
    at, arrived = 0, np.zeros(0)
    for reply in replies:
        late = (delay + chance.uniform(-JITTER_MS, JITTER_MS)) * RATE / 1000
        sounding = echo(np.concatenate([reply, np.zeros(RATE // 2)]), room)
        first = int(at * slope + late)
        times = np.arange(first, min(first + len(sounding) - 100, total))
        arrived = resampled(sounding, np.asarray((times - (at * slope + late)) / slope))
        microphone[times] += arrived
        played[at : at + len(reply)] += reply
        start, at = at, at + len(reply) + len(PAUSE)
    microphone *= louder * np.sqrt(active_power(word) / active_power(arrived[:length]))
    begin = start + AROUND
    microphone[begin : begin + len(word)] += word
    microphone = microphone[: start + length]
    microphone *= min(1.0, 32000 / np.abs(microphone).max())
    sounds = heard(microphone, seed=len(word)), sampled(played[: len(microphone)])
    return TwoClocks(*sounds, start, ppm, int(chance.integers(1 << 31)))


def resampled(sound: Line, places: Line) -> Line:
    """The sound at places between its samples; zeros outside."""
    whole = np.floor(places).astype(np.int64)
    near = np.arange(TAPS) - TAPS // 2 + 1
    padded = np.pad(sound, TAPS)
    distance = near[None, :] - (places - whole)[:, None]
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(distance / (TAPS / 2), -1, 1))
    index = np.clip(whole[:, None] + near + TAPS, 0, len(padded) - 1)
    return np.asarray((padded[index] * np.sinc(distance) * window).sum(axis=1))


def own_voice(figures: Figures, listener: Listener, words: Sequence[Clip]) -> None:
    """How often a word is heard over what hands play, and whether their own replies wake."""
    household, chance = Household(seed=1), np.random.default_rng(7)
    listener.wake.loud, listener.wake.cleaned = Hint.SPEAKING, True
    limit = listener.wake.threshold_of(listener.wake.words[0])

    def wakes(sound: Sound) -> bool:
        return bool((listener.trace(sound, Hint.SPEAKING)[:, 0, 2] >= limit).any())

    tune = music(chance)
    for name, later, louder, ground in (
        ("", True, 1.0, None),
        ("_first_reply", False, 1.0, None),
        ("_echo_10_db_louder", True, 10**0.5, None),
        ("_over_music", True, 1.0, tune),
    ):
        hits = 0
        for clip in words:
            made = scene(household, clip.sound, chance, later=later, ground=ground, louder=louder)
            hits += wakes(made.cleaned())
        figures.rate(f"barge_in_rate{name}", hits, len(words))
    figures.notes["barge_in_rate_over_music"] += "; synthesized, and played by hands themselves"
    _self_wakes(figures, listener, household, chance, limit)


def _self_wakes(
    figures: Figures,
    listener: Listener,
    household: Household,
    chance: np.random.Generator,
    limit: float,
) -> None:
    """All replies and rings, one after the other, each a little sooner or later than the last."""
    rings = [np.tile(sound, 3) for sound in household.rings]
    woke, frames, highest = 0, 0, 0.0
    both, room = fresh(), household.room()
    for reply in (*household.replies, *rings):
        padded = np.concatenate([reply, np.zeros(RATE)])
        arrived = echo(padded, room)
        arrived *= ARRIVING / np.sqrt(active_power(arrived))
        late = round(RATE * (0.06 + chance.uniform(-JITTER_MS, JITTER_MS) / 1000))
        microphone = heard(np.roll(arrived, late), seed=len(reply))
        made = TwoClocks(microphone, sampled(padded), 0, 0.0, len(reply))
        trace = listener.trace(made.cleaned(*both), Hint.SPEAKING)[:, 0, 2]
        woke, frames = woke + events(trace, limit), frames + len(trace)
        highest = max(highest, float(trace.max()))
    figures.count("self_wakes", woke, hours(frames))
    figures.notes["self_wakes"] += f"; English replies and rings, highest score {highest:.3f}"


def music(chance: np.random.Generator, seconds: int = 12) -> Line:
    """Chords, a melody and drums at the level of replies; nothing that anybody composed."""
    out = np.zeros(seconds * RATE)
    for beat in range(2 * seconds):
        root = 110.0 * 2 ** (int(chance.choice([0, 3, 5, 7])) / 12)
        length = RATE // 2
        times = np.arange(length) / RATE
        fade = np.exp(-3 * times)
        notes = [root * 2 ** (n / 12) for n in (0, 4, 7, 12 + int(chance.choice([0, 2, 4, 7])))]
        sound = sum(np.sin(2 * np.pi * h * f * times) / h for f in notes for h in range(1, 9))
        drum = chance.normal(size=length) * np.exp(-30 * times) * 3
        out[beat * length : (beat + 1) * length] += np.asarray(sound) * fade + drum
    return leveled(out)
