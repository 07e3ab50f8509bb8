"""The plots of the report: inline SVG drawn in plain text, coloured by the page's style sheet.

Drawn 360 units wide, the width of a phone, so that their words stay readable there. Every mark
has a title that says its value, for a mouse that rests on it and for a screen reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH = 360.0
LEFT = 26.0
RIGHT = 6.0
TOP = 10.0
BOTTOM = 20.0


@dataclass(frozen=True, slots=True)
class Series:
    """Values for each bar, and the class that the style sheet colours."""

    name: str
    style: str
    values: tuple[float, ...]


def nice(most: float) -> int:
    """The smallest round number that is not below `most`, divisible into whole steps."""
    for power in (1, 10, 100, 1000, 10_000, 100_000):
        for step in (2, 4, 5, 10):
            if step * power >= most:
                return step * power
    return 1_000_000


def bars(
    series: Sequence[Series], labels: Sequence[str], *, height: float = 170, every: int = 1
) -> str:
    """Stacked bars; each `every`th has its label beneath."""
    totals = [sum(s.values[i] for s in series) for i in range(len(labels))]
    top = nice(max(totals, default=1) or 1)
    place = _Frame(len(labels), top, height)
    parts = []
    for i, label in enumerate(labels):
        base = 0.0
        for s in series:
            if s.values[i]:
                title = f"{label}: {s.name} {s.values[i]:g}"
                parts.append(place.bar(i, base, s.values[i], s.style, title))
            base += s.values[i]
        if i % every == 0:
            parts.append(place.label(i, label.split(",")[0]))
    return _svg(place.grid() + "".join(parts), height)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things go in a plot of `count` bars that reaches up to `top`."""

    count: int
    top: float
    height: float

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / max(1, self.count)

    def y(self, value: float) -> float:
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * value / self.top

    def bar(self, i: int, base: float, value: float, style: str, title: str) -> str:
        gap = min(3.0, self.step * 0.22)
        x, y = LEFT + i * self.step + gap / 2, self.y(base + value)
        return (
            f'<rect class="{style}" x="{x:.1f}" y="{y:.1f}" width="{self.step - gap:.1f}"'
            f' height="{self.y(base) - y:.1f}" rx="1.5"><title>{escape(title)}</title></rect>'
        )

    def label(self, i: int, text: str) -> str:
        x = LEFT + (i + 0.5) * self.step
        return f'<text x="{x:.1f}" y="{self.height - 5:.1f}" class="mid">{escape(text)}</text>'

    def grid(self) -> str:
        lines = []
        steps = 4 if self.top % 4 == 0 else (5 if self.top % 5 == 0 else 2)
        for n in range(steps + 1):
            value = self.top * n / steps
            y = self.y(value)
            style = "axis" if n == 0 else "grid"
            lines.append(
                f'<line class="{style}" x1="{LEFT}" x2="{WIDTH - RIGHT}"'
                f' y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            if n and value == int(value):
                lines.append(f'<text x="{LEFT - 5}" y="{y + 3:.1f}" class="end">{value:g}</text>')
        return "".join(lines)


def heat(grid: Sequence[Sequence[int]], rows: Sequence[str]) -> str:
    """Counts for each hour of the day (columns) and each of `rows`, darker for more."""
    cell, tall = (WIDTH - LEFT - RIGHT) / 24, 17.0
    most = max((max(row) for row in grid), default=0) or 1
    parts = []
    for r, row in enumerate(grid):
        y = TOP + r * tall
        parts.append(
            f'<text x="{LEFT - 5}" y="{y + cell * 0.7:.1f}" class="end">{escape(rows[r])}</text>'
        )
        for hour, count in enumerate(row):
            shade = 0.0 if not count else 0.18 + 0.82 * count / most
            style = "cell" if count else "cell none"
            title = f"{rows[r]} {hour}:00 to {hour + 1}:00: {count}"
            parts.append(
                f'<rect class="{style}" x="{LEFT + hour * cell + 0.75:.1f}" y="{y + 0.75:.1f}"'
                f' width="{cell - 1.5:.1f}" height="{tall - 1.5:.1f}" rx="2"'
                + (f' fill-opacity="{shade:.2f}"' if count else "")
                + f"><title>{escape(title)}</title></rect>"
            )
    height = TOP + len(rows) * tall + BOTTOM
    for hour in range(0, 25, 6):
        x = LEFT + hour * cell
        anchor = "end" if hour == 24 else ("start" if hour == 0 else "mid")
        parts.append(f'<text x="{x:.1f}" y="{height - 6:.1f}" class="{anchor}">{hour}:00</text>')
    return _svg("".join(parts), height)


def histogram(
    values: Sequence[float], edges: Sequence[float], marked: Mapping[str, float], unit: str
) -> str:
    """A histogram between `edges`, with lines at the `marked` values."""
    counts = [
        sum(low <= v < high or (v >= high and i == len(edges) - 2) for v in values)
        for i, (low, high) in enumerate(pairwise(edges))
    ]
    height = 170.0
    place = _Frame(len(counts), nice(max(counts, default=1) or 1), height)
    span = (WIDTH - LEFT - RIGHT) / (edges[-1] - edges[0])
    parts = [place.grid()]
    for i, count in enumerate(counts):
        if count:
            title = f"{edges[i]:g} to {edges[i + 1]:g} {unit}: {count}"
            parts.append(place.bar(i, 0, count, "command", title))
    for n, (name, value) in enumerate(marked.items()):
        x = LEFT + span * (min(value, edges[-1]) - edges[0])
        side = "end" if x > WIDTH - 90 else "start"
        shift = -4 if side == "end" else 4
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}"/>'
            f'<text x="{x + shift:.1f}" y="{TOP + 9 + 12 * n}" class="{side} strong">'
            f"{escape(name)} {value:g} {unit}</text>"
        )
    for edge in edges[:: max(1, (len(edges) - 1) // 4)]:
        x = LEFT + span * (edge - edges[0])
        side = "end" if edge == edges[-1] else ("start" if edge == edges[0] else "mid")
        parts.append(f'<text x="{x:.1f}" y="{height - 5}" class="{side}">{edge:g} {unit}</text>')
    return _svg("".join(parts), height)


def _svg(content: str, height: float) -> str:
    return f'<svg viewBox="0 0 {WIDTH:g} {height:.0f}" role="img">{content}</svg>'


def legend(series: Sequence[Series]) -> str:
    """What the colours mean, with the sum of each."""
    items = "".join(
        f'<li><span class="dot {s.style}"></span>{escape(s.name)} <b>{sum(s.values):g}</b></li>'
        for s in series
    )
    return f'<ul class="legend">{items}</ul>'
