"""From the end of speech to the right intent: orders, households, other people's talk, noise.

Orders are real recordings with a grammar of their own (`coffee.yaml`), 296 of them, in kitchen
noise mixed as the published benchmark does it; accepted means intent and every labelled slot
right. Speech is found by the real detector and ended by the real rules; engine, matcher and
endpoint run in this process, one command after the other, nothing carried over.

UNDERSTANDING=orders,rejection,... runs those parts only; UNDERSTANDING_EVERY=6 takes every sixth
recording or sentence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from device.commands.sentences import examples
from device.ears.crew import commands_of, crew_of
from device.ears.endpoint import Vad
from device.ears.engines import Crew
from device.ears.engines.pocketsphinx import PocketSphinx
from device.ears.lexicon import Lexicon
from device.mind import sentences
from device.mind.sentences import Sentences
from device.mind.types import FRAME_SECONDS, RATE, Request, Slot
from device.names import Entry, NameTable, number
from device.sentencefiles import packaged
from tests.benchmarks import spoken
from tests.benchmarks.harness import (
    Goal,
    at_least,
    at_most,
    console,
    percentile,
    recordings,
    report,
    wilson,
)
from tests.benchmarks.spoken import Sound, Taking
from tests.mind.speech import matcher, rendered
from tests.mind.test_household import home, table
from tests.voices import models, say

HERE = Path(__file__).parent
EVERY = int(os.environ.get("UNDERSTANDING_EVERY", "1"))
SLOTS = {
    # the order's slots, in places that the product's own closed list of slots has
    "size": ("size", Slot.PERCENT),
    "roast": ("roast", Slot.DEGREES),
    "numberOfShots": ("shots", Slot.NUMBER),
    "coffeeDrink": ("drink", Slot.ITEM),
    "milkAmount": ("milk", Slot.DEVICE),
    "sugarAmount": ("sugar", Slot.AREA),
}
LEVELS = {"clean": None, "18db": 18.0, "12db": 12.0, "6db": 6.0}
VOICES = ("joe", "flite:slt", "flite:rms")
OTHER_VOICES = ("flite:awb", "espeak")
EXAMPLES = 2
"""Sentences of each kind that a household says."""
TALK = (
    "did you see the game last night it was really something",
    "i told her that we would be late but she never listens",
    "the doctor said he should walk more and eat less bread",
    "so then the bus just drove past us in the rain",
    "my brother is moving to portland in the spring",
    "who left the door of the car open all night",
    "they were talking about the weather on the radio again",
    "could you pass me the salt please it is next to you",
    "no i think the blue one looks better on you",
    "we should really call your mother this weekend",
    "the price of butter has gone up again can you believe it",
    "he plays the piano quite well for his age",
    "let us go home before it gets dark",
    "i have not read that book but i saw the film",
    "there is a meeting about the school at seven on tuesday",
    "she said turn left at the church and then go straight",
    "the train to the airport leaves from the other platform",
    "it takes about ten minutes if you walk fast",
    "nobody knows what time the shop opens on sundays",
    "put it on the table and wash your hands",
)


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
    lexicon = Lexicon(of.graph.words)
    return crew_of(PocketSphinx(commands_of(of), of.graph, lexicon), of, lexicon)


# --- orders


def coffee() -> tuple[Sentences, dict[str, list[str]]]:
    """The orders' sentences, and the values of each list in order."""
    text = (HERE / "coffee.yaml").read_text(encoding="utf-8")
    names = number([Entry(kind="command", text="orderDrink", key="orderDrink")], "en")
    of = sentences.load({"coffee.yaml": text}, names, "en")
    lists = {name: value["values"] for name, value in yaml.safe_load(text)["lists"].items()}
    return of, lists


def order_files(folder: Path) -> list[tuple[Path, dict[Slot, int]]]:
    """Every recording with the slots that its label asks for."""
    _, lists = coffee()
    labels: dict[str, dict[str, Any]] = json.loads((folder / "commands/labels.json").read_text())
    return [
        (
            folder / "commands" / file,
            {SLOTS[k][1]: lists[SLOTS[k][0]].index(v.strip()) for k, v in label["slots"].items()},
        )
        for file, label in sorted(labels.items())
    ][::EVERY]


def right(request: Request | None, slots: dict[Slot, int]) -> bool:
    """The published rule: intent and every labelled slot."""
    return request is not None and slots.items() <= dict(request.slots).items()


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


def accepted(
    run: Run,
    crew: Crew,
    files: Sequence[tuple[Path, dict[Slot, int]]],
    folder: Path,
    goals: Mapping[str, float],
    *,
    engine: str = "",
) -> list[Taking]:
    """All that was taken in of these orders, clean and in noise; counts what was accepted.

    goals: by level; engine: what the figures' names end in.
    """
    sounds = [spoken.read(path) for path, _ in files]
    everything: list[Taking] = []
    for level, snr_db in LEVELS.items():
        taken = heard(crew, sounds, folder, snr_db)
        hits = sum(right(t.request, slots) for t, (_, slots) in zip(taken, files, strict=True))
        run.rate(f"acceptance_{level}{engine}", hits, len(files), at_least(goals[level]))
        everything += taken
    return everything


