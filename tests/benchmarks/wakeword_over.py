"""What is heard over the speaker's own replies: nothing of their own, wake words, other words.

Replies are all phrases, said by Piper's joe, with 100 ms between them, and the rings. A wake word
is mixed over a cut of them, 1 s longer on either side, as loud as the word or softer; level = mean
power of the active 512-sample frames. Detectors are as while the loudspeaker speaks, with the model
that `keepmum models fetch barge-in` teaches, from synthesized voices alone: espeak-ng's and joe's,
so that flite's, here, are as new to it as people are. Threshold, weights and the way of teaching
were chosen on one half of the recordings, by the hash of the file's name; `heldout_...` is the
other half. What sounds like the wake word was taught as well: of those the benchmark's own voices
are new, not the words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from device.hands.sound.chimes import RATE as RING_RATE
from device.hands.sound.chimes import ring
from device.mind.types import RATE, Hint
from tests.benchmarks.recordings import Clip, Sound, active_power, half
from tests.benchmarks.replies import texts as reply_texts
from tests.benchmarks.wakeword_scores import Figures, Line, Listener, Trace, events, hours
from tests.voices import has_voice, resample, say

BACKGROUND = RATE
"""One second of background before and after a word."""
VARIANTS = [("joe", s, p) for s, p in product((0.85, 1.0, 1.2), (0.95, 1.0, 1.06))]
SOFTER = (5, 10)
"""Decibels that the reply is softer than the word, besides 0."""
NEAR = (
    *("Alexander", "Alexis", "Alexandra", "a lecture", "election", "I'll ask her", "a letter"),
    *("electric", "relax a bit", "all except", "a lexicon", "Alaska"),
)
NEAR_VOICES = (("joe", 1.0, 1.12), ("flite:slt", 1.0, 1.0), ("flite:rms", 1.0, 1.0))


class Over:
    """Mixes words over the speaker's replies at the level of the words.

    power: the level of a command, mean square of int16 steps.
    """

    def __init__(self, power: float) -> None:
        pause = np.zeros(RATE // 10)
        self.replies = [leveled(say(text), power) for text in reply_texts()]
        rings = [leveled(rung(kind), power) for kind in ("timer", "alarm")]
        parts = [part for sound in (*self.replies, *rings) for part in (sound, pause)]
        self.long = np.concatenate(parts)
        self._chance = np.random.default_rng(1)

    def mix(self, word: Sound | Line, softer: float = 0.0) -> Sound:
        """The word with a reply beneath, around it BACKGROUND of reply alone."""
        length = len(word) + 2 * BACKGROUND
        start = int(self._chance.integers(max(1, len(self.long) - length)))
        reply = np.resize(self.long[start:], length)
        both = leveled(reply, active_power(np.asarray(word)) / 10 ** (softer / 10))
        both[BACKGROUND : BACKGROUND + len(word)] += word
        return whole(both * min(1.0, 32000 / np.abs(both).max()))


def own_voice(
    figures: Figures, listener: Listener, words: Sequence[Clip], others: Sequence[Clip]
) -> None:
    """Its own replies at the level of a command, alone and with words over them."""
    power = float(np.median([active_power(clip.sound) for clip in words]))
    trace = listener.trace(whole(Over(power).long), Hint.SPEAKING)
    limits = [listener.wake.threshold_of(word) for word in listener.wake.words]
    wakes = sum(events(trace[:, n, 2], limit) for n, limit in enumerate(limits))
    figures.count("self_wakes", wakes, hours(len(trace)))
    figures.values["self_highest_alexa"] = float(trace[:, 0, 2].max())
    for softer in (0, *SOFTER):
        over = Over(power)
        woken = [bool(_over(listener, over.mix(c.sound, softer)).any()) for c in words]
        name = "barge_in_rate" if not softer else f"barge_in_rate_{softer}db_softer"
        figures.rate(name, sum(woken), len(words))
        kept = [w for w, clip in zip(woken, words, strict=True) if not half(clip.name)]
        figures.rate(f"heldout_{name}", sum(kept), len(kept))
    _synthesized(figures, listener, Over(power), power)
    _other_words(figures, listener, Over(power), others)
    _near_words(figures, listener, Over(power), power)


def _over(listener: Listener, sound: Sound) -> Line:
    """For every frame, whether it wakes by "alexa" while the loudspeaker speaks."""
    trace: Trace = listener.trace(sound, Hint.SPEAKING)
    return np.asarray(trace[:, 0, 2] >= listener.wake.threshold_of(listener.wake.words[0]))


def _synthesized(figures: Figures, listener: Listener, over: Over, power: float) -> None:
    """The word said by a synthesizer with the voice of the replies themselves."""
    heard = 0
    pause = np.zeros(RATE // 10)
    for number, variant in enumerate(VARIANTS):
        word = leveled(say("alexa", *variant), power)
        reply = over.replies[number * 7 % len(over.replies)]
        both = np.resize(np.concatenate([reply, pause]), len(word) + 2 * BACKGROUND)
        both[BACKGROUND : BACKGROUND + len(word)] += word
        heard += bool(_over(listener, whole(both)).any())
    figures.rate("barge_in_rate_synthesized", heard, len(VARIANTS))


def _other_words(figures: Figures, listener: Listener, over: Over, others: Sequence[Clip]) -> None:
    """Other people's other words over replies as loud as they are: how often they wake it."""
    said = [clip for clip in others if Path(clip.name).parts[0] != "commands"]
    woken, kept, length = 0, 0, 0
    for clip in said:
        scores = _over(listener, over.mix(clip.sound))
        found = events(scores, 0.5)
        woken, length = woken + found, length + len(scores)
        kept += 0 if half(clip.name) else found
    figures.count("fa_over_replies", woken, hours(length))
    figures.notes["fa_over_replies"] += f"; {len(said)} recordings"
    figures.count("heldout_fa_over_replies", kept, hours(length) / 2)


def _near_words(figures: Figures, listener: Listener, over: Over, power: float) -> None:
    """Words that sound like "alexa", synthesized, over replies: how many of them wake it."""
    voices = [voice for voice in NEAR_VOICES if has_voice(voice[0])]
    said = [leveled(say(text, *voice), power) for text in NEAR for voice in voices]
    woken = sum(bool(_over(listener, over.mix(sound)).any()) for sound in said)
    figures.rate("near_words_woke_over_replies", woken, len(said))


def rung(kind: str) -> Line:
    """Three turns of the ring, at the ears' rate."""
    return np.tile(resample(ring(kind), RING_RATE / RATE), 3)


def leveled(sound: Sound | Line, power: float) -> Line:
    """The sound at a mean power of its active frames."""
    return np.asarray(sound * np.sqrt(power / active_power(np.asarray(sound))), np.float64)


def whole(sound: Line) -> Sound:
    """The sound in steps of 16 bit, cut where it is louder."""
    return np.clip(np.round(sound), -32768, 32767).astype(np.int16)
