"""The report's cards with a drawing: what the rows of the ledger add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from device.data.ledger import CUT_OFF
from device.data.ledgerreader import Row, local
from device.data.report import plots
from device.data.report.facts import Facts, card
from device.data.report.plots import Series
from device.mind.types import Outcome

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
GROUPS = {
    "commands": ("command", (Outcome.COMMAND, Outcome.STOPPED)),
    "nothing said": ("nothing", (Outcome.NO_SPEECH,)),
    "not understood": ("puzzled", (Outcome.NOT_UNDERSTOOD, Outcome.TOO_LONG)),
    "failed or cut off": ("failed", (Outcome.RECOGNIZER_FAILED, CUT_OFF)),
}
"""Name, class in the style sheet, outcomes."""


def _grouped(rows: Sequence[Row], buckets: Sequence[object], key: Any) -> list[Series]:
    counts = Counter((key(r), r.outcome) for r in rows)
    return [
        Series(name, style, tuple(float(sum(counts[b, int(o)] for o in outs)) for b in buckets))
        for name, (style, outs) in GROUPS.items()
    ]


def _dates(facts: Facts) -> list[datetime]:
    start = local(facts.since)
    return [start + timedelta(days=n) for n in range(facts.days)]


def days(facts: Facts) -> str:
    """Each opening of the microphone, day by day."""
    dates = _dates(facts)
    series = _grouped(facts.rows, [d.date() for d in dates], lambda r: local(r.at).date())
    labels = [f"{d:%-d %b, %a}" for d in dates]
    plot = plots.bars(series, labels, every=max(1, round(facts.days / 6)))
    return card(
        "Day by day", "Each time the microphone was opened, by what came of it.",
        plot + plots.legend(series),
    )  # fmt: skip


def hours(facts: Facts) -> str:
    """When it was opened, by hour and weekday."""
    counts = Counter((local(r.at).weekday(), local(r.at).hour) for r in facts.rows)
    grid = [[counts[day, hour] for hour in range(24)] for day in range(7)]
    busiest = max(counts.items(), key=lambda item: item[1], default=None)
    about = "When it was opened, by hour and weekday."
    if busiest is not None:
        (day, hour), count = busiest
        about += f" Most often on {WEEKDAYS[day]} from {hour}:00 on: {count} times."
    return card("Hour by hour", about, plots.heat(grid, WEEKDAYS))


def false_wakes(facts: Facts) -> str:
    """Wakings that no command followed, day by day and by word."""
    rows = [r for r in facts.rows if r.false_wake]
    dates = _dates(facts)
    series = [
        s for s in _grouped(rows, [d.date() for d in dates], lambda r: local(r.at).date())
        if s.name in ("nothing said", "not understood")
    ]  # fmt: skip
    words = Counter(r.word or "?" for r in rows)
    about = "A wake word was heard and no command followed."
    if words:
        about += " By " + ", ".join(f"{escape(w)} {n}" for w, n in words.most_common(4)) + "."
    labels = [f"{d:%-d %b, %a}" for d in dates]
    plot = plots.bars(series, labels, every=max(1, round(facts.days / 6)))
    return card("False wakes", about, plot + plots.legend(series))


def latency(facts: Facts) -> str:
    """How long it took from what was asked to the deed."""
    values = sorted(r.acted_ms for r in facts.rows if r.acted_ms is not None)
    about = "From the letter that says what was asked to the deed done, in milliseconds."
    if not values:
        return card("Time to act", about, '<p class="empty">No command yet.</p>')
    half, most = _quantile(values, 0.5), _quantile(values, 0.95)
    top = plots.nice(max(most * 1.3, 10))
    edges = [top * n / 20 for n in range(21)]
    marked = {"half within": half, "95 % within": most}
    return card("Time to act", about, plots.histogram(values, edges, marked, "ms"))


def _quantile(values: Sequence[int], share: float) -> int:
    """The smallest value that `share` of the sorted values are not above."""
    return values[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)]
