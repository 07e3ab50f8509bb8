"""keepmum listen and calibrate: what the wake word detectors make of the room.

Neither keeps sound: `listen` shows the present frame, `calibrate` counts how often which score
and level came. Both stop the ears for as long, since one process can have the microphone, and
start them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from device import config, soundcards
from device.cli.run import ConfigFile
from device.cli.units import ears_paused
from device.config import Config
from device.ears.capture.echo import Echo
from device.ears.capture.microphone import Channels, EndOfSound, Microphone, Sound, open_microphone
from device.ears.vad import Vad
from device.ears.wake.wakeword import Reading, WakeWords
from device.mind.types import FRAME_SECONDS, frames
from device.modelstore import ModelStore

app = typer.Typer()
Input = Annotated[
    str, typer.Option("--input", help="A WAV file (16 kHz mono) instead of the microphone.")
]
VAD_MODEL = "silero/silero_vad.onnx"
BAR = 30
QUIETEST_DB = -80.0
EVENT_S = 2.0
"""Scores above the threshold within this time count as one waking."""
MARGIN = 0.5
"""A proposed threshold is this much above the highest score of the room, in log-odds."""
BINS = np.linspace(-9.5, 9.5, 39)
"""Edges of the histogram of scores, in log-odds."""
LEVELS = np.arange(-80.0, 1.0, 10.0)
"""Edges of the histogram of levels, in dB of full scale."""


@app.command("listen")
def listen(config_file: ConfigFile = None, source: Input = "") -> None:
    """Show level, scores, threshold and wakes, live, until Ctrl-C. Nothing is recorded."""
    settings, console = config.load(config_file), Console()
    with hearing(settings, source, console) as (microphone, wake):
        view = View(wake, microphone.echo)
        console.print("[dim]Nothing is recorded. Ctrl-C ends it.")
        with Live(console=console, refresh_per_second=12, get_renderable=view.render):
            for frame in sound(microphone):
                view.take(level_db(frame), wake.step(frame))
    console.print(view.render())


@app.command("calibrate")
def calibrate(
    config_file: ConfigFile = None,
    source: Input = "",
    minutes: Annotated[float, typer.Option(min=0.01, max=1440.0, help="How long to listen.")] = 10,
) -> None:
    """Listen to the room as it is, without anybody saying a wake word, and propose thresholds.

    Nothing is kept but counts: how often which score, and which level, came.
    """
    settings, console = config.load(config_file), Console()
    with hearing(settings, source, console) as (microphone, wake):
        room = Room(wake)
        console.print(
            "Let the room sound as it usually does (talk, television, kitchen),"
            " but [bold]don't say a wake word[/bold]. Ctrl-C ends it early."
        )
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("listening", total=frames(minutes * 60))
            for frame in islice(sound(microphone), frames(minutes * 60)):
                room.take(level_db(frame), wake.step(frame))
                progress.advance(task)
    console.print(room.render())
    console.print(f"\n[bold]Proposed settings[/bold]\n\n{room.proposal()}", highlight=False)


@contextmanager
def hearing(
    settings: Config, source: str, console: Console
) -> Iterator[tuple[Microphone, WakeWords]]:
    """The microphone and the primed detectors; both hold nothing afterwards."""
    store = ModelStore.of(settings)
    vad = Vad(store.path(VAD_MODEL) if store.has(VAD_MODEL) else None)
    channels = Channels.of(settings.microphone)
    wake = WakeWords(settings.wake, store, vad.step, taught=channels.reference is None)
    wake.prime()
    for remark in wake.remarks:
        console.print(remark)
    with ears_paused() as paused:
        chosen = soundcards.chosen(settings.service.cards).get("microphone", "")
        if paused:
            console.print("The ears are stopped for as long as this runs; they start again then.")
        microphone = open_microphone(source, settings.microphone.device, channels, chosen)
        try:
            yield microphone, wake
        except KeyboardInterrupt:
            console.print()
        finally:
            microphone.wipe()
            microphone.close()
            wake.forget()
            vad.forget()


def sound(microphone: Microphone) -> Iterator[Sound]:
    """Frames until a file is over (a microphone never is), or Ctrl-C."""
    try:
        while True:
            yield microphone.read()
    except (EndOfSound, KeyboardInterrupt):
        return


def level_db(frame: Sound) -> float:
    """The level of a frame in dB of full scale, not below QUIETEST_DB."""
    power = float(np.mean(np.square(frame.astype(np.float64)))) / 32768.0**2
    return max(QUIETEST_DB, 10 * math.log10(power + 1e-12))


def bar(share: float, mark: float | None = None) -> Text:
    """A bar for 0..1, with a mark at the threshold."""
    filled = round(min(max(share, 0.0), 1.0) * BAR)
    signs = ["█"] * filled + ["·"] * (BAR - filled)
    if mark is not None:
        signs[min(BAR - 1, int(mark * BAR))] = "|"
    reached = mark is not None and share >= mark
    return Text("".join(signs), style="bold green" if reached else "cyan")


class View:
    """What `listen` shows: the present frame, and how often each word woke."""

    def __init__(self, wake: WakeWords, echo: Echo | None = None) -> None:
        self._names = [word.word.name for word in wake.words]
        self._echo = echo
        self.level, self.readings = QUIETEST_DB, tuple[Reading, ...]()
        self.wakes = [0] * len(self._names)
        self._rest = [0] * len(self._names)

    def take(self, level: float, readings: tuple[Reading, ...]) -> None:
        """A frame's level and readings take the place of the last one's."""
        self.level, self.readings = level, readings
        for number, reading in enumerate(readings):
            self._rest[number] = max(0, self._rest[number] - 1)
            if reading.woke and not self._rest[number]:
                self.wakes[number] += 1
                self._rest[number] = frames(EVENT_S)

    def render(self) -> RenderableType:
        """The level, and each word with its scores."""
        loudness = 1 - self.level / QUIETEST_DB
        level = Text.assemble("level  ", bar(loudness), f"  {self.level:5.0f} dB")
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in ("word", "openWakeWord", "microWakeWord", "", "score", "threshold", "woke"):
            table.add_column(column, justify="right" if column else "left")
        for name, reading, woke in zip(self._names, self.readings, self.wakes, strict=False):
            numbers = (reading.openwakeword, reading.microwakeword)
            scores = ["" if n is None else f"{n:.3f}" for n in numbers]
            last = (f"{reading.fused:.3f}", f"{reading.threshold:.3f}", str(woke))
            table.add_row(name, *scores, bar(reading.fused, reading.threshold), *last)
        return Group(level, *self._echoes(), table)

    def _echoes(self) -> list[Text]:
        """A line about the echo, if the microphone has a reference."""
        if not self._echo:
            return []
        if self._echo.copied:
            return [Text("echo   the reference is a copy of the microphone: it is not used")]
        taken = f"{self._echo.taken_db:.0f} dB taken away"
        return [Text(f"echo   {taken if self._echo.sounding else 'the loudspeaker is silent'}")]


@dataclass
class Heard:
    """What a room did to one word: counts only."""

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(BINS) - 1, np.int64))
    highest: float = 0.0
    wakes: int = 0
    rest: int = 0


class Room:
    """What `calibrate` keeps of a room: counts of scores and levels."""

    def __init__(self, wake: WakeWords) -> None:
        self._words = [(word.word, word.threshold) for word in wake.words]
        self.heard = [Heard() for _ in self._words]
        self.levels = np.zeros(len(LEVELS) - 1, np.int64)

    def take(self, level: float, readings: tuple[Reading, ...]) -> None:
        """Count a frame."""
        self.levels[min(len(self.levels) - 1, int((level - LEVELS[0]) // 10))] += 1
        for heard, reading in zip(self.heard, readings, strict=True):
            place = int(np.searchsorted(BINS, log_odds(reading.fused), side="right")) - 1
            heard.counts[min(max(place, 0), len(heard.counts) - 1)] += 1
            heard.highest = max(heard.highest, reading.fused)
            heard.rest = max(0, heard.rest - 1)
            if reading.woke and not heard.rest:
                heard.wakes += 1
                heard.rest = frames(EVENT_S)

    @property
    def hours(self) -> float:
        """How long the room was listened to."""
        return int(self.levels.sum()) * FRAME_SECONDS / 3600

    def proposed(self, number: int) -> float:
        """The word's threshold, or as much more as keeps this room from waking it."""
        needed = 1 / (1 + math.exp(-log_odds(self.heard[number].highest) - MARGIN))
        return min(0.99, max(self._words[number][1], round(needed, 3)))

    def render(self) -> RenderableType:
        """Levels, and for each word the highest score and what would have woken."""
        table = Table(box=None, padding=(0, 2, 0, 0))
        for column in ("word", "highest score", "threshold", "would have woken", "proposed"):
            table.add_column(column, justify="left" if column == "word" else "right")
        for number, ((word, threshold), heard) in enumerate(
            zip(self._words, self.heard, strict=True)
        ):
            woken = f"{heard.wakes} times"
            numbers = (f"{heard.highest:.3f}", f"{threshold:.3f}", woken)
            table.add_row(word.name, *numbers, f"{self.proposed(number):.3f}")
        most = max(1, int(self.levels.max()))
        levels = [
            Text.assemble(f"{low:5.0f} dB  ", bar(count / most))
            for low, count in zip(LEVELS, self.levels, strict=False)
            if count
        ]
        bound = Text(
            f"{self.hours * 60:.1f} minutes. No waking in that time only says that there are fewer"
            f" than {3 / max(self.hours, 1e-3):.0f} an hour (95 %)."
        )
        return Group(Text("levels of the room"), *levels, Text(), table, bound)

    def proposal(self) -> str:
        """The lines for the settings file."""
        parts = []
        for number, (word, _) in enumerate(self._words):
            lines = ["[[wake.word]]", f'name = "{word.name}"']
            for model in ("openwakeword", "microwakeword"):
                if file := getattr(word, model):
                    lines.append(f'{model} = "{file}"')
            lines.append(f"threshold = {self.proposed(number):.3f}")
            parts.append("\n".join(lines))
        return "\n\n".join(parts)


def log_odds(score: float) -> float:
    """The log-odds of a score, within the histogram."""
    kept = min(max(score, 1e-4), 1 - 1e-4)
    return math.log(kept / (1 - kept))
