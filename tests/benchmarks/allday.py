"""What people ask a speaker all day, as text: understood rightly, wrongly, or not.

A third of the tables (tests/language/allday) was set aside by a hash of each sentence before the
grammar was written, and nothing was tuned on it: `right_*` is that third's. `wrong_*`, another
meaning than the sentence has, counts all rows, and other people's near commands if KEEPMUM_DATA
has them: of those the table near/*.tsv here says what each means.
"""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from device.mind.types import Intent
from tests.benchmarks.harness import Goal, at_least, console, exactly, recordings, report
from tests.language.speech import rendered
from tests.language.tables import all_day, by_sound, by_spelling, home, set_aside

GOALS = {"right_en": 0.95, "right_fr": 0.93}
ANSWERS = {Intent.ANSWER, Intent.YES, Intent.NO}


def understood(language: str) -> list[tuple[str, str, str]]:
    """(sentence, meaning, understood as) of every row."""
    to = by_sound() if language == "en" else by_spelling(language)
    return [
        (sentence, meaning, rendered(to.match(sentence.split()), home(language)))
        for sentence, meaning in all_day(language)
    ]


def main() -> bool:
    """Both languages: the share understood of what was set aside, and all that was wrong."""
    figures: dict[str, float] = {}
    goals: dict[str, Goal] = {}
    for language in ("en", "fr"):
        found = understood(language)
        aside = [row for row in found if set_aside(row[0])]
        wrong = [row for row in found if row[2] not in (row[1], "-")]
        figures[f"right_{language}"] = sum(r[1] == r[2] for r in aside) / len(aside)
        figures[f"wrong_{language}"] = len(wrong)
        figures[f"right_tuned_{language}"] = sum(
            r[1] == r[2] for r in found if not set_aside(r[0])
        ) / (len(found) - len(aside))
        figures[f"sentences_{language}"] = len(found)
        figures[f"near_wrong_text_{language}"] = near_wrong(language)
        goals |= {
            f"right_{language}": at_least(GOALS[f"right_{language}"]),
            f"wrong_{language}": exactly(0),
            f"near_wrong_text_{language}": exactly(0),
        }
        show(language, found, wrong)
    return report("allday", figures, goals)


def near_wrong(language: str) -> int:
    """Other people's near commands that are taken for an order although no table of ours, read
    by a person, says that it is what they mean.
    """
    folder = recordings()
    if folder is None:
        return 0
    to = by_sound() if language == "en" else by_spelling(language)
    known = dict(all_day(language))
    wrong = 0
    for line in (folder / "near" / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        found = to.match(line.split())
        if found is None or found.intent in ANSWERS:
            continue
        meaning, was = known.get(line), rendered(found, home(language))
        if meaning != was:
            wrong += 1
            console.print(f"  near: {line}: {was}, {meaning or 'unread'}")
    return wrong


def show(
    language: str, found: list[tuple[str, str, str]], wrong: list[tuple[str, str, str]]
) -> None:
    """What was wrong, by name; what wasn't understood, by intent."""
    for sentence, meaning, was in wrong:
        console.print(f"  {sentence}: {was}, not {meaning}", style="red")
    missed = Counter(m.split()[0] for _, m, was in found if was == "-" != m)
    table = Table("not understood", "", title=language, title_justify="left")
    for intent, count in missed.most_common(12):
        table.add_row(intent, str(count))
    console.print(table)
