"""keepmum say: understand a text and act on it, as if it had been heard; no sound is taken in.

The text is matched here; what is left of it, an intent with numbers, goes to real hands as the
letters that ears would write. These hands live as long as this command and keep their own state.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config, names, service
from device.cli.run import ConfigFile
from device.config import Config
from device.config.text import dump
from device.errors import NoAnswer, NotUnderstood
from device.events import DESCRIPTOR
from device.language.matcher import Matcher
from device.letter import Command, Ended, Hello, Woke, pack
from device.mind.types import BUTTON, Outcome, Request
from device.names import sentences
from device.service import FIRST_PASSED
from device.standalone.supervisor import Process
from device.standalone.timeline import JournalPipe, Timeline

app = typer.Typer()
ANSWER_S = 15.0


@app.command("say")
def say(
    text: Annotated[str, typer.Argument(help='Such as "set a timer for ten minutes".')],
    config_file: ConfigFile = None,
) -> int:
    """Understand TEXT and act on it; nothing is heard."""
    settings = config.load(config_file)
    table = names.in_force(settings)
    request = Matcher(sentences.load(settings, table)).match(text.split())
    if request is None:
        raise NotUnderstood(text=text)
    timeline = Timeline(Console(), (), table)
    with tempfile.TemporaryDirectory(prefix="keepmum-say-") as folder:
        return _act(request, _placed(settings, Path(folder)), Path(folder), timeline)


def _placed(settings: Config, folder: Path) -> Config:
    moved = dataclasses.replace(
        settings.service, socket=str(folder / "letters.sock"), state=str(folder / "state")
    )
    return dataclasses.replace(settings, service=moved)


def _act(request: Request, settings: Config, folder: Path, timeline: Timeline) -> int:
    file = folder / "keepmum.toml"
    file.write_text(dump(settings, comments=False), encoding="utf-8")
    file.chmod(0o600)
    journal = JournalPipe()
    letters = service.listen(settings.service.socket)
    hands = Process(
        "hands",
        ["--config", str(file)],
        {"journal": journal.given},
        {DESCRIPTOR: str(FIRST_PASSED)},
    )
    hands.start()
    try:
        door = service.accept(letters.fileno())
        digest = names.in_force(settings).digest
        for letter in (
            Hello(int.from_bytes(os.urandom(8)), digest),
            Woke(1, BUTTON, 0),
            Command(1, request),
            Ended(1, Outcome.COMMAND, 0),
        ):
            os.write(door, pack(letter))
        over = journal.until(
            lambda event: event["event"] in ("hushed", "refused"), ANSWER_S, timeline.show
        )
        if over is None:
            raise NoAnswer(seconds=ANSWER_S)
        os.close(door)
        return 0
    finally:
        hands.end()
        letters.close()
        journal.close()
