"""keepmum say: understand a text and have the running speaker act on it; no sound is taken in.

The text is matched here; what is left of it, an intent with numbers, goes to the hands over the
local socket, and passes their permits as a letter does. Where no speaker runs, hands are started
for this one request: they know no home and keep nothing, so that timers are not theirs to set.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config, names
from device.cli import reach
from device.cli.run import ConfigFile
from device.config import Config
from device.config.text import dump
from device.errors import HandsSilent, NeedsSpeaker, NoAnswer, NotUnderstood
from device.language.matcher import Matcher
from device.mind.types import Intent, Request
from device.names import sentences
from device.sockets import client
from device.standalone.supervisor import Process

app = typer.Typer()
ANSWER_S = 30.0
READY_S = 15.0
RING = tuple(i for i in Intent if i.name.startswith(("TIMER_", "ALARM_", "ANNOUNCE")))


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
    record = {
        "ask": "act",
        "intent": request.intent,
        "slots": [[int(slot), value] for slot, value in request.slots],
        "names": table.digest.hex(),
    }
    try:
        path = reach.connected(settings, {"ask": "nothing"})
    except HandsSilent:
        _alone(request, record, settings)
    else:
        _ask(path, record)
    return 0


def _ask(path: Path, record: dict[str, object]) -> None:
    """Have the hands at `path` act; prints the reply, and returns when it was said.

    Raises NoAnswer, HandsSilent, and what the hands answer with.
    """
    console = Console()
    with client.ask(path, record) as hands, hands.makefile("rb") as lines:
        hands.settimeout(ANSWER_S)
        try:
            for line in lines:
                reply = client.understood(line)
                if "reply" in reply:
                    console.print(reply["text"] or f"({reply['reply']})", highlight=False)
                if reply.get("question"):
                    console.print('[dim]Answer it within a minute: `keepmum say "yes"`.')
                if "heard" in reply:
                    return
        except TimeoutError as error:
            raise NoAnswer(seconds=ANSWER_S) from error
    raise HandsSilent(socket=path)


def _alone(request: Request, record: dict[str, object], settings: Config) -> None:
    """Without a running speaker: hands of our own, for this request alone. Raises NeedsSpeaker."""
    if request.intent in RING:
        raise NeedsSpeaker
    Console(stderr=True).print(
        "[dim]No speaker runs here: done without one. Home, timers and alarms need one."
    )
    with (
        tempfile.TemporaryDirectory(prefix="keepmum-say-") as folder,
        _hands(settings, Path(folder)) as path,
    ):
        _ask(path, record)


@contextmanager
def _hands(settings: Config, folder: Path) -> Iterator[Path]:
    """Hands that answer at a socket of ours and that the home hears nothing of."""
    service = dataclasses.replace(
        settings.service,
        socket=str(folder / "letters.sock"),
        state=str(folder / "state"),
        ask=str(folder / "ask.sock"),
    )
    home = dataclasses.replace(settings.home, broker="")
    file = folder / "keepmum.toml"
    moved = dataclasses.replace(settings, service=service, home=home)
    file.write_text(dump(moved, comments=False), encoding="utf-8")
    file.chmod(0o600)
    hands = Process("hands", ["--config", str(file)])
    hands.start()
    try:
        _wait_for(Path(service.ask), hands)
        yield Path(service.ask)
    finally:
        if hands.pid:
            hands.end()


def _wait_for(path: Path, hands: Process) -> None:
    """Until hands answer; raises NoAnswer if they don't, or end."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and not hands.reap():
        try:
            client.ask(path, {"ask": json.dumps(None)}).close()
        except HandsSilent:
            time.sleep(0.05)
        else:
            return
    raise NoAnswer(seconds=READY_S)
