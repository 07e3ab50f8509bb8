"""Commands by people, near commands, and opposites: what is done, and what is done wrongly.

Nothing here was tuned on: neither the recordings of `people/` nor the phrases of `near/`, nor the
voices that say them here. Thresholds were chosen with near/tuning_en.txt, said by flite's rms and
kal, in quiet and at 12 dB, and with examples of the household's sentences by the same two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from device.ears.recognize.engines.base import Crew
from device.language.matcher import Matcher
from device.language.rendering import rendered
from device.mind.types import Request
from device.names import NameTable
from tests.benchmarks import spoken
from tests.benchmarks.harness import Goal, at_least, at_most, console, percentile
from tests.benchmarks.hearing import EVERY, Run, default_engine, heard, small_engine
from tests.benchmarks.sayings import household, said
from tests.benchmarks.spoken import Sound, Taking
from tests.language.speech import matcher
from tests.language.test_household import home

NEAR = Path(__file__).parent / "near"
MEASURED_VOICES = ("joe", "flite:slt", "flite:awb", "espeak")
OPPOSITES = (
    *(f"turn {way} the {what}" for way in ("on", "off") for what in ("lights", "tv", "bed light")),
    *(f"turn the {what} {way}" for way in ("on", "off") for what in ("lights", "bed light")),
    *(f"turn the volume {way}" for way in ("up", "down")),
    *(f"volume {way}" for way in ("up", "down")),
    *(f"{way} the garage door" for way in ("open", "close")),
    *(f"{way} the sliding door" for way in ("open", "close")),
    *(f"{way} the front door" for way in ("lock", "unlock")),
    *(f"is the front door {way}" for way in ("locked", "unlocked")),
    *(f"is the sliding door {way}" for way in ("open", "closed")),
    *(f"set a timer for {n} minutes" for n in ("thirteen", "thirty", "fourteen", "forty")),
    *(f"set a timer for {n} minutes" for n in ("fifteen", "fifty", "sixteen", "sixty")),
    *(f"set a timer for {n} minutes" for n in ("seventeen", "seventy", "eighteen", "eighty")),
    *(f"set a timer for {n} minutes" for n in ("five", "nine", "two", "ten")),
    *(f"{way} the music" for way in ("pause", "resume")),
    *(f"the {way} song" for way in ("next", "previous") if way == "previous"),
    *(f"set the volume to {n} percent" for n in ("thirty", "forty", "sixty", "seventy")),
    *(f"set an alarm for {n} a m" for n in ("five", "nine", "six", "seven")),
)
Asked = tuple[str, Sound, Callable[[Request | None], bool]]
"""(what was said, the sound, whether a request is it)"""


def counted(
    run: Run,
    crew: Crew,
    asked: Sequence[Asked],
    where: tuple[Path | None, float | None],
    names: NameTable,
) -> tuple[int, int, list[Taking]]:
    """(right, wrong, all): what became of each; names what was done wrongly."""
    taken = heard(crew, [sound for _, sound, _ in asked], *where)
    good = wrong = 0
    for (text, _, right), t in zip(asked, taken, strict=True):
        if t.request is None:
            continue
        if right(t.request):
            good += 1
            continue
        wrong += 1
        level = f" at {where[1]:g} dB" if where[1] is not None else ""
        console.print(f"  [red]wrong[/red]: {text}{level} -> {rendered(t.request, names)}")
    return good, wrong, taken


def meaning(text: str, exact: Matcher) -> Callable[[Request | None], bool]:
    """Whether a request is what `text` means."""
    wanted = exact.match(text.split())
    return lambda request: request == wanted


def never(_request: Request | None) -> bool:
    """Nothing is right."""
    return False


def people_said(folder: Path, language: str) -> tuple[list[Asked], list[Asked]]:
    """(known, unknown): every recording of household commands, and what it asks for."""
    exact, known, unknown = matcher(language, home(language)), list[Asked](), list[Asked]()
    lines = (folder / f"people/{language}/labels.tsv").read_text(encoding="utf-8").splitlines()
    for line in [line for line in lines if not line.startswith("#")][::EVERY]:
        file, text, _, status = line.split("\t")
        sound = spoken.read(folder / f"people/{language}" / file)
        if status == "known":
            known.append((text, sound, meaning(text, exact)))
        else:
            unknown.append((f"{file} (unknown)", sound, never))
    return known, unknown


def people(run: Run, folder: Path, crew: Crew | None = None, engine: str = "") -> None:
    """Real household commands, quiet and in kitchen noise. engine: what the names end in."""
    of, names = household()
    crew = crew or default_engine(of)
    known, unknown = people_said(folder, "en")
    late: list[float] = []
    for level, snr_db, goal in (("", None, 0.97), ("_12db", 12.0, 0.95), ("_6db", 6.0, 0.92)):
        good, bad, taken = counted(run, crew, [*known, *unknown], (folder, snr_db), names)
        late += [t.behind_s for t in taken]
        right = None if engine else at_least(goal)
        run.rate(f"people_right_en{level}{engine}", good, len(known), right)
        count = len(known) + len(unknown)
        run.rate(f"people_wrong_en{level}{engine}", bad, count, at_most(0.01))
    ms = 1000 * percentile([t.behind_cpu_s for t in taken], 95)
    run.add(f"end_of_speech_to_intent_cpu_ms_p95{engine}", ms, None, "in time of the processor")
    ms = 1000 * percentile(late, 95)
    run.add(
        f"end_of_speech_to_intent_ms_p95{engine}", ms, at_most(200), "at the pace of live sound"
    )


def table(language: str) -> dict[str, str]:
    """Phrase → what it means, as tests/language writes it; `-`: nothing."""
    lines = (NEAR / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return dict(rows)


def meant(wanted: str, names: NameTable) -> Callable[[Request | None], bool]:
    """Whether a request is what the table says."""
    return lambda request: rendered(request, names).lower() == wanted.lower()


def near(run: Run, folder: Path | None, crew: Crew | None = None, engine: str = "") -> None:
    """Near commands by voices that nothing was tuned on."""
    of, names = household()
    crew = crew or default_engine(of)
    phrases = list(table("en").items())[::EVERY]
    asked = [
        (f"{voice}: {text}", said(text, voice), meant(wanted, names))
        for voice in MEASURED_VOICES
        for text, wanted in phrases
    ]
    for level, snr_db, goal in (("", None, 0.01), ("_12db", 12.0, 0.02)):
        if snr_db is not None and folder is None:
            continue
        _, bad, _ = counted(run, crew, asked, (folder, snr_db), names)
        run.rate(f"near_wrong_en{level}{engine}", bad, len(asked), at_most(goal))


def near_as_text(run: Run, _folder: Path | None) -> None:
    """Near commands as text: what the matcher makes of them."""
    for language in ("en", "fr"):
        names = home(language)
        exact, bad = matcher(language, names), 0
        for text, wanted in table(language).items():
            request = exact.match(text.split())
            if request is not None and not meant(wanted, names)(request):
                bad += 1
                console.print(f"  [red]wrong[/red]: {text} -> {rendered(request, names)}")
        run.rate(f"near_wrong_text_{language}", bad, len(table(language)), at_most(0))


def opposites(run: Run, folder: Path | None, crew: Crew | None = None, engine: str = "") -> None:
    """On and off, open and close, up and down, numbers that sound alike: never one for another."""
    of, names = household()
    crew, exact = crew or default_engine(of), matcher("en", names)
    texts = [text for text in OPPOSITES if exact.match(text.split())][::EVERY]
    asked = [
        (f"{voice}: {text}", said(text, voice), meaning(text, exact))
        for voice in (*MEASURED_VOICES, "flite:rms")
        for text in texts
    ]
    good = bad = count = 0
    for snr_db in (None, 12.0) if folder else (None,):
        right, wrong, _ = counted(run, crew, asked, (folder, snr_db), names)
        good, bad, count = good + right, bad + wrong, count + len(asked)
    run.add(f"opposites_confused{engine}", bad, Goal(high=0), f"of {count}, quiet and 12 dB")
    run.rate(f"opposites_right{engine}", good, count)


def small(part: Callable[[Run, Path, Crew, str], None]) -> Callable[[Run, Path], None]:
    """The same part for pocketsphinx, the engine of small machines."""
    return lambda run, folder: part(run, folder, small_engine(household()[0]), "_small")
