"""The wake word and "stop" over the speaker's own sound, with a reference to take its echo away.

A simulated room (tests/rooms.py): reverberation time 0.3 to 0.5 s, delay 5 to 40 ms, direct sound
0 to 6 dB over the rest, a loudspeaker that clips softly, a microphone with noise; all drawn anew
for every word. The echo at the microphone has the mean power of active frames of the word, which
begins one second after a reply does. The *first* reply is the first that the canceller ever
heard; a *later* one follows two others. `..._no_reference` is the same sound as it arrives.

Figures `..._with_reference` are of a device with a channel for it; those without such an ending are
of one microphone with the software reference (twoclocks.py), and of lies in it (forgeries.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.ears.capture.echo import Echo
from device.ears.recognize.engines.stopword import WORD, StopWord
from device.hands.sound.chimes import RATE as RING_RATE
from device.hands.sound.chimes import ring
from device.mind.types import FRAME_SAMPLES, RATE, Hint
from tests.benchmarks import harness
from tests.benchmarks.recordings import Clip, Sound, active_power, clips, frames
from tests.benchmarks.replies import texts
from tests.benchmarks.wakeword_scores import Figures, Listener, Trace, events, hours, logit
from tests.rooms import answer, echo, heard, sampled
from tests.voices import has_voice, models, resample, say

LEVEL = 5000.0
"""Root mean square of active frames of what is played, as the reference carries it."""
ARRIVING = 1100.0
"""The same of its echo at the microphone, and of a synthesized word over it."""
VOICES = [("joe", s, p) for s, p in product((0.85, 1.0, 1.2), (0.95, 1.0, 1.06))]
OTHERS = ("flite:slt", "flite:rms", "flite:awb", "espeak", "espeak:en-gb+f3", "espeak:en-us+m3")
PAUSE = np.zeros(RATE // 2)
AROUND = RATE
"""A second of the reply before and after the word."""
BEFORE = 2
"""Replies before a later one."""
SPANS = ((0, 1), (1, 2), (2, 4), (4, 8), (8, 16))
"""Seconds of playing over which the echo's loss is given."""
ROOMS = 8
GOALS = {
    "barge_in_rate": harness.at_least(0.97),
    "barge_in_rate_first_reply": harness.at_least(0.95),
    "barge_in_rate_echo_10_db_louder": harness.at_least(0.92),
    "barge_in_rate_over_music": harness.at_least(0.85),
    "self_wakes": harness.exactly(0),
    "forged_wakes": harness.exactly(0),
    "silence_in_silence_out": harness.exactly(1),
    "barge_in_rate_with_reference": harness.at_least(0.9),
    "barge_in_rate_with_reference_first_reply": harness.at_least(0.9),
    "self_wakes_with_reference": harness.exactly(0),
    "forged_wakes_with_reference": harness.exactly(0),
    "stop_rate_with_reference": harness.at_least(0.9),
    "false_stops_with_reference": harness.exactly(0),
}
Line = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """What the two channels of a device deliver."""

    microphone: Sound
    reference: Sound
    start: int
    """Sample from which on it is listened to: a second before the word."""

    def cleaned(self, canceller: Echo | None = None) -> Sound:
        """The microphone without the echo, from `start` on."""
        return without_echo(canceller or Echo(), self.microphone, self.reference)[self.start :]


