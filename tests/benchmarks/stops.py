"""The stop word over the speaker's own sounds, said just as loud; and what is taken for it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from device.ears.engines.stopword import WORD, StopWord
from device.ears.lexicon import Lexicon
from device.hands.sounds import RATE as RING_RATE
from device.hands.sounds import ring
from device.mind.types import RATE
from tests.benchmarks.recordings import active_power, frames
from tests.benchmarks.replies import texts
from tests.voices import has_voice, resample, say

LEVEL = 1.2e6
"""Mean power of the active frames of the word and of what it is said over."""
START = RATE
VOICES = [("joe", s, p) for s, p in product((0.85, 1.0, 1.2), (0.95, 1.0, 1.06))]
OTHERS = ("flite:slt", "flite:rms", "flite:awb", "espeak", "espeak:en-gb+f3", "espeak:en-us+m3")
Line = NDArray[np.float64]


def leveled(sound: Line) -> Line:
    """The sound at LEVEL."""
    return np.asarray(sound * np.sqrt(LEVEL / active_power(np.asarray(sound))))


def spotted(spotter: StopWord, sound: Line, *, strict: bool) -> bool:
    """Whether the word is heard in the sound."""
    spotter.start()
    if strict:
        spotter.strict()
    whole = np.clip(np.round(sound), -32768, 32767).astype(np.int16)
    heard = [spotter.feed(frame.tobytes()) for frame in frames(whole)]
    spotter._decoder.end_utt()
    return any(heard)


def over(word: Line, ground: Line) -> Line:
    """The word, a second after the ground began, which goes on for a second after it."""
    both = np.resize(ground, START + len(word) + RATE).astype(np.float64)
    both[START : START + len(word)] += word
    return both


def count() -> dict[str, tuple[int, int]]:
    """(How often it was heard, of how many): over rings, over replies, and where nobody said it."""
    spotter = StopWord(Lexicon([WORD]))
    voices = [*VOICES, *((voice, 1.0, 1.0) for voice in OTHERS if has_voice(voice))]
    words = [leveled(say(WORD, *voice).astype(np.float64)) for voice in voices]
    rings = [leveled(resample(ring(kind), RING_RATE / RATE)) for kind in ("timer", "alarm")]
    replies = [
        leveled(say(text).astype(np.float64)) for text in texts() if WORD not in text.lower()
    ]

    def heard(sounds: Sequence[Line], *, strict: bool) -> tuple[int, int]:
        return sum(spotted(spotter, sound, strict=strict) for sound in sounds), len(sounds)

    pairs = [over(word, ground) for word in words for ground in rings]
    spoken = [over(w, replies[n * 7 % len(replies)]) for n, w in enumerate(words)]
    return {
        "stop_rate_ringing": heard(pairs, strict=False),
        "stop_rate_speaking": heard(spoken, strict=True),
        "false_stops_ringing": heard([np.tile(sound, 12) for sound in rings], strict=False),
        "false_stops_speaking": heard(replies, strict=True),
    }
