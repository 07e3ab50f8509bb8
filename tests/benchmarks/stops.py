"""The stop word over the speaker's own sounds, said just as loud; and what is taken for it.

Every voice says it over both rings, beginning in four places of the ring's turn (in its pause and
in its notes), and over five of the speaker's replies, beginning anywhere. What is taken for it is
counted over rings of three levels, over all replies, over a ring that is followed by each second
reply (a ring says what it is for), and over other people's words: recordings of some of the
negatives, at the same level over rings and over replies.

Prices, lengths and pronunciations in device/ears/recognize/engines/stopword.py were chosen with an
eye on joe, flite's and espeak-ng's voices, though at other speeds and pitches for the most part:
nothing here is quite held out but the sounds that it is said over. No person's "stop" is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from device.ears.recognize.engines.stopword import WORD, StopWord
from device.hands.sound.chimes import RATE as RING_RATE
from device.hands.sound.chimes import ring
from device.mind.types import RATE
from tests.benchmarks import harness
from tests.benchmarks.recordings import active_power, clips, frames
from tests.benchmarks.replies import texts
from tests.voices import has_voice, resample, say

LEVEL = 1.2e6
"""Mean power of the active frames of the word and of what it is said over."""
START = RATE
VOICES = [("joe", s, p) for s, p in product((0.85, 1.0, 1.2), (0.95, 1.0, 1.06))]
FLITE = [
    (f"flite:{v}", s, p)
    for v in ("slt", "rms", "awb")
    for s, p in ((1, 1), (0.9, 0.95), (1.1, 1.06))
]
ESPEAK = [
    (f"espeak{v}", 1.0, 1.0)
    for v in ("", ":en-gb+f3", ":en-us+m3", ":en-us+f2", ":en-us+m7", ":en-gb-scotland")
]
TURNS = (0.0, 0.25, 0.5, 0.75)
"""Where in the ring's turn the word begins."""
REPLIES = 5
EVERY = 6
"""Of the other recordings, one in so many."""
ROOM = 3.0
Line = NDArray[np.float64]
Count = tuple[int, int]
"""How often it was heard, of how many."""


def leveled(sound: Line) -> Line:
    """The sound at LEVEL."""
    return np.asarray(sound * np.sqrt(LEVEL / active_power(np.asarray(sound))))


def stops(spotter: StopWord, sound: Line, *, speaking: bool) -> int:
    """How often the word is heard in the sound, a new child after each and after every 20 s."""
    noise = np.random.default_rng(1).normal(0, ROOM, len(sound))
    whole = np.clip(np.round(sound + noise), -32768, 32767).astype(np.int16)
    count, taken = 0, 0
    for frame in frames(whole):
        if taken == 0:
            spotter.start()
            if speaking:
                spotter.strict()
        heard = spotter.feed(frame.tobytes())
        count, taken = count + heard, taken + 1
        if heard or taken == 250:
            spotter.end()
            taken = 0
    if taken:
        spotter.end()
    return count


def over(word: Line, ground: Line) -> Line:
    """The word, a second after the ground began, which goes on for a second after it."""
    both = np.resize(ground, START + len(word) + RATE).astype(np.float64)
    both[START : START + len(word)] += word
    return both


def rings() -> list[Line]:
    """A turn of each ring."""
    return [leveled(resample(ring(kind), RING_RATE / RATE)) for kind in ("timer", "alarm")]


def replies() -> list[Line]:
    """All replies in which the speaker doesn't say the word itself."""
    return [leveled(say(text).astype(np.float64)) for text in texts() if WORD not in text.lower()]


def people(grounds: Sequence[Line]) -> Iterator[Line]:
    """Other words of people, over these sounds."""
    data = harness.recordings()
    chance = np.random.default_rng(2)
    for clip in clips(data, "negatives")[::EVERY] if data else []:
        ground = grounds[int(chance.integers(len(grounds)))]
        turned = np.roll(ground, int(chance.integers(len(ground))))
        yield leveled(clip.sound.astype(np.float64)) + np.resize(turned, len(clip.sound))


def count() -> tuple[dict[str, Count], dict[str, tuple[int, float]]]:
    """(rates by name, false stops and their hours by name); prints a table by voice."""
    spotter, turns, spoken = StopWord(), rings(), replies()
    rates: dict[str, Count] = {}
    chance = np.random.default_rng(3)
    table = Table("voice", "ringing", "speaking", title="stop", title_justify="left")
    for voice in [v for v in (*VOICES, *FLITE, *ESPEAK) if has_voice(v[0])]:
        word = leveled(say(WORD, *voice).astype(np.float64))
        rung = [np.roll(t, -round(at * len(t))) for t, at in product(turns, TURNS)]
        talk = np.concatenate([spoken[int(n)] for n in chance.integers(len(spoken), size=9)])
        said = [np.roll(talk, -int(n)) for n in chance.integers(len(talk), size=REPLIES)]
        cells = []
        for name, grounds in (("ringing", rung), ("speaking", said)):
            heard = [stops(spotter, over(word, g), speaking=name == "speaking") for g in grounds]
            hits, of = sum(map(bool, heard)), len(heard)
            before = rates.get(name, (0, 0))
            rates[name] = before[0] + hits, before[1] + of
            cells.append(f"{hits} of {of}")
        table.add_row(" ".join(map(str, voice)), *cells)
    harness.console.print(table)
    return rates, false_stops(spotter, turns, spoken)


def false_stops(
    spotter: StopWord, turns: list[Line], spoken: list[Line]
) -> dict[str, tuple[int, float]]:
    """Where nobody said it: (events, hours of sound)."""
    pause = np.zeros(RATE // 3)
    apart = [np.concatenate([reply, pause]) for reply in spoken]
    quiet_to_loud = [level * np.tile(turn, 12) for turn in turns for level in (0.3, 1.0, 3.0)]
    sounds = {
        "ringing": np.concatenate(quiet_to_loud),
        "speaking": np.concatenate(apart),
        "saying_what_rings": np.concatenate([p for r in apart[::2] for p in (turns[0], r)]),
    }
    for name, grounds in (("ringing", turns), ("speaking", apart)):
        others = list(people(grounds))
        if others:
            sounds[f"people_{name}"] = np.concatenate(others)
    return {
        name: (stops(spotter, sound, speaking=name.endswith("speaking")), len(sound) / RATE / 3600)
        for name, sound in sounds.items()
    }