def without_echo(canceller: Echo, microphone: Sound, reference: Sound) -> Sound:
    """What is left of a microphone's sound, frame by frame; what is no whole frame stays."""
    out = microphone.copy()
    for at in range(0, len(out) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = slice(at, at + FRAME_SAMPLES)
        canceller.cancel(out[frame], reference[frame])
    return out


class Household:
    """What is played, and rooms for it; everything from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.replies = [leveled(say(text)) for text in texts()]
        self.rings = [
            leveled(resample(ring(kind), RING_RATE / RATE)) for kind in ("timer", "alarm")
        ]

    def room(self, rt60: float | None = None) -> Line:
        """Another room's impulse response."""
        seed = int(self.chance.integers(1 << 31))
        drawn = self.chance.uniform(0.3, 0.5) if rt60 is None else rt60
        delay_ms, direct_db = self.chance.uniform(5, 40), self.chance.uniform(0, 6)
        return answer(drawn, delay_ms, direct_db, seed)

    def reply(self) -> Line:
        """One of all replies."""
        return self.replies[self.chance.integers(len(self.replies))]

    def spoken(self, samples: int) -> Line:
        """Replies, one after the other, for so long."""
        parts = [np.zeros(0)]
        while sum(map(len, parts)) < samples:
            parts += [self.replies[self.chance.integers(len(self.replies))], PAUSE[:1600]]
        return np.concatenate(parts)[:samples]

    def scene(
        self, word: NDArray[Any], *, later: bool, ground: Line | None = None, louder: float = 1.0
    ) -> Scene:
        """A word over a reply, or over `ground`, again and again."""
        parts = [np.zeros(0)]
        for _ in range(BEFORE if later else 0):
            parts += [self.replies[self.chance.integers(len(self.replies))], PAUSE]
        start = sum(map(len, parts))
        length = len(word) + 2 * AROUND
        parts += [self.spoken(length) if ground is None else np.resize(ground, length)]
        played = np.concatenate(parts)
        arrived = echo(played, self.room())
        arrived *= louder * np.sqrt(active_power(word) / active_power(arrived[start:]))
        arrived[start + AROUND : start + AROUND + len(word)] += word
        arrived *= min(1.0, 32000 / np.abs(arrived).max())
        return Scene(heard(arrived, seed=len(word)), sampled(played), start)


def wake_words(figures: Figures, listener: Listener, words: Sequence[Clip]) -> None:
    """How often a wake word over a reply is heard, and what else wakes."""
    household, limits = Household(seed=1), _limits(listener)

    def wakes(sound: Sound) -> bool:
        return bool((listener.trace(sound, Hint.SPEAKING)[:, 0, 2] >= limits[0]).any())

    for name, later, louder in (
        ("_first_reply", False, 1.0),
        ("", True, 1.0),
        ("_echo_10_db_louder", True, 10**0.5),
    ):
        scenes = [household.scene(clip.sound, later=later, louder=louder) for clip in words]
        hits = sum(wakes(s.cleaned()) for s in scenes)
        figures.rate(f"barge_in_rate_with_reference{name}", hits, len(words))
        if not name:
            plain = sum(wakes(s.microphone[s.start :]) for s in scenes)
            figures.rate("barge_in_rate_no_reference", plain, len(words))
    _self_wakes(figures, listener, household)
    _own_words(figures, listener, household)
    _damage(figures, listener, household, words)


def _limits(listener: Listener) -> list[float]:
    listener.wake.loud = Hint.SPEAKING
    return [listener.wake.threshold_of(word) for word in listener.wake.words]


def _self_wakes(figures: Figures, listener: Listener, household: Household) -> None:
    """All replies and rings through one room; and a wake word that is in the reference alone."""
    limits = _limits(listener)

    def count(trace: Trace) -> int:
        return sum(events(trace[:, n, 2], limit) for n, limit in enumerate(limits))

    rings = [np.tile(sound, 3) for sound in household.rings]
    played = np.concatenate([p for sound in (*household.replies, *rings) for p in (sound, PAUSE)])
    arrived = echo(played, household.room())
    arrived *= ARRIVING / np.sqrt(active_power(arrived))
    canceller = Echo()
    trace = listener.trace(without_echo(canceller, heard(arrived), sampled(played)), Hint.SPEAKING)
    figures.count("self_wakes_with_reference", count(trace), hours(len(trace)))
    figures.values["self_highest_alexa_with_reference"] = float(trace[:, 0, 2].max())
    words = np.concatenate([p for v in VOICES for p in (leveled(say("alexa", *v)), PAUSE)] * 4)
    others = {"over_nothing": np.zeros(len(words)), "over_speech": household.spoken(len(words))}
    forged, frames = 0, 0
    for other in others.values():
        sound = without_echo(canceller, heard(other * (ARRIVING / LEVEL)), sampled(words))
        trace = listener.trace(sound, Hint.SPEAKING)
        forged, frames = forged + count(trace), frames + len(trace)
    figures.count("forged_wakes_with_reference", forged, hours(frames))
    figures.notes["forged_wakes_with_reference"] += (
        '; "alexa" in the reference of a known room, while nobody or another speaks'
    )


def _own_words(figures: Figures, listener: Listener, household: Household) -> None:
    """A wake word that the loudspeaker itself says, as in a radio programme."""
    limit, plain, left = _limits(listener)[0], 0, 0
    rooms = [household.room() for _ in range(3)]
    for room in rooms:
        canceller, before = Echo(), household.spoken(10 * RATE)
        arrived = echo(before, room)
        gain = ARRIVING / np.sqrt(active_power(arrived))
        without_echo(canceller, heard(arrived * gain), sampled(before))
        for voice in VOICES:
            word = np.concatenate([PAUSE, leveled(say("alexa", *voice)), PAUSE])
            sound = heard(echo(word, room) * gain)
            cleaned = without_echo(canceller, sound, sampled(word))
            tops = [listener.trace(s, Hint.SPEAKING)[:, 0, 2].max() for s in (sound, cleaned)]
            plain, left = plain + int(tops[0] >= limit), left + int(tops[1] >= limit)
    of = len(rooms) * len(VOICES)
    figures.rate("wakes_by_own_wake_word_no_reference", plain, of)
    figures.rate("wakes_by_own_wake_word_with_reference", left, of)


def _damage(
    figures: Figures, listener: Listener, household: Household, words: Sequence[Clip]
) -> None:
    """What the canceller does to a wake word: over a reply, and with a loudspeaker that is off."""
    alone, over, off = list[float](), list[float](), list[float]()
    canceller = Echo()  # has heard the rooms of all words before
    for clip in words:
        scene = household.scene(clip.sound, later=True)
        silent = np.concatenate([np.zeros(AROUND), clip.sound, np.zeros(AROUND)])
        plain = heard(silent, seed=len(clip.sound))
        reference = scene.reference[scene.start :][: len(plain)]
        sounds = (plain, scene.cleaned(), without_echo(canceller, plain, reference))
        for tops, sound in zip((alone, over, off), sounds, strict=True):
            tops.append(listener.trace(sound)[:, 0, 2].max())
    limit = listener.wake.words[0].threshold
    names = ("alone", "over_reply_with_reference", "loudspeaker_off_with_reference")
    for name, tops in zip(names, (alone, over, off), strict=True):
        figures.rate(f"miss_at_default_threshold_{name}", sum(t < limit for t in tops), len(tops))
    for name, tops in (("over_reply", over), ("loudspeaker_off", off)):
        lost = np.median(logit(np.array(alone)) - logit(np.array(tops)))
        figures.values[f"score_lost_{name}_log_odds_p50"] = float(lost)


def stop_words(figures: Figures) -> None:
    """The stop word over rings and replies, and what is taken for it where nobody says it."""
    household, spotter = Household(seed=2), StopWord()
    voices = [*VOICES, *((v, 1.0, 1.0) for v in OTHERS if has_voice(v))]
    words = [leveled(say(WORD, *voice)) * (ARRIVING / LEVEL) for voice in voices]

    def spotted(sound: Sound, *, strict: bool) -> bool:
        spotter.start()
        if strict:
            spotter.strict()
        said = [spotter.feed(frame.tobytes()) for frame in frames(sound)]
        spotter.end()
        return any(said)

    grounds: dict[str, Sequence[Line | None]] = {"ringing": household.rings, "speaking": [None]}
    found, false = dict[str, tuple[int, int]](), 0
    for name, sounds in grounds.items():
        scenes = [household.scene(w, later=True, ground=g) for w in words for g in sounds]
        strict = name == "speaking"
        found[name] = sum(spotted(s.cleaned(), strict=strict) for s in scenes), len(scenes)
        plain = sum(spotted(s.microphone[s.start :], strict=strict) for s in scenes)
        figures.rate(f"stop_rate_{name}_with_reference", *found[name])
        figures.rate(f"stop_rate_{name}_no_reference", plain, len(scenes))
    hits, of = (sum(numbers) for numbers in zip(*found.values(), strict=True))
    figures.rate("stop_rate_with_reference", hits, of)
    canceller, room = Echo(), household.room()
    silent = [t for t, text in zip(household.replies, texts(), strict=True) if WORD not in text]
    rings = [np.tile(sound, 12) for sound in household.rings]
    for sound, strict in [(s, True) for s in silent] + [(s, False) for s in rings]:
        arrived = echo(sound, room) * (ARRIVING / LEVEL)
        left = without_echo(canceller, heard(arrived), sampled(sound))
        false += spotted(left, strict=strict)
    figures.values["false_stops_with_reference"] = false
    figures.notes["false_stops_with_reference"] = f"of {len(silent)} replies and 2 rings"


def curves(figures: Figures) -> None:
    """How many dB of an echo are gone after how long, in rooms of three reverberation times."""
    household = Household(seed=3)
    for rt60 in (0.2, 0.4, 0.6):
        lost = {span: list[float]() for span in SPANS}
        for _ in range(ROOMS):
            played = household.spoken(SPANS[-1][1] * RATE)
            arrived = echo(played, household.room(rt60))
            before = heard(arrived * ARRIVING / np.sqrt(active_power(arrived)))
            after = without_echo(Echo(), before, sampled(played))
            for (begin, end), values in lost.items():
                part = slice(begin * RATE, end * RATE)
                values.append(10 * np.log10(power(before[part]) / power(after[part])))
        for (begin, end), values in lost.items():
            name = f"echo_loss_db_rt60_{rt60}_from_{begin}_to_{end}_s"
            figures.values[name] = float(np.mean(values))
            figures.notes[name] = f"{ROOMS} rooms, {min(values):.1f} to {max(values):.1f}"


def cost(figures: Figures) -> None:
    """CPU time of a frame while something is played, and while nothing is."""
    household, canceller = Household(seed=4), Echo()
    played = household.spoken(60 * RATE)
    arrived, reference = heard(echo(played, household.room())), sampled(played)
    for name, given in (("playing", reference), ("silent", np.zeros_like(reference))):
        took = list(_timed(canceller, arrived, given))
        for percent in (50, 99):
            figures.values[f"echo_ms_{name}_p{percent}"] = harness.percentile(took, percent)


def _timed(canceller: Echo, microphone: Sound, reference: Sound) -> Iterator[float]:
    for at in range(0, len(microphone) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = microphone[at : at + FRAME_SAMPLES].copy()
        begun = time.thread_time()
        canceller.cancel(frame, reference[at : at + FRAME_SAMPLES])
        yield (time.thread_time() - begun) * 1000


def leveled(sound: NDArray[Any]) -> Line:
    """The sound at the level that is played."""
    return np.asarray(sound * (LEVEL / np.sqrt(active_power(sound))), np.float64)


def power(sound: Sound) -> float:
    return float(np.square(sound, dtype=np.float64).mean())


def main() -> bool:
    from tests.benchmarks import forgeries, twoclocks  # which use this module's household

    figures, data = Figures(), harness.recordings()
    words = clips(data, "alexa") if data else []
    alone = Listener(models(), words=("alexa",), taught=False)
    said = words or [Clip(f"alexa {v}", say("alexa", *v)) for v in VOICES]
    twoclocks.own_voice(figures, alone, said)
    forgeries.forged_wakes(figures, alone, repeat=5)
    curves(figures)
    cost(figures)
    stop_words(figures)
    wake_words(
        figures,
        Listener(models(), taught=False),
        said,
    )
    return harness.report("echoes", figures.values, GOALS, figures.notes)
