"""What the parts of the understanding benchmark share: the engine, noise, and the figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from device.config import Config
from device.ears.recognize import pace
from device.ears.recognize.build import agreement_of, commands_of, crew_of, engine_of, quieter
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.engines.pocketsphinx import PocketSphinx
from device.ears.recognize.engines.whisper import Whisper
from device.ears.recognize.pronunciation import Lexicon
from device.ears.vad import Vad
from device.language.sentences import Sentences
from tests.benchmarks import spoken
from tests.benchmarks.harness import Goal, at_most, console, wilson
from tests.benchmarks.spoken import Sound, Taking
from tests.voices import models

EVERY = int(os.environ.get("UNDERSTANDING_EVERY", "1"))


@dataclass
class Run:
    """Figures, goals and notes as they come in."""

    figures: dict[str, float] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: float, goal: Goal | None = None, note: str = "") -> None:
        self.figures[name] = value
        self.notes[name] = note
        if goal:
            self.goals[name] = goal

    def rate(self, name: str, hits: int, n: int, goal: Goal | None = None) -> None:
        low, high = wilson(hits, n)
        self.add(name, hits / max(n, 1), goal, f"{hits} of {n}, 95 %: {low:.3f} to {high:.3f}")
        console.print(f"{name}: {hits} of {n}")


def vad() -> Vad:
    return Vad(models().path("silero/silero_vad.onnx"))


def default_engine(of: Sentences) -> Crew:
    """What a household of this machine has: the engine that the settings' `auto` is here."""
    store = models()
    if engine_of(Config(), store) != "whisper":
        return small_engine(of)
    engine = Whisper(commands_of(of), of.graph, pace.folder(store), agreement_of(of))
    return crew_of(engine, of, Lexicon(of.graph.words))


def small_engine(of: Sentences) -> Crew:
    """pocketsphinx, the engine of small machines."""
    lexicon = Lexicon(of.graph.words)
    engine = PocketSphinx(commands_of(of), of.graph, lexicon, quieter(models()))
    return crew_of(engine, of, lexicon)


def heard(
    crew: Crew, sounds: Iterable[Sound], folder: Path | None, snr_db: float | None
) -> list[Taking]:
    """What a crew makes of each sound, in kitchen noise or as recorded."""
    noise = spoken.kitchen(folder) if folder and snr_db is not None else None
    detector, out = vad(), []
    for index, sound in enumerate(sounds):
        mixed = spoken.in_noise(sound, noise, snr_db or 0.0, index)
        out.append(spoken.take_in(crew, spoken.frames(mixed, detector)))
    return out


def rejected(
    run: Run,
    crew: Crew,
    orders: Sequence[Sound],
    other: Sequence[Sound],
    folder: Path,
    *,
    engine: str = "",
) -> None:
    """Counts what a household's crew acts on of orders, clean and in noise, and of other talk.

    engine: what the figures' names end in.
    """
    for name, sounds, snr_db in (
        ("orders", orders, None),
        ("orders_12db", orders, 12.0),
        ("other", other, None),
    ):
        acted = sum(t.request is not None for t in heard(crew, sounds, folder, snr_db))
        run.rate(f"false_action_rate_{name}{engine}", acted, len(sounds), at_most(0.02))
