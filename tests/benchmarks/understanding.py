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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from device.ears.recognize.engines.base import Crew
from device.language import sentences
from device.language.sentences import Sentences
from device.mind.types import FRAME_SECONDS, Request, Slot
from device.names import Entry, number
from tests.benchmarks import nearly, spoken
from tests.benchmarks.harness import at_least, at_most, percentile, recordings, report
from tests.benchmarks.hearing import EVERY, Run, default_engine, heard, rejected, small_engine, vad
from tests.benchmarks.sayings import VOICES, household, household_commands, peers, said
from tests.benchmarks.spoken import Sound, Taking

HERE = Path(__file__).parent
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
        goal = at_least(goals[level]) if goals else None
        run.rate(f"acceptance_{level}{engine}", hits, len(files), goal)
        everything += taken
    return everything


def realtime_factor(taken: Sequence[Taking]) -> float:
    """CPU time over the sound taken in."""
    return sum(t.cpu_s for t in taken) / (FRAME_SECONDS * sum(t.frames for t in taken))


def orders(run: Run, folder: Path, crew: Crew | None = None, engine: str = "") -> None:
    """Real orders, as the published benchmark mixes them. engine: what the names end in."""
    crew, files = crew or default_engine(coffee()[0]), order_files(folder)
    goals = {"clean": 0.985, "18db": 0.98, "12db": 0.975, "6db": 0.95}
    everything = accepted(run, crew, files, folder, {} if engine else goals, engine=engine)
    run.add(f"realtime_factor{engine}", realtime_factor(everything))
    late = 1000 * percentile([t.behind_s for t in everything], 95)
    run.add(f"order_to_intent_ms_p95{engine}", late, None, "at the pace of live sound")


def orders_small(run: Run, folder: Path) -> None:
    orders(run, folder, small_engine(coffee()[0]), "_small")


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
    sounds = [spoken.read(path) for path, _ in order_files(folder)]
    rejected(run, default_engine(household()[0]), sounds, others(folder), folder)


def others(folder: Path) -> list[Sound]:
    """Other words, other people's sentences."""
    files = sorted((folder / "negatives").rglob("*.flac"))[:: 2 * EVERY]
    talk = [said(text, voice) for text in TALK for voice in VOICES][::EVERY]
    return [spoken.read(path) for path in files] + talk


# --- one breath


def one_breath(run: Run, folder: Path) -> None:
    from tests.benchmarks.onebreath import joined

    crew, files = default_engine(coffee()[0]), order_files(folder)
    rates = {}
    for pause_s in (1.0, 0.0):
        hits, n = joined(crew, folder, files, pause_s, right)
        rates[pause_s] = hits / max(n, 1)
        run.rate(f"acceptance_after_wake_word_{pause_s:.0f}s", hits, n)
    run.add("one_breath_loss", rates[1.0] - rates[0.0], at_most(0.02))


PARTS: dict[str, tuple[Callable[[Run, Any], None], bool]] = {
    # part: (function, whether it needs the recordings)
    "orders": (orders, True),
    "endpoint": (endpoint, True),
    "rejection": (rejection, True),
    "household": (household_commands, False),
    "peers": (peers, False),
    "onebreath": (one_breath, True),
    "people": (nearly.people, True),
    "near": (nearly.near, False),
    "near_text": (nearly.near_as_text, False),
    "opposites": (nearly.opposites, False),
    # pocketsphinx, the engine of small machines
    "orders_small": (orders_small, True),
    "people_small": (nearly.small(nearly.people), True),
    "near_small": (nearly.small(nearly.near), True),
    "opposites_small": (nearly.small(nearly.opposites), True),
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
