"""The report opens from disk, asks nobody for anything, and tells what the ledger holds."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from device.data import inventory, ledger, ledgerreader, proof
from device.data.ledgerreader import View
from device.data.report import plots
from device.data.report.facts import Facts
from device.data.report.page import page as page_of
from tests.data import browser
from tests.hands import households

NOW = 1_790_000_000_000
PROOF: dict[str, Any] = {
    "date": "2026-11-20T18:04:00+01:00",
    "findings": [
        {"promise": 3, "what": "letters", "evidence": "<41 bytes>", "verdict": "holds"},
        {"promise": 4, "what": "sockets", "evidence": "none", "verdict": "holds"},
        {"promise": 4, "what": "cgroup", "evidence": "no memory limit", "verdict": "weaker"},
        {"promise": 5, "what": "mute", "evidence": "lifted by hands", "verdict": "broken"},
    ],
}
WITHOUT_BROWSER = pytest.mark.skipif(browser.find() is None, reason="apt install chromium")


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return households_facts(tmp_path)


def households_facts(folder: Path) -> Facts:
    """The facts of a furnished household whose name tries to be markup."""
    places, _ = households.furnish(folder, NOW)
    view = ledgerreader.read(places.state / ledger.FILE)
    return Facts(
        speaker="kitchen <b>",
        now=NOW,
        days=30,
        keep_days=30,
        texts=False,
        home=False,
        view=view,
        amounts=inventory.amounts(places.state),
        proof=PROOF,
    )


def empty(facts: Facts) -> Facts:
    nothing = View((), (), (), ledgerreader.Totals(0, 0, 0))
    return dataclasses.replace(facts, view=nothing, amounts={}, proof=None)


class Checker(HTMLParser):
    """Finds elements that were not closed, and anything that would load something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "object", "link", "audio", "video", "form"):
            self.loads.append(tag)
        self.loads += [n for n, _ in attrs if n in ("src", "href") or n.startswith("on")]
        if tag not in ("meta", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "rect"):
            assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(facts: Facts) -> None:
    for page in (page_of(facts), page_of(empty(facts))):
        checker = Checker()
        checker.feed(page)
        assert checker.open == []
        assert checker.loads == []
        assert "url(" not in page
        assert "@import" not in page


def test_names_and_evidence_cannot_become_markup(facts: Facts) -> None:
    page = page_of(facts)
    assert "kitchen &lt;b&gt;" in page
    assert "kitchen <b>" not in page
    assert "&lt;41 bytes&gt;" in page


def test_it_tells_what_the_ledger_holds(facts: Facts) -> None:
    page = page_of(facts)
    sums = facts.view.summary(facts.since)
    assert f"{sums.activations} in 30 days" in page
    assert '<div class="tile bad"><b>4</b>' in page
    assert "4 activations</td>" in page
    assert "microphone lost" in page
    assert page.count("<tr><td>") >= 20


def test_what_is_kept_and_what_is_not_are_said(facts: Facts) -> None:
    page = page_of(facts)
    for kind in ("ledger", "timers", "alarms", "volume"):
        assert f"<dt>{kind} <small>" in page
    assert "What is not kept" in page
    assert "Texts of commands are switched on" not in page
    assert "broker" not in page
    told = page_of(dataclasses.replace(facts, texts=True, home=True))
    assert "Texts of commands are switched on" in told
    assert "broker" in told


def test_the_last_proof_is_shown_with_its_worst_verdicts(facts: Facts) -> None:
    page = page_of(facts)
    verdicts = re.findall(r'<span class="verdict (\w+)">([\w ]+)</span>', page)
    assert verdicts == [
        ("weak", "not checked"),
        ("weak", "not checked"),
        ("good", "holds"),
        ("weak", "weaker"),
        ("bad", "broken"),
    ]
    assert "cgroup: no memory limit" in page
    assert "Not examined yet" in page_of(empty(facts))


def test_a_proof_is_kept_for_the_report_and_declared(tmp_path: Path) -> None:
    assert proof.last(tmp_path) is None
    proof.remember(tmp_path, PROOF["findings"], datetime.now().astimezone())
    kept = proof.last(tmp_path)
    assert kept is not None
    assert kept["findings"] == PROOF["findings"]
    assert inventory.undeclared(tmp_path) == []
    proof.remember(tmp_path / "none", [], datetime.now().astimezone())
    assert not (tmp_path / "none").exists()


def test_an_empty_ledger_makes_a_report_too(facts: Facts) -> None:
    page = page_of(empty(facts))
    assert "took in <em>no sound</em> at all" in page
    assert '<div class="tile good"><b>0</b>' in page


def test_bars_are_as_high_as_their_values() -> None:
    series = [plots.Series("a", "command", (4.0, 0.0, 2.0))]
    svg = plots.bars(series, ["x", "y", "z"])
    heights = [float(h) for h in re.findall(r'<rect class="command".*? height="([\d.]+)"', svg)]
    assert len(heights) == 2
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


def test_a_histogram_counts_every_value_once() -> None:
    svg = plots.histogram([1, 5, 5, 9, 10], [0, 5, 10], {"half": 5}, "ms")
    assert re.findall(r"<title>(.*?)</title>", svg) == ["0 to 5 ms: 1", "5 to 10 ms: 4"]


@pytest.mark.parametrize(("most", "top"), [(0.5, 2), (2, 2), (3, 4), (7, 10), (26, 40), (101, 200)])
def test_axes_end_at_round_numbers(most: float, top: int) -> None:
    assert plots.nice(most) == top


def look(page: str, folder: Path, *, width: int, dark: bool = False) -> browser.Seen:
    file = folder / "report.html"
    file.write_text(page, encoding="utf-8")
    return browser.look(file, width=width, height=1600, dark=dark)


@WITHOUT_BROWSER
@pytest.mark.parametrize("width", [1100, 500])
def test_a_browser_shows_it_without_a_request_or_an_error(
    facts: Facts, tmp_path: Path, width: int
) -> None:
    seen = look(page_of(facts), tmp_path, width=width)
    assert seen.console == ()
    assert seen.requests == ()


@WITHOUT_BROWSER
def test_it_is_light_by_day_and_dark_by_night(facts: Facts, tmp_path: Path) -> None:
    page = page_of(facts)
    day = browser.colour_at(look(page, tmp_path, width=800).picture, 3, 3)
    night = browser.colour_at(look(page, tmp_path, width=800, dark=True).picture, 3, 3)
    assert min(day) > 230
    assert max(night) < 40


@WITHOUT_BROWSER
def test_the_browser_would_have_noticed(tmp_path: Path) -> None:
    bad = "<img src='http://example.invalid/x.png'><script>console.error('planted')</script>"
    seen = look(bad, tmp_path, width=500)
    assert any("planted" in line for line in seen.console)
    assert seen.requests == ("http://example.invalid/x.png",)
