"""keepmum doctor: every start-up check at once, with the mend beside what is wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from device import config, names
from device.cli import around
from device.cli.run import ConfigFile
from device.cli.units import ears_paused
from device.config import Config
from device.ears.capture.echo import Echo
from device.errors import KeepmumError
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
    checks: tuple[tuple[str, Callable[[Config], str]], ...] = (
        ("models", _models),
        ("names", _names),
        ("sentences", _sentences),
        ("microphone", _microphone),
        ("loudspeaker", _loudspeaker),
        ("voice", _voice),
        ("sockets", _sockets),
        ("names aloud", around.names_aloud),
        ("home", around.home),
        ("music", around.music),
        ("own commands", around.own_commands),
    )
    for what, check in track(checks, "Looking", console=console, transient=True):
        try:
            yield Finding(what, True, check(settings))
        except KeepmumError as error:
            yield Finding(what, False, str(error), error.remedy)


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
    faults = f", {len(loaded.faults)} faults: `keepmum sentences check`" if loaded.faults else ""
    return f"{len(loaded.graph)} states of the word graph in {took:.1f} s{faults}"


def _microphone(settings: Config) -> str:
    from device.ears.capture.microphone import Channels, open_microphone

    with ears_paused() as paused:
        opened = open_microphone("", settings.microphone.device, Channels.of(settings.microphone))
        power, references = 0.0, list[str]()
        try:
            for _ in range(frames(LISTEN_S)):
                power += float(np.mean(opened.read().astype(np.float32) ** 2))
                references.append(_reference(opened.echo))
        finally:
            opened.close()
    level = 10 * np.log10(power / frames(LISTEN_S) / 32768.0**2 + 1e-10)
    if level < QUIET_DB:
        judged = "nothing but silence: is it muted or turned down?"
    else:
        judged = "too loud: turn the capture level down" if level > LOUD_DB else "a good level"
    reference = Counter(references).most_common(1)[0][0]
    return f"{level:.0f} dB, {judged}{reference}{' (ears were paused for it)' if paused else ''}"


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

    opened = sink(settings.sound)
    opened.open()
    opened.close()
    return settings.sound.output if settings.sound.output != "auto" else str(settings.sound.device)


def _voice(settings: Config) -> str:
    import asyncio

    from device.hands.house import default_voice

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


def _sockets(settings: Config) -> str:
    path = Path(settings.service.socket)
    return f"{path} {'is there' if path.is_socket() else 'is not there: no service is running'}"
