"""keepmum run: ears and hands in this terminal, without systemd."""

from __future__ import annotations

import dataclasses
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config, names, soundcards
from device.cli import reach
from device.config import Config
from device.config.text import dump
from device.ears.capture.microphone import Channels, FileMicrophone
from device.errors import AnotherSpeaker, KeepmumError, WrongSound
from device.standalone.supervisor import RESTART_S, Process, Supervisor
from device.standalone.timeline import JournalPipe, Timeline

app = typer.Typer()
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file.", show_default=False)
]
BY_SERVER = (
    "Sound comes through this machine's sound server: promise 4 has less behind it here, since a"
    " server can be told to pass sound on. On the speaker, ears open the card itself."
)
IN_VAIN = (*range(10, 30), WrongSound.exit_code, AnotherSpeaker.exit_code)
"""Codes of settings, models and what else is the same at the next start: they have said so."""
QUIET_S = 3.0
"""A file is over when nothing has happened for this long."""


@app.command("run")
def run(
    config_file: ConfigFile = None,
    source: Annotated[
        str, typer.Option("--input", help="A WAV file (16 kHz mono) instead of the microphone.")
    ] = "",
) -> int:
    """Listen and answer in this terminal, until Ctrl-C or the end of the file."""
    settings = config.load(config_file)
    if source:
        readable(source, settings)
    with stage(settings, source=source) as scene:
        words = tuple(w.name for w in settings.wake.all_words())
        timeline = Timeline(Console(), words, names.in_force(settings))
        if not source and by_server(settings):
            timeline.console.print(f"[yellow]{BY_SERVER}")
        timeline.console.print("[dim]Ctrl-C ends it.")
        return _watch(scene, timeline, over_with_ears=bool(source))


def readable(source: str, settings: Config) -> None:
    """Raise WrongSound if ears could not read it: asked once, before they would say so for ever."""
    if not Path(source).is_fifo():
        FileMicrophone(Path(source), Channels.of(settings.microphone)).close()


def by_server(settings: Config) -> bool:
    """Whether the microphone of the settings is a sound server's."""
    chosen = soundcards.chosen(settings.service.cards).get("microphone", "")
    try:
        return soundcards.meant("Input", settings.microphone.device, chosen) is None
    except KeepmumError:
        return False


@dataclasses.dataclass
class Scene:
    """A running pair of ears and hands, and their journal."""

    supervisor: Supervisor
    journal: JournalPipe
    folder: Path


@contextmanager
def stage(settings: Config, *, source: str = "") -> Iterator[Scene]:
    """Ears and hands of these settings, with sockets and, if need be, state in a folder of ours."""
    with tempfile.TemporaryDirectory(prefix="keepmum-") as made:
        folder = Path(made)
        file = folder / "keepmum.toml"
        file.write_text(dump(_placed(settings, folder), comments=False), encoding="utf-8")
        file.chmod(0o600)
        journal = JournalPipe()
        supervisor = Supervisor(
            folder / "letters.sock",
            file,
            source=source,
            journal=journal.given,
            own_commands=bool(settings.command),
        )
        try:
            supervisor.start()
            yield Scene(supervisor, journal, folder)
        finally:
            supervisor.stop()
            journal.close()


def _placed(settings: Config, folder: Path) -> Config:
    """The settings with the letter socket in `folder`; state too where it can't be kept else."""
    service = dataclasses.replace(
        settings.service,
        socket=str(folder / "letters.sock"),
        commands_socket=str(folder / "commands.sock"),
        ask=str(_ours(Path(settings.service.ask), reach.own_socket())),
        state=str(_ours(Path(settings.service.state), reach.own_state())),
    )
    # the panel is the service's: its lamp shows what the service's ears do
    panel = dataclasses.replace(settings.panel, lamp_socket="")
    return dataclasses.replace(settings, service=service, panel=panel)


def _ours(path: Path, otherwise: Path) -> Path:
    """`path` if this user can make or change it, else another place."""
    there = next(p for p in (path, *path.parents) if p.exists())
    return path if os.access(there if there.is_dir() else path.parent, os.W_OK) else otherwise


def _watch(scene: Scene, timeline: Timeline, *, over_with_ears: bool) -> int:
    """Show events and keep both processes running; the exit code when it is over."""
    with _terminated() as ending:
        last = time.monotonic()
        ears_over = False
        while not ending.is_set:
            for event in scene.journal.events(0.25):
                last = time.monotonic()
                timeline.show(event)
            for process in scene.supervisor.ended():
                if process.name == "ears" and over_with_ears and process.code == 0:
                    ears_over = True
                elif not _again(process, timeline.console):
                    return process.code or 1
            if ears_over and time.monotonic() - last > QUIET_S:
                return 0
    return 0


def _again(process: Process, console: Console) -> bool:
    """Start a process again, as its unit would; not one that can't even begin."""
    lived = time.monotonic() - process.started
    if process.code in IN_VAIN:
        return False
    console.print(f"[red]{process.name} ended with {process.code}; starting again.")
    if lived < RESTART_S:
        time.sleep(RESTART_S - lived)
    process.start()
    return True


class _Ending:
    """Set by a signal."""

    is_set = False


@contextmanager
def _terminated() -> Iterator[_Ending]:
    ending = _Ending()
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: setattr(ending, "is_set", True))
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
