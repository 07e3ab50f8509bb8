"""Pictures of what people see, to be looked at: `make pictures` writes them to build/pictures.

The terminal at 40, 80 and 120 columns (SVG, and PNG where there is a Chromium), and the report
wide, narrow, dark and printed. What is shown is the household that the tests make up.
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from device.cli import watch
from device.cli.watched import Scene
from device.data.report.page import page as page_of
from tests.data import browser
from tests.data.report.test_page import households_facts

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "pictures"
WIDTHS = (40, 80, 120)
COMMANDS = (("--help",), ("models", "list"), ("help", "install"), ("sentences", "list"))
NOW = 1_790_000_000.0
HOUSE: dict[str, Any] = {
    "event": "house", "at": NOW, "speaker": "kitchen", "ears": True, "loud": "quiet",
    "listening": False, "deaf": False, "silent": False, "volume": 40,
    "ledger": "The ledger is being written.", "trouble": [],
    "timers": [
        {"name": "pasta", "left": 372.0, "paused": False},
        {"name": "", "left": 3720.0, "paused": True},
    ],
    "alarms": [[1, 390, 0b0011111, 0, False]],
}  # fmt: skip
EVENTS: tuple[dict[str, Any], ...] = (
    {"event": "woke", "number": 1, "at": NOW - 610, "word": "alexa"},
    {"event": "command", "number": 1, "at": NOW - 608, "what": "SET_TIMER 8 minutes, pasta"},
    {"event": "did", "number": 1, "at": NOW - 608, "reply": "timer_set", "ms": 84},
    {"event": "ended", "number": 1, "at": NOW - 607, "outcome": "command", "seconds": 2.2},
    {"event": "woke", "number": 2, "at": NOW - 90, "word": "hey_jarvis"},
    {"event": "ended", "number": 2, "at": NOW - 84, "outcome": "not understood", "seconds": 5.6},
    {"event": "gap", "at": NOW - 60, "missing": 2},
    {"event": "woke", "number": 5, "at": NOW - 3, "word": "alexa"},
)


def scenes() -> Iterator[tuple[str, Scene]]:
    """States of `keepmum watch` that are worth a look."""
    busy = Scene()
    for record in (HOUSE, *EVENTS):
        busy.take(record)
    yield "busy", busy
    muted = Scene(muted=True)
    muted.take(HOUSE | {"ears": False, "timers": [], "alarms": []})
    yield "muted", muted
    trouble = Scene()
    trouble.take(HOUSE | {"trouble": ["The broker 192.168.1.10 does not answer."], "alarms": []})
    trouble.take({"event": "away", "at": NOW})
    yield "trouble", trouble


def drawn(what: RenderableType, width: int, title: str) -> str:
    """A terminal of this width with something in it, as SVG that loads nothing."""
    console = Console(record=True, width=width, file=StringIO(), force_terminal=True)
    console.print(what)
    svg = console.export_svg(title=title)
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)


def said(words: tuple[str, ...], width: int) -> Text:
    """What a command prints in a terminal of this width."""
    env = {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    command = (sys.executable, "-m", "device", *words)
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env)
    return Text.from_ansi(done.stdout)


def terminals(folder: Path) -> Iterator[Path]:
    """Every scene and command at every width."""
    for width in WIDTHS:
        for name, scene in scenes():
            yield _written(folder, f"watch-{name}-{width}", watch.picture(scene), width)
        for words in COMMANDS:
            name = "-".join(words).strip("-")
            yield _written(folder, f"{name}-{width}", said(words, width), width)


def _written(folder: Path, name: str, what: RenderableType, width: int) -> Path:
    path = folder / f"{name}.svg"
    path.write_text(drawn(what, width, name), encoding="utf-8")
    return path


def photographed(svg: Path) -> Path:
    """A PNG of an SVG, by the browser."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
    assert found is not None
    width, height = (round(float(size)) for size in found.groups())
    seen = browser.look(svg, width=width, height=min(height, 4000))
    picture = svg.with_suffix(".png")
    picture.write_bytes(seen.picture)
    return picture


def reports(folder: Path) -> Iterator[Path]:
    """The report of the test household: wide, narrow, dark, and printed."""
    page = folder / "report.html"
    with tempfile.TemporaryDirectory() as state:
        facts = dataclasses.replace(households_facts(Path(state)), speaker="kitchen")
        page.write_text(page_of(facts), encoding="utf-8")
    for name, width, height, dark in (
        ("wide", 1280, 2300, False),
        ("narrow", 500, 5200, False),
        ("dark", 1280, 2300, True),
    ):
        picture = folder / f"report-{name}.png"
        picture.write_bytes(browser.look(page, width=width, height=height, dark=dark).picture)
        yield picture
    yield printed(page, folder / "report-printed.pdf")


def printed(page: Path, paper: Path) -> Path:
    """The page as a browser prints it."""
    with tempfile.TemporaryDirectory() as profile:
        command = (browser.find() or "chromium", *browser.FLAGS, f"--user-data-dir={profile}")
        subprocess.run(
            (*command, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri()),
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    return paper


def main() -> int:
    """Write all of them, and say where they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn_ones = list(terminals(FOLDER))
    print(f"{len(drawn_ones)} terminals in {FOLDER}")
    if browser.find() is None:
        print("No pictures of the report: apt install chromium")
        return 1
    for svg in drawn_ones:
        photographed(svg)
    for picture in reports(FOLDER):
        print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
