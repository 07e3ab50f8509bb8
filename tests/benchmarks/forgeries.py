"""What hands that were taken over could put into the ring to make ears hear a word nobody said.

The room is known and the delay confirmed, which is the best moment for a lie; what hands play
aloud meanwhile is heard as it is, what they write into the ring is theirs to choose. Every trick is
tried over several sounds of the room, with each voice's wake word, at the threshold of whatever
hint is the lowest. A wake that the same sound of the room gives without the ring is none of the
ring's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from device.mind.types import FRAME_SAMPLES, RATE, Hint
from tests.benchmarks.echoes import ARRIVING, LEVEL, VOICES, Household, Line, leveled
from tests.benchmarks.recordings import Sound, active_power
from tests.benchmarks.twoclocks import TwoClocks, fresh
from tests.benchmarks.wakeword_scores import Figures, Listener, events, hours
from tests.rooms import echo, heard, sampled
from tests.voices import say

DELAY = 1000
"""Samples from the ring to the microphone."""
WARM = 4 * RATE
"""The room is learnt from an honest reply for so long."""
TRY = 16 * RATE
Trick = Callable[[Line, Line, np.random.Generator], Line]
"""(what is played aloud, words over and over, chance) -> what is written into the ring."""


def words_alone(_played: Line, words: Line, _chance: np.random.Generator) -> Line:
    return words


def words_inverted(_played: Line, words: Line, _chance: np.random.Generator) -> Line:
    return -words


def words_added(played: Line, words: Line, _chance: np.random.Generator) -> Line:
    return played + words


def words_taken(played: Line, words: Line, _chance: np.random.Generator) -> Line:
    return played - words


def words_at_another_delay(played: Line, words: Line, chance: np.random.Generator) -> Line:
    """A word in a place that nobody confirmed, jumping every two seconds."""
    parts = np.split(words, range(2 * RATE, len(words), 2 * RATE))
    moved = [np.roll(part, int(chance.integers(-3000, 3000))) for part in parts]
    return np.asarray(played - np.concatenate(moved))


def switching(played: Line, words: Line, _chance: np.random.Generator) -> Line:
    """Honest for a second, a lie for the next."""
    honest = np.arange(len(played)) // RATE % 2 == 0
    return np.asarray(np.where(honest, played, played - 3 * words))


def growing(played: Line, words: Line, _chance: np.random.Generator) -> Line:
    """The estimate is led on: the same word ever louder, then with its sign turned."""
    slope = np.linspace(-2, 2, len(words))
    return played + slope * words


def carved(played: Line, words: Line, _chance: np.random.Generator) -> Line:
    """What is played without the words' own bands and moments, so that those are left of it."""
    size, hop = 512, 128
    window = np.hanning(size)
    out = np.zeros(len(played))
    for at in range(0, len(played) - size, hop):
        word = np.abs(np.fft.rfft(words[at : at + size] * window))
        mask = np.minimum(1.0, word / (np.percentile(np.abs(word), 90) + LEVEL))
        spectrum = np.fft.rfft(played[at : at + size] * window)
        out[at : at + size] += np.fft.irfft(spectrum * (1 - mask)) * window * (hop / size) * 8 / 3
    return out


TRICKS: tuple[Trick, ...] = (
    *(words_alone, words_inverted, words_added, words_taken),
    *(words_at_another_delay, switching, growing, carved),
)


def attempts(household: Household, repeat: int) -> Iterator[tuple[str, TwoClocks, Sound]]:
    """Each trick over each sound of the room: its name, the scene, and the room's sound alone."""
    chance = np.random.default_rng(9)
    for turn in range(repeat):
        voices = [VOICES[int(n)] for n in chance.permutation(len(VOICES))]
        words = np.concatenate([p for v in voices for p in (leveled(say("alexa", *v)), _pause())])
        words = np.resize(words, TRY)
        for aloud, other in _grounds(household, chance):
            room = household.room()
            honest = household.spoken(WARM)
            sounding = echo(np.concatenate([honest, aloud, np.zeros(RATE)]), room)
            gain = ARRIVING / np.sqrt(active_power(sounding))
            room_sound = np.concatenate([np.zeros(DELAY), sounding * gain])[: WARM + TRY]
            room_sound[WARM:] += other
            microphone = heard(room_sound, seed=turn)
            for trick in TRICKS:
                written = np.concatenate([honest, trick(aloud, words, chance)])
                scene = TwoClocks(microphone, sampled(written), WARM, 0.0, turn)
                yield trick.__name__, scene, microphone[WARM:]


def _grounds(household: Household, chance: np.random.Generator) -> Iterator[tuple[Line, Line]]:
    """(what hands play aloud, what else sounds): a silent room, speech, noise that is played."""
    silent = np.zeros(TRY)
    noise = leveled(chance.normal(size=TRY))
    yield silent, silent
    yield silent, household.spoken(TRY) * (ARRIVING / LEVEL)
    yield household.spoken(TRY), silent
    yield noise, silent
    yield np.resize(household.rings[0], TRY), silent


def _pause() -> Line:
    return np.zeros(RATE // 3)


def forged_wakes(figures: Figures, listener: Listener, repeat: int) -> None:
    """How often a lie woke, and whether silence stayed silence."""
    household = Household(seed=6)
    limits = []
    for loud in Hint:
        listener.wake.loud, listener.wake.cleaned = loud, True
        limits.append(listener.wake.threshold_of(listener.wake.words[0]))
    limit, woke, frames, silent = min(limits), 0, 0, [0, 0]
    found: dict[str, int] = {}
    for name, scene, plain in attempts(household, repeat):
        left = scene.cleaned(*fresh())
        own = events(listener.trace(plain)[:, 0, 2], limit)
        trace = listener.trace(left)
        more = max(0, events(trace[:, 0, 2], limit) - own)
        found[name] = found.get(name, 0) + more
        woke, frames = woke + more, frames + len(trace)
        if np.abs(plain[RATE:]).max() < 40:  # the microphone's noise alone
            pairs = zip(_energies(left), _energies(plain), strict=True)
            softer = [after <= before for after, before in pairs]
            silent = [silent[0] + sum(softer), silent[1] + len(softer)]
    figures.count("forged_wakes", woke, hours(frames))
    tricks = ", ".join(f"{name} {count}" for name, count in found.items())
    figures.notes["forged_wakes"] += f"; at {limit:.2f}: {tricks}"
    figures.rate("silence_in_silence_out", *silent)


def _energies(sound: Sound) -> list[float]:
    whole = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].astype(np.float64)
    return list(np.square(whole.reshape(-1, FRAME_SAMPLES)).sum(axis=1))
