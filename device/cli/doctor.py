"""keepmum doctor: every start-up check at once, with the mend beside what is wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from device import config, names, soundcards
from device.cli import around, recognizing, services
from device.cli.run import ConfigFile
from device.cli.units import ears_paused
from device.config import Config
from device.ears.capture.echo import Echo
from device.errors import KeepmumError, MicrophoneDeaf, SentenceFaults
from device.mind.types import frames
from device.modelstore import ModelStore
from device.names import sentences as sentencefiles

app = typer.Typer()
LISTEN_S = 2.0
QUIET_DB = -75.0
LOUD_DB = -20.0


@dataclass(frozen=True)
class Finding:
    """What a check found: fine, or not, or only worth knowing."""

    what: str
    fine: bool
    text: str
    mend: str = ""


@app.command("doctor")
def doctor(config_file: ConfigFile = None) -> int:
    """Check settings, models, names, sentences, microphone, voice, sockets and time to answer."""
    console = Console()
    findings = list(examine(config_file, console))
    width = max(len(f.what) for f in findings)
    for f in findings:
        mark = "[green]✓" if f.fine else "[red]✗"
        console.print(f"{mark} [bold]{f.what:<{width}}[/bold]  {escape(f.text)}")
        if f.mend:
            console.print(f"  {'':<{width}}  [yellow]{escape(f.mend)}")
    wrong = sum(not f.fine for f in findings)
    console.print("[bold green]All is well." if not wrong else f"[bold red]{wrong} to mend.")
    return 1 if wrong else 0


def examine(config_file: Path | None, console: Console) -> Iterator[Finding]:
    """Every check, in the order in which one needs the other."""
    try:
        settings = config.load(config_file)
    except KeepmumError as error:
        yield Finding("settings", False, str(error), error.remedy)
        return
    yield Finding("settings", True, str(config_file or config.DEFAULT_PATH))
    with ears_paused() as paused:  # the microphone is one process's at a time
        yield from _results(settings, console)
    if paused:
        console.print("Ears were paused for it, and are started again.", style="dim")
    yield _result("service", "", lambda: services.running(settings))


def _models(settings: Config) -> str:
    from device.ears.wake.wakeword import WakeWords

    store = ModelStore.of(settings)
    began = time.perf_counter()
    WakeWords(settings.wake, store)
    words = ", ".join(w.name for w in settings.wake.all_words())
    return f"wake words {words} load in {time.perf_counter() - began:.1f} s"


def _names(settings: Config) -> str:
    table = names.in_force(settings)
    return f"{len(table.names)} names, table {table.digest.hex()}"


def _sentences(settings: Config) -> str:
    began = time.perf_counter()
    loaded = sentencefiles.load(settings, names.in_force(settings))
    took = time.perf_counter() - began
    if loaded.faults:
        raise SentenceFaults(count=len(loaded.faults), first=loaded.faults[0])
    return f"{len(loaded.graph)} states of the word graph in {took:.1f} s"


def _microphone(settings: Config) -> str:
    from device.ears.capture.microphone import Channels, open_microphone

    chosen = soundcards.chosen(settings.service.cards).get("microphone", "")
    channels = Channels.of(settings.microphone)
    opened = open_microphone("", settings.microphone.device, channels, chosen)
    power, references = 0.0, list[str]()
    try:
        for _ in range(frames(LISTEN_S)):
            power += float(np.mean(opened.read().astype(np.float32) ** 2))
            references.append(_reference(opened.echo))
    finally:
        opened.wipe()
        opened.close()
    level = 10 * np.log10(power / frames(LISTEN_S) / 32768.0**2 + 1e-10)
    if level < QUIET_DB:
        raise MicrophoneDeaf(level=f"{level:.0f}", quiet=f"{QUIET_DB:.0f} dB")
    judged = "too loud: turn the capture level down" if level > LOUD_DB else "a good level"
    return f"{level:.0f} dB, {judged}{Counter(references).most_common(1)[0][0]}"


def _reference(echo: Echo | None) -> str:
    """What a frame says of the reference, while keepmum plays nothing."""
    if echo is None:
        return ""
    if not echo.sounding:
        return "; the reference is silent, as it should be while nothing plays"
    if echo.copied:
        return "; the reference is a copy of the microphone, and is not used"
    return "; there is sound on the reference: is anything playing, or is it a microphone?"


def _loudspeaker(settings: Config) -> str:
    from device.hands.sound.sinks import sink

    chosen = soundcards.chosen(settings.service.cards).get("loudspeaker", "")
    opened = sink(settings.sound, chosen)
    opened.open()
    opened.close()
    return settings.sound.output if settings.sound.output != "auto" else str(settings.sound.device)


def _voice(settings: Config) -> str:
    import asyncio

    from device.hands.voice.chosen import default_voice

    async def speak() -> tuple[str, float]:
        voice = default_voice(settings)
        await voice.say("Yes.")  # the first sentence also loads the voice
        began = time.perf_counter()
        await voice.say("It is ten past four.")
        took = time.perf_counter() - began
        await voice.close()
        return type(voice).__name__, took

    name, took = asyncio.run(speak())
    return f"{name}, a short answer takes {took * 1000:.0f} ms"


CHECKS: tuple[tuple[str, str, Callable[[Config], str]], ...] = (
    ("models", "keepmum-ears", _models),
    ("names", "keepmum-ears", _names),
    ("sentences", "keepmum-ears", _sentences),
    ("recognizer", "keepmum-ears", recognizing.check),
    ("microphone", "keepmum-ears", _microphone),
    ("loudspeaker", "keepmum-hands", _loudspeaker),
    ("voice", "keepmum-hands", _voice),
    ("state", "keepmum-hands", services.state),
    ("names aloud", "", around.names_aloud),
    ("home", "keepmum-hands", around.home),
    ("music", "keepmum-hands", around.music),
    ("own commands", "keepmum-commands", around.own_commands),
)
"""What is looked at, as which user where there is one, and how; each needs those before it."""


def _results(settings: Config, console: Console) -> Iterator[Finding]:
    # refreshed by hand: a thread that draws would be in the way of forking
    with Progress(console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("Looking", total=len(CHECKS))
        for what, user, check in CHECKS:
            progress.update(task, description=what, refresh=True)
            yield _result(what, user, partial(check, settings))
            progress.advance(task)


def _result(what: str, user: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, services.as_user(user, check))
    except KeepmumError as error:
        return Finding(what, False, str(error), error.remedy)
    except OSError as error:  # what a service would end of, said in the system's words
        return Finding(what, False, f"{error.strerror}: {error.filename or 'no file'}", "")
