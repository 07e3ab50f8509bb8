"""What a household says, synthesized: examples of every intent, and another speaker's tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from device.cli.sentences import examples
from device.ears.recognize.engines.base import Crew
from device.language import sentences
from device.language.sentences import Sentences
from device.mind.types import RATE, Request
from device.names import NameTable
from device.names.sentences import packaged
from tests.benchmarks.harness import at_least, console
from tests.benchmarks.hearing import EVERY, Run, default_engine, heard
from tests.benchmarks.spoken import Sound
from tests.language.speech import matcher, rendered
from tests.language.test_household import home, table
from tests.voices import say

VOICES = ("joe", "flite:slt", "flite:rms")
OTHER_VOICES = ("flite:awb", "espeak")
EXAMPLES = 2
"""Sentences of each kind that a household says."""


def household() -> tuple[Sentences, NameTable]:
    names = home("en")
    return sentences.load({"en.yaml": packaged("en")}, names, "en"), names


def said(text: str, voice: str) -> Sound:
    """A synthesized sentence in a quiet room, at the level of a voice across the table."""
    sound = say(text, voice).astype(np.float64)
    sound *= 8_000 / max(np.abs(sound).max(), 1.0)
    room = np.random.default_rng(len(text)).normal(0, 8, len(sound) + RATE)
    room[RATE // 2 : RATE // 2 + len(sound)] += sound
    return np.asarray(room, np.int16)


def meanings(crew: Crew, of: Sentences, names: NameTable, each: int) -> dict[str, Request | None]:
    """Examples, `each` of every kind, that a crew acts on as text: what the text of each means."""
    exact = matcher("en", names)
    texts = [" ".join(example.words) for example in examples(of, each)]
    return {
        text: exact.match(text.split())
        for text in texts
        if crew.understand(text.split(), False, False) is not None
    }


def household_commands(run: Run, folder: Path | None) -> None:
    """Examples of every intent, said by several voices, and what the text of each means."""
    of, names = household()
    crew = default_engine(of)
    meant = meanings(crew, of, names, EXAMPLES)
    texts = list(meant)[::EVERY]
    for level, snr_db, goal in (("", None, 0.97), ("_12db", 12.0, 0.90)):
        if snr_db is not None and folder is None:
            continue
        hits, n = said_by(crew, texts, VOICES, lambda t: meant[t], (folder, snr_db))
        run.rate(f"household_acceptance{level}", hits, n, at_least(goal))
    for voice in OTHER_VOICES:
        hits, n = said_by(crew, texts[::3], (voice,), lambda t: meant[t], (None, None))
        run.rate(f"household_acceptance_{voice.replace(':', '_')}", hits, n)


def said_by(
    crew: Crew,
    texts: Sequence[str],
    voices: Sequence[str],
    meaning: Callable[[str], object],
    where: tuple[Path | None, float | None],
) -> tuple[int, int]:
    """(understood as `meaning` says, said) over texts and voices."""
    pairs = [(text, voice) for text in texts for voice in voices]
    taken = heard(crew, (said(*pair) for pair in pairs), *where)
    wrong = [
        f"{voice}: {text} -> {t.words}"
        for (text, voice), t in zip(pairs, taken, strict=True)
        if t.request != meaning(text)
    ]
    for line in wrong[:12]:
        console.print(f"  {line}", style="dim")
    return len(pairs) - len(wrong), len(pairs)


def peers(run: Run, _folder: Path | None) -> None:
    """Another speaker's whole test suite, as text and (in English) spoken."""
    for language in ("en", "fr"):
        names, rows = home(language), table(language)
        asked = matcher(language, names)
        hits = sum(rendered(asked.match(text.split()), names) == wanted for text, wanted in rows)
        run.rate(f"peer_sentences_{language}", hits, len(rows), at_least(1.0))
    of, names = household()
    crew, exact = default_engine(of), matcher("en", names)
    texts = [text for text, _ in table("en")][::EVERY]
    hits, n = said_by(crew, texts, VOICES, lambda t: exact.match(t.split()), (None, None))
    run.rate("peer_sentences_en_spoken", hits, n, at_least(0.95))
