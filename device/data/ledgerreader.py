"""Reading the ledger: rows, gaps and sums, for the table, the report and the export."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from device.data.ledger import CAUSES, CUT_OFF, reading
from device.errors import LedgerUnreadable
from device.letter import FaultCode
from device.mind.types import FIRST_USER_INTENT, Intent, Outcome

FOREVER = 1 << 62
OUTCOMES = {
    int(Outcome.COMMAND): "command",
    int(Outcome.NO_SPEECH): "nothing said",
    int(Outcome.NOT_UNDERSTOOD): "not understood",
    int(Outcome.RECOGNIZER_FAILED): "recognizer failed",
    int(Outcome.TOO_LONG): "too long",
    int(Outcome.STOPPED): "stopped",
    CUT_OFF: "cut off",
}
HEADINGS = (
    "woke", "number", "word", "score", "seconds_taken_in",
    "outcome", "intent", "text", "acted_ms", "forgotten",
)  # fmt: skip
FOR_NOTHING = (int(Outcome.NO_SPEECH), int(Outcome.NOT_UNDERSTOOD))


@dataclass(frozen=True, slots=True)
class Row:
    """One activation. Times in milliseconds since 1970, `tenths` of a second taken in."""

    at: int
    number: int
    word: str | None
    score: int | None
    outcome: int | None
    tenths: int | None
    forgotten: int | None
    intent: int | None
    text: str | None
    acted_ms: int | None

    @property
    def done(self) -> str:
        """What came of it, in words."""
        if self.outcome is None:
            return "listening"
        if self.outcome == Outcome.COMMAND and self.intent is not None:
            return intent_name(self.intent)
        return OUTCOMES.get(self.outcome, f"outcome {self.outcome}")

    @property
    def false_wake(self) -> bool:
        """A wake word was heard and no command followed."""
        return self.outcome in FOR_NOTHING and self.word not in CAUSES.values()

    def record(self) -> dict[str, object]:
        """The row for JSON and CSV: ISO times in local time, words instead of numbers."""
        values: tuple[object, ...] = (
            iso(self.at),
            self.number,
            self.word,
            self.score,
            None if self.tenths is None else self.tenths / 10,
            OUTCOMES.get(self.outcome or 0, "listening"),
            None if self.intent is None else intent_name(self.intent),
            self.text,
            self.acted_ms,
            None if self.forgotten is None else iso(self.forgotten),
        )
        return dict(zip(HEADINGS, values, strict=True))


@dataclass(frozen=True, slots=True)
class Gap:
    """Activations that the ledger did not see; `count` None: it can't be known how many."""

    at: int
    count: int | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that the ears told."""

    at: int
    code: int

    @property
    def name(self) -> str:
        """The fault in words."""
        return FaultCode.in_words(self.code)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the ears' running numbers say, and what the ledger has; said == logged + missing."""

    said: int
    logged: int
    missing: int


@dataclass(frozen=True, slots=True)
class Summary:
    """A span of time in numbers."""

    activations: int
    commands: int
    nothing_said: int
    not_understood: int
    failed: int
    false_wakes: int
    seconds: float
    unseen: int
    """Activations in gaps of known size."""
    unknown_gaps: int


@dataclass(frozen=True, slots=True)
class View:
    """The ledger as it was at one moment."""

    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    troubles: tuple[Trouble, ...]
    totals: Totals

    def summary(self, since: int = 0, until: int = FOREVER) -> Summary:
        """Sums over `since` <= time < `until` (milliseconds since 1970)."""
        rows = [r for r in self.rows if since <= r.at < until]
        gaps = [g for g in self.gaps if since <= g.at < until]
        count = {code: sum(r.outcome == code for r in rows) for code in OUTCOMES}
        return Summary(
            activations=len(rows),
            commands=count[Outcome.COMMAND] + count[Outcome.STOPPED],
            nothing_said=count[Outcome.NO_SPEECH],
            not_understood=count[Outcome.NOT_UNDERSTOOD] + count[Outcome.TOO_LONG],
            failed=count[Outcome.RECOGNIZER_FAILED] + count[CUT_OFF],
            false_wakes=sum(r.false_wake for r in rows),
            seconds=sum(r.tenths or 0 for r in rows) / 10,
            unseen=sum(g.count or 0 for g in gaps),
            unknown_gaps=sum(g.count is None for g in gaps),
        )

    def record(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {
            "activations": [r.record() for r in self.rows],
            "gaps": [{"found": iso(g.at), "count": g.count} for g in self.gaps],
            "faults": [{"at": iso(t.at), "fault": t.name} for t in self.troubles],
            "totals": asdict(self.totals),
        }


def to_wire(view: View) -> dict[str, object]:
    """A view as one record of the local socket."""
    return {
        "rows": [list(astuple(r)) for r in view.rows],
        "gaps": [list(astuple(g)) for g in view.gaps],
        "troubles": [list(astuple(t)) for t in view.troubles],
        "totals": list(astuple(view.totals)),
    }


def from_wire(record: Mapping[str, Any]) -> View:
    """The view in a record of the local socket."""
    return View(
        tuple(Row(*r) for r in record["rows"]),
        tuple(Gap(*g) for g in record["gaps"]),
        tuple(Trouble(*t) for t in record["troubles"]),
        Totals(*record["totals"]),
    )


def read(path: Path, since: int = 0) -> View:
    """The ledger from `since` on; an absent file is an empty ledger. Raises LedgerUnreadable."""
    if not path.exists():
        return View((), (), (), Totals(0, 0, 0))
    with _reading(path) as db:
        rows = db.execute(
            "SELECT began, number, word, score, outcome, tenths, forgotten, intent, text, acted_ms"
            " FROM activation WHERE began >= ? ORDER BY began, series, number",
            (since,),
        )
        gaps = db.execute("SELECT at, count FROM gap WHERE at >= ? ORDER BY id", (since,))
        faults = db.execute("SELECT at, code FROM fault WHERE at >= ? ORDER BY id", (since,))
        sums = db.execute("SELECT sum(last - base), sum(logged), sum(missing) FROM series")
        return View(
            tuple(Row(*r) for r in rows),
            tuple(Gap(*g) for g in gaps),
            tuple(Trouble(*f) for f in faults),
            Totals(*(n or 0 for n in sums.fetchone())),
        )


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(reading(path), uri=True, timeout=5.0)) as db:
            db.execute("BEGIN")
            yield db
    except sqlite3.Error as error:
        raise LedgerUnreadable(file=path, why=error) from error


def intent_name(intent: int) -> str:
    """An intent in words: "timer set", or "own command 3"."""
    if intent >= FIRST_USER_INTENT:
        return f"own command {intent - FIRST_USER_INTENT + 1}"
    known = {int(i): i.name for i in Intent}
    return known.get(intent, f"intent {intent}").replace("_", " ").lower()


def iso(ms: int) -> str:
    """A time in ISO form, local time with its offset, to the second."""
    return local(ms).isoformat(timespec="seconds")


def local(ms: int) -> datetime:
    """A time in the speaker's time zone."""
    return datetime.fromtimestamp(ms / 1000).astimezone()


def midnight(ms: int, days_before: int = 0) -> int:
    """The beginning of the local day of `ms`, or of one before it, in milliseconds."""
    day = local(ms).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return round((day - timedelta(days=days_before)).astimezone().timestamp() * 1000)