def realtime_factor(taken: Sequence[Taking]) -> float:
    """CPU time over the sound taken in."""
    return sum(t.cpu_s for t in taken) / (FRAME_SECONDS * sum(t.frames for t in taken))


def orders(run: Run, folder: Path) -> None:
    crew, files = default_engine(coffee()[0]), order_files(folder)
    goals = {"clean": 0.97, "18db": 0.94, "12db": 0.88, "6db": 0.72}
    everything = accepted(run, crew, files, folder, goals)
    run.add("realtime_factor", realtime_factor(everything), at_most(0.10))
    late = 1000 * percentile([t.after_s for t in everything], 95)
    run.add("end_of_speech_to_intent_ms_p95", late, at_most(200), "engine and matcher")
    busy = 1000 * percentile([t.after_cpu_s for t in everything], 95)
    run.add("end_of_speech_to_intent_cpu_ms_p95", busy, None, "the same in CPU time")


def endpoint(run: Run, folder: Path) -> None:
    """A command is cut short if it is ended before the last frame of speech of the clean one."""
    crew, files = default_engine(coffee()[0]), order_files(folder)
    detector = vad()
    sounds = [spoken.read(path) for path, _ in files]
    clean = [spoken.frames(spoken.in_noise(s, None, 0, i), detector) for i, s in enumerate(sounds)]
    last = [max((i for i, (_, speech) in enumerate(f) if speech), default=0) for f in clean]
    for level, snr_db, goal in (("clean", None, 0.005), ("9db", 9.0, 0.03)):
        taken = heard(crew, sounds, folder, snr_db)
        cut = sum(t.ended_at <= end for t, end in zip(taken, last, strict=True))
        run.rate(f"cut_short_{level}", cut, len(taken), at_most(goal))


# --- rejection


def rejection(run: Run, folder: Path) -> None:
    crew = default_engine(household()[0])
    sounds = [spoken.read(path) for path, _ in order_files(folder)]
    for level, snr_db in (("", None), ("_12db", 12.0)):
        taken = heard(crew, sounds, folder, snr_db)
        acted = sum(t.request is not None for t in taken)
        run.rate(f"false_action_rate_orders{level}", acted, len(taken), at_most(0.02))
    other = others(folder)
    taken = heard(crew, other, folder, None)
    acted = sum(t.request is not None for t in taken)
    run.rate("false_action_rate_other", acted, len(taken), at_most(0.02))


def others(folder: Path) -> list[Sound]:
    """Other words, other people's sentences."""
    files = sorted((folder / "negatives").rglob("*.flac"))[:: 2 * EVERY]
    talk = [said(text, voice) for text in TALK for voice in VOICES][::EVERY]
    return [spoken.read(path) for path in files] + talk


# --- the household


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


def household_commands(run: Run, folder: Path | None) -> None:
    """Examples of every intent, said by several voices, and what the text of each means."""
    of, names = household()
    crew, exact = default_engine(of), matcher("en", names)
    asked = [" ".join(example.words) for example in examples(of, EXAMPLES)]
    texts = [t for t in asked if crew.understand(t.split(), False, False) is not None][::EVERY]
    meant = {text: exact.match(text.split()) for text in texts}
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


# --- one breath, and the extra


def one_breath(run: Run, folder: Path) -> None:
    from tests.benchmarks.onebreath import joined

    crew, files = default_engine(coffee()[0]), order_files(folder)
    rates = {}
    for pause_s in (1.0, 0.0):
        hits, n = joined(crew, folder, files, pause_s, right)
        rates[pause_s] = hits / max(n, 1)
        run.rate(f"acceptance_after_wake_word_{pause_s:.0f}s", hits, n)
    run.add("one_breath_loss", rates[1.0] - rates[0.0], at_most(0.02))


def whisper(run: Run, folder: Path) -> None:
    from tests.benchmarks.whispered import orders

    orders(run, folder)


def whisper_at_home(run: Run, folder: Path) -> None:
    from tests.benchmarks.whispered import home

    home(run, folder)


PARTS: dict[str, tuple[Callable[[Run, Any], None], bool]] = {
    # part: (function, whether it needs the recordings)
    "orders": (orders, True),
    "endpoint": (endpoint, True),
    "rejection": (rejection, True),
    "household": (household_commands, False),
    "peers": (peers, False),
    "onebreath": (one_breath, True),
    "whisper": (whisper, True),
    "whisper_at_home": (whisper_at_home, True),
}


def main() -> bool:
    """Every part that was asked for."""
    folder, run = recordings(), Run()
    wanted = os.environ.get("UNDERSTANDING", "").split(",")
    for name, (part, recorded) in PARTS.items():
        if (wanted == [""] or name in wanted) and (folder or not recorded):
            part(run, folder)
    if EVERY > 1:
        run.notes["acceptance_clean"] = f"every {EVERY}th only; " + run.notes.get(
            "acceptance_clean", ""
        )
    return report("understanding", run.figures, run.goals, run.notes)
