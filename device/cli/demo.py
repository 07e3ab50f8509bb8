"""keepmum demo: the real ears and hands on a virtual microphone, and a conversation to show them.

A private sound server's null sink is the microphone, read through PyAudio; a synthesized voice
speaks into it at the pace of time. Two of the utterances must do nothing. What the hands' journal
tells is shown as it comes and compared with what should have happened.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config, names
from device.cli.run import Scene, stage
from device.config import Config
from device.mind.types import Intent, Slot
from device.modelstore import CHECKOUT, ModelStore
from device.standalone.timeline import Event, Timeline
from device.standalone.virtualsound import VirtualSound, virtual_sound

app = typer.Typer()
VOICE = "piper/en_US-joe-medium.onnx"
READY_S = 20.0
SETTLE_S = 12.0
"""An utterance must be answered and forgotten within this."""
NOTHING_S = 1.2
"""After speech that must do nothing, this long nothing may happen."""


@dataclass(frozen=True)
class Line:
    """One utterance, and what must come of it; no intent: nothing."""

    text: str
    intent: Intent | None = None
    slots: dict[Slot, int] = field(default_factory=dict)
    wakes: bool = True
    when: str = ""
    """An event that is waited for before this is said."""


LINES = (
    Line("Alexa, what time is it?", Intent.TIME),
    Line("Alexa, set a timer for five seconds.", Intent.TIMER_SET, {Slot.DURATION: 5}),
    Line("I wonder what the time is over there.", wakes=False),
    Line("Alexa, stop.", Intent.STOP, when="rang"),
    Line("Alexa, I told him that we would rather walk home."),
    Line("Hey Jarvis, volume to thirty percent.", Intent.VOLUME_SET, {Slot.PERCENT: 30}),
    Line("Alexa, what's the date today?", Intent.DATE),
)


@app.command("demo")
def demo(
    keep: Annotated[
        Path | None, typer.Option(help="Keep what the speaker said as a WAV file here.")
    ] = None,
) -> int:
    """Speak to a running keepmum on a virtual microphone and show what happens."""
    console = Console()
    utterances = synthesize([line.text for line in LINES], console)
    with tempfile.TemporaryDirectory(prefix="keepmum-demo-") as folder:
        settings = demo_settings(Path(folder), keep)
        with virtual_sound(("mic", "speaker")) as sound, _environment(sound):
            began = time.monotonic()
            with stage(settings) as scene:
                wrong = _Conversation(scene, sound, console, settings).hold(utterances)
                took = time.monotonic() - began
    if wrong:
        for fault in wrong:
            console.print(f"[red]✗ {fault}")
        console.print(f"[bold red]{len(wrong)} of {len(LINES)} differed.")
        return 1
    acted = sum(line.intent is not None for line in LINES)
    console.print(
        f"[bold green]✓ {len(LINES)} utterances in {took:.0f} s: {acted} acted on, "
        f"{len(LINES) - acted} let be, everything forgotten."
    )
    return 0


def demo_settings(folder: Path, keep: Path | None = None) -> Config:
    """Defaults, with two wake words and everything that is kept in `folder`."""
    defaults = config.Config()
    return dataclasses.replace(
        defaults,
        wake=dataclasses.replace(defaults.wake, words=("alexa", "hey_jarvis")),
        service=dataclasses.replace(
            defaults.service,
            state=str(folder / "state"),
            sentences=str(folder / "sentences"),
            ask=str(folder / "ask.sock"),
        ),
        sound=dataclasses.replace(defaults.sound, output=str(keep) if keep else "auto"),
    )


@contextmanager
def _environment(sound: VirtualSound) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(sound.environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Conversation:
    """Speaks line after line and compares what happens with what should."""

    def __init__(
        self, scene: Scene, sound: VirtualSound, console: Console, settings: Config
    ) -> None:
        self._scene, self._sound = scene, sound
        words = tuple(w.name for w in settings.wake.all_words())
        self._timeline = Timeline(console, words, names.in_force(settings))
        self._seen: set[str] = set()

    def hold(self, utterances: list[Path]) -> list[str]:
        """The whole conversation; what differed, in words."""
        if self._until("hello", READY_S) is None:
            return ["the ears did not begin to listen"]
        wrong: list[str] = []
        for line, wav in zip(LINES, utterances, strict=True):
            if line.when and not self._has_been(line.when):
                wrong.append(f"“{line.text}” was not said: no “{line.when}” came before it")
                continue
            self._timeline.heard(line.text, time.time())
            self._sound.play(wav)
            seen = self._settle(line)
            self._seen.update(event["event"] for event in seen)
            wrong += [f"“{line.text}” {fault}" for fault in faults(line, seen)]
        return wrong

    def _has_been(self, kind: str) -> bool:
        """Whether this event has come, or comes now."""
        return kind in self._seen or self._until(kind, SETTLE_S) is not None

    def _until(self, kind: str, seconds: float) -> Event | None:
        return self._scene.journal.until(
            lambda event: event["event"] == kind, seconds, self._timeline.show
        )

    def _settle(self, line: Line) -> list[Event]:
        """Events until the line is done with: forgotten, answered to the end, rung if it rings."""
        seen: list[Event] = []
        waiting = _waiting_for(line)

        def done(event: Event) -> bool:
            seen.append(event)
            kind = event["event"]
            if kind != "hushed" or "said" not in waiting:  # a chime's end is no reply's
                waiting.discard(kind)
            return not waiting

        seconds = SETTLE_S if line.wakes else NOTHING_S
        self._scene.journal.until(done, seconds, self._timeline.show)
        return seen


def _waiting_for(line: Line) -> set[str]:
    if not line.wakes:
        return {"nothing"}
    if line.intent is None:
        return {"ended"}
    if line.intent is Intent.STOP:
        return {"ended", "quieted"}
    return {"ended", "said", "hushed"}


def faults(line: Line, seen: list[Event]) -> list[str]:
    """How what was seen differs from what the line asked for."""
    kinds = [event["event"] for event in seen]
    commands = [event["request"] for event in seen if event["event"] == "command"]
    found = []
    if ("woke" in kinds) != line.wakes:
        found.append("did not wake it" if line.wakes else "woke it")
    if line.intent is None and ("did" in kinds or commands):
        found.append("was acted on")
    if line.intent is not None:
        want = {"intent": line.intent, "slots": [[int(s), v] for s, v in line.slots.items()]}
        if commands != [want]:
            found.append(f"was understood as {commands or 'nothing'}")
        elif "did" not in kinds:
            found.append("was not acted on")
    if line.wakes and "ended" not in kinds:
        found.append("was not forgotten")
    return found


def synthesize(texts: list[str], console: Console) -> list[Path]:
    """WAV files of the texts, spoken by the Piper voice; kept under build/ of a checkout."""
    model = ModelStore().path(VOICE)
    build = CHECKOUT.parent / "build"
    folder = build / "demo" if CHECKOUT.is_dir() else Path(tempfile.mkdtemp(prefix="keepmum-"))
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{_slug(text)}.wav" for text in texts]
    for text, path in zip(texts, paths, strict=True):
        if not path.exists():
            console.print(f"[dim]synthesizing “{text}”")
            part = path.with_suffix(".part")
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "piper",
                    "-m",
                    str(model),
                    "-f",
                    str(part),
                    "--noise-scale",
                    "0",
                    "--noise-w-scale",
                    "0",
                    "--",
                    text,
                ],
                check=True,
                stderr=subprocess.DEVNULL,
            )
            part.rename(path)
    return paths


def _slug(text: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in text.lower()).split())
