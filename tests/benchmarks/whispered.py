"""The extra engine in the understanding benchmark: orders, and a household's sentences."""

from __future__ import annotations

from pathlib import Path

from device.ears.recognize.build import agreement_of, commands_of, crew_of
from device.ears.recognize.engines.base import Crew, Engine
from device.ears.recognize.pronunciation import Lexicon
from device.language.sentences import Sentences
from tests.benchmarks import spoken
from tests.benchmarks.harness import percentile
from tests.benchmarks.hearing import EVERY, Run, rejected
from tests.benchmarks.sayings import VOICES, household, meanings, said_by
from tests.benchmarks.understanding import accepted, coffee, order_files, others, realtime_factor
from tests.voices import models


def crew_for(of: Sentences) -> Crew:
    from device.ears.recognize.engines.whisper import MODEL, Whisper

    model = models("whisper").path(f"{MODEL}/model.bin").parent
    engine: Engine = Whisper(commands_of(of), of.graph, model, agreement_of(of))
    return crew_of(engine, of, Lexicon(of.graph.words))


def orders(run: Run, folder: Path) -> None:
    """The extra, on every fourth: all of its settings were chosen on recordings in between."""
    crew, files = crew_for(coffee()[0]), order_files(folder)[::4]
    goals = {"clean": 0.985, "18db": 0.97, "12db": 0.95, "6db": 0.88}
    everything = accepted(run, crew, files, folder, goals, engine="_whisper")
    run.add("realtime_factor_whisper", realtime_factor(everything))
    late = 1000 * percentile([t.behind_s for t in everything], 95)
    run.add("end_of_speech_to_intent_ms_p95_whisper", late, None, "at the pace of live sound")
    busy = 1000 * percentile([t.behind_cpu_s for t in everything], 95)
    run.add("end_of_speech_to_intent_cpu_ms_p95_whisper", busy, None, "the same in CPU time")


def home(run: Run, folder: Path) -> None:
    """The extra and the household's sentences: what it understands, what it lets be."""
    of, names = household()
    crew = crew_for(of)
    sounds = [spoken.read(path) for path, _ in order_files(folder)[::4]]
    rejected(run, crew, sounds, others(folder)[::2], folder, engine="_whisper")
    meant = meanings(crew, of, names, 1)
    texts = list(meant)[:: 2 * EVERY]
    for level, snr_db in (("", None), ("_12db", 12.0)):
        hits, n = said_by(crew, texts, VOICES, lambda t: meant[t], (folder, snr_db))
        run.rate(f"household_acceptance{level}_whisper", hits, n)
