"""Whether the speaker wakes itself: by its replies, by hostile texts; and whether people still can.

Everything is said by the speaker's voices (Piper's joe, espeak-ng) at the level of a command (the
median power of the recordings of "alexa") and heard by the real detectors of all four wake words,
with the thresholds in force meanwhile. Replies are all phrases; hostile texts hide a wake word and
go through `Wording`, as texts from afar do. Barge-in: recordings of people who say "alexa"
while a reply is said just as loud; level = mean power of the active 512-sample frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import numpy as np

from device.config import Wake
from device.ears.wake.wakeword import WakeWords
from device.hands.voice.hostile import Wording
from device.mind.types import RATE, Hint
from tests.benchmarks.harness import Goal, at_least, exactly, recordings, wilson
from tests.benchmarks.hostile import WORDS
from tests.benchmarks.hostile import texts as hostile_texts
from tests.benchmarks.recordings import Sound, active_power, clips, frames
from tests.benchmarks.replies import texts as reply_texts
from tests.voices import models, say

GOALS: dict[str, Goal] = {"self_wakes": exactly(0), "barge_in_rate": at_least(0.9)}
VOICES = ("joe", "espeak")
USUAL_POWER = 1.2e6
"""Level where there are no recordings: that of their median."""
MOST_BARGE_INS = 100


class Room:
    """The detectors, in a quiet room."""

    def __init__(self, words: Iterable[str], loud: Hint) -> None:
        self._ears = WakeWords(Wake(words=tuple(words)), models("default", "barge-in"))
        self._ears.loud = loud
        self._chance = np.random.default_rng(1)

    def highest(self, sound: Sound) -> tuple[float, bool]:
        """The highest score of any word while `sound` is heard, and whether one woke."""
        self._ears.forget()
        around = np.zeros(len(sound) + 2 * RATE)
        around[RATE : RATE + len(sound)] = sound
        around += self._chance.normal(0, 3, len(around))
        heard = np.clip(np.round(around), -32768, 32767).astype(np.int16)
        readings = [r for frame in frames(heard) for r in self._ears.step(frame)]
        return max(r.fused for r in readings), any(r.woke for r in readings)


def leveled(sound: Sound, power: float) -> Sound:
    """The sound at a level."""
    gained = sound * np.sqrt(power / active_power(sound))
    cut: Sound = np.clip(np.round(gained), -32768, 32767).astype(np.int16)
    return cut


def waking(texts: list[str], room: Room, power: float) -> list[str]:
    """Those of the texts that wake the speaker when it says them, with the voice."""
    found = []
    for text in texts:
        for voice in VOICES:
            sound = say(text, voice)
            if len(sound) >= 512 and sound.any() and room.highest(leveled(sound, power))[1]:
                found.append(f"{text} ({voice})")
    return found


def barge_ins(room: Room, people: list[Sound], power: float) -> int:
    """How many people who say "alexa" are heard over a reply that is just as loud."""
    replies = [leveled(say(text), power) for text in reply_texts() if len(text) > 30]
    heard = 0
    for n, person in enumerate(people):
        reply = replies[n % len(replies)].astype(np.int64)
        start = RATE // 2
        long = max(len(reply), start + len(person))
        both = np.zeros(long)
        both[: len(reply)] += reply
        both[start : start + len(person)] += leveled(person, power)
        mixed = np.clip(np.round(both), -32768, 32767).astype(np.int16)
        heard += room.highest(mixed)[1]
    return heard


def figures() -> dict[str, tuple[float, str]]:
    """Run it."""
    data = recordings()
    people = [clip.sound for clip in clips(data, "alexa")][:MOST_BARGE_INS] if data else []
    power = float(np.median([active_power(p) for p in people])) if people else USUAL_POWER
    wording = Wording(WORDS, "en")
    hostile = hostile_texts()
    spoken = [t for text in hostile if (t := asyncio.run(wording.safe(text)))]
    replies = reply_texts()
    by_replies = waking(replies, Room(WORDS, Hint.SPEAKING), power)
    by_hostile = waking(spoken, Room(WORDS, Hint.AFAR), power)
    print("\n".join(by_replies + by_hostile))
    found: dict[str, tuple[float, str]] = {
        "self_wakes": (
            len(by_replies) + len(by_hostile),
            f"{len(replies)} replies, {len(hostile)} hostile texts, {len(VOICES)} voices",
        ),
        "hostile_texts_refused": (len(hostile) - len(spoken), f"of {len(hostile)}"),
    }
    if people:
        heard = barge_ins(Room(("alexa",), Hint.SPEAKING), people, power)
        low, high = wilson(heard, len(people))
        note = f"n={len(people)}, reply as loud as the person (0 dB), 95 % {low:.2f}–{high:.2f}"
        found["barge_in_rate"] = (heard / len(people), note)
    return found
