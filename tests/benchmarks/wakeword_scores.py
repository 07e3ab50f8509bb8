"""Scores of the wake path on sound: traces, events, rates, and the ROC as a drawing.

A trace is float64 (frames, words, 3): openWakeWord's and microWakeWord's score and the one that
counts. All numbers over a sound are of the live detectors, frame by frame, as in the ears.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.config import WAKE_WORDS, Wake
from device.ears.wake.fusion import CERTAIN, MICROWAKEWORD_FRAMES, OPENWAKEWORD_FRAMES
from device.ears.wake.wakeword import WakeWords
from device.mind.types import FRAME_SECONDS, Hint
from device.modelstore import ModelStore
from tests.benchmarks import harness
from tests.benchmarks.recordings import Sound, frames

WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "okay_nabu")
REFRACTORY = 25
"""Frames after an event in which there is no other: 2 s."""
Trace = NDArray[np.float64]
Line = NDArray[np.float64]


class Listener:
    """The wake path with all words, primed anew for every sound."""

    def __init__(
        self, store: ModelStore, words: Sequence[str] = WORDS, *, taught: bool = True
    ) -> None:
        self.wake = WakeWords(Wake(words=tuple(words)), store, taught=taught)

    def trace(self, sound: Sound, loud: Hint = Hint.QUIET) -> Trace:
        """The scores of every frame, and whether it woke is left to thresholds."""
        self.wake.forget()
        self.wake.loud = loud
        found = [
            [(r.openwakeword or 0.0, r.microwakeword or 0.0, r.fused) for r in self.wake.step(f)]
            for f in frames(sound)
        ]
        return np.array(found)


class Figures:
    """Figures with their intervals as notes."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    def rate(self, name: str, hits: int, n: int) -> None:
        low, high = harness.wilson(hits, n)
        self.values[name] = hits / n
        self.notes[name] = f"n = {n}, 95 %: {low:.3f} to {high:.3f}"

    def count(self, name: str, number: int, in_hours: float) -> None:
        self.values[name] = number
        self.notes[name] = f"in {in_hours:.2f} h" + (
            f"; bounds the rate below {3 / in_hours:.1f}/h" if not number else ""
        )


def threshold(word: str) -> float:
    """The default threshold of a word."""
    return WAKE_WORDS[word].threshold


def events(scores: Line, above: float) -> int:
    """How often the score reaches a threshold, with 2 s of refractory time."""
    count, last = 0, -REFRACTORY - 1
    for frame in np.flatnonzero(scores >= above):
        if frame - last > REFRACTORY:
            count, last = count + 1, int(frame)
    return count


def above_all(scores: Line) -> float:
    """The lowest threshold with no event."""
    return float(np.nextafter(scores.max(), 2.0))


def missed(best: Line, above: float) -> int:
    """How many sounds never reach a threshold, by their best scores."""
    return int((best < above).sum())


def logit(p: Line) -> Line:
    """Log-odds, no surer than the detectors' own limit."""
    kept = np.clip(p, CERTAIN, 1 - CERTAIN)
    odds: Line = np.log(kept / (1 - kept))
    return odds


def latest(scores: Line, length: int) -> Line:
    """The maximum of the last `length` frames, at every frame."""
    padded = np.concatenate([np.zeros(length - 1), scores])
    highest: Line = np.lib.stride_tricks.sliding_window_view(padded, length).max(axis=1)
    return highest


def fused_with(trace: Trace, weight: float, cap: float) -> Line:
    """Fused log-odds of one word's trace (frames, 3) for another weight and cap."""
    one = logit(latest(trace[:, 0], OPENWAKEWORD_FRAMES))
    other = logit(latest(trace[:, 1], MICROWAKEWORD_FRAMES))
    return np.asarray(weight * one + (1 - weight) * np.minimum(other, cap))


def hours(frame_count: int) -> float:
    """Hours of sound in so many frames."""
    return frame_count * FRAME_SECONDS / 3600


def draw_roc(file: Path, curves: dict[str, list[tuple[float, float]]], title: str) -> None:
    """An SVG of misses over false accepts an hour; one line for each named curve."""
    width, height, left, bottom, most = 640, 400, 60, 50, 10.0
    inks = ("#1f6f8b", "#b5651d", "#2f2f2f", "#7a9e3a", "#8a4f9e", "#c0392b")

    def place(x: float, y: float) -> str:
        across = left + min(x, most) / most * (width - left - 150)
        return f"{across:.1f},{(1 - y) * (height - bottom - 30) + 30:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{left}" y="18">{title}</text>',
    ]
    for tenth in range(0, 11, 2):
        start, end = place(0, tenth / 10), place(most, tenth / 10)
        parts.append(f'<path d="M{start} L{end}" stroke="#ddd"/>')
        x, y = start.split(",")
        parts.append(f'<text x="{float(x) - 40}" y="{float(y) + 4}">{tenth * 10} %</text>')
        x, y = place(tenth, 0).split(",")
        parts.append(f'<text x="{x}" y="{float(y) + 18}">{tenth}</text>')
    parts.append(f'<text x="{left}" y="{height - 8}">false accepts an hour (misses upwards)</text>')
    for number, (name, points) in enumerate(curves.items()):
        ink = inks[number % len(inks)]
        line = " L".join(place(x, y) for x, y in points)
        parts.append(f'<path d="M{line}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(f'<text x="{width - 145}" y="{40 + 18 * number}" fill="{ink}">{name}</text>')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def roc(best: Line, negatives: Line) -> list[tuple[float, float]]:
    """(False accepts an hour, misses) for thresholds at the strongest negatives."""
    rest = negatives.copy()
    points = [(0.0, float((best < above_all(rest)).mean()))]
    for count in range(1, 13):
        top = int(rest.argmax())
        points.append((count / hours(len(rest)), float((best < rest[top]).mean())))
        rest[max(0, top - REFRACTORY) : top + REFRACTORY + 1] = 0.0
    return points
