"""keepmum watch: what the speaker is doing, live, in the terminal; letters are all there is to see.

No level and no score: those are `keepmum listen`'s, which stops the service for as long.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from device import config
from device.cli import reach
from device.cli.watched import Scene, Waking, clock
from device.config import Config
from device.data.describe import DAYS, duration
from device.errors import HandsSilent, KeepmumError
from device.panel import protocol
from device.sockets import client

app = typer.Typer()
REFRESH_S = 0.5
NARROW = 64
"""Columns; a table of five is not readable in fewer."""
STATES = {
    "listening": ("listening", "bold white on dark_cyan"),
    "thinking": ("thinking", "bold white on dark_blue"),
    "ringing": ("ringing", "bold black on yellow"),
    "speaking": ("speaking", "bold white on purple4"),
    "asleep": ("asleep", "dim"),
    "muted": ("muted: no process exists that could hear", "bold white on red"),
    "deaf": ("deaf", "bold white on red"),
    "away": ("the ears are away: muted, or starting", "bold white on dark_orange3"),
}


@app.command("watch")
def watch(
    config_file: Annotated[
        Path | None, typer.Option("--config", help="Settings file.", show_default=False)
    ] = None,
) -> None:
    """What the speaker is doing, live: state, wakings, what was done, timers, faults."""
    settings = config.load(config_file)
    console = Console()
    path = reach.connected(settings, {"ask": "nothing"})
    if not console.is_terminal:
        for record in events(path, None):
            console.print(line_of(record), soft_wrap=True, highlight=False)
        return
    _live(console, path, settings)


def _live(console: Console, path: Path, settings: Config) -> None:
    scene = Scene()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        for record in events(path, REFRESH_S):
            scene.take(record)
            scene.muted = muted(settings)
            live.update(picture(scene), refresh=True)


def events(path: Path, timeout: float | None) -> Iterator[dict[str, Any]]:
    """Records as they come, over every restart of the hands; see `records`.

    Raises NotAllowed, and whatever error the hands answer with.
    """
    away = False
    while True:
        try:
            with client.ask(path, {"ask": "watch"}) as hands:
                for record in records(hands, timeout):
                    away = False
                    yield record
        except (HandsSilent, ConnectionError):
            pass
        if not away:
            away = True
            yield {"event": "away", "at": time.time()}
        elif timeout is not None:
            yield {}
        time.sleep(REFRESH_S)


def records(hands: socket.socket, timeout: float | None) -> Iterator[dict[str, Any]]:
    """Records as they come; an empty one after every `timeout` without any."""
    buffer = b""
    while True:
        ready, _, _ = select.select([hands], [], [], timeout)
        if not ready:
            yield {}
            continue
        more = hands.recv(65536)
        if not more:
            return
        *lines, buffer = (buffer + more).split(b"\n")
        yield from (client.understood(line) for line in lines)


def muted(settings: Config) -> bool:
    """Whether the panel says that it is; False where there is none, or this user may not ask."""
    try:
        return protocol.ask(settings.panel.socket, protocol.STATE)
    except KeepmumError:
        return False


def line_of(record: dict[str, Any]) -> str:
    """An event as a line, where there is no terminal to draw on."""
    rest = ", ".join(f"{k} {v}" for k, v in record.items() if k not in ("event", "at"))
    return f"{clock(record['at'])}  {record['event']}  {rest}"


def picture(scene: Scene) -> RenderableType:
    """The whole view."""
    word, style = STATES[scene.state()]
    head = Text.assemble(
        (f" {scene.house.get('speaker', 'keepmum')} ", "bold"), " ", (f" {word} ", style)
    )
    if scene.house:
        silent = ", silenced" if scene.house["silent"] else ""
        head.append(f"   volume\N{NO-BREAK SPACE}{scene.house['volume']}\N{NO-BREAK SPACE}%", "dim")
        head.append(silent, "dim")
    if trouble := scene.house.get("trouble"):
        head.append("\n" + "; ".join(trouble), "bold red")
    parts: list[RenderableType] = [head, "", _Wakings(scene)]
    if timers := _timers(scene):
        parts += ["", timers]
    if scene.faults:
        parts += ["", Text("\n".join(scene.faults), "red")]
    if scene.house and not scene.house["ledger"].startswith("The ledger is being"):
        parts += ["", Text(scene.house["ledger"], "bold red")]
    return Panel(Group(*parts), border_style="dim", subtitle="Ctrl-C ends this", padding=(1, 2))


@dataclass(frozen=True)
class _Wakings:
    """What was taken in: a table, or a few lines each where the terminal is too narrow for one."""

    scene: Scene

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        if not self.scene.wakings:
            yield Text("Nothing was taken in since this view was opened.", "dim")
        elif options.max_width < NARROW:
            yield from (_in_lines(w) for w in self.scene.wakings)
        else:
            yield _as_table(self.scene)


def _came_of(w: Waking) -> tuple[Text, str]:
    """What was understood, or why nothing was; and for how long sound was taken in."""
    what = w.what or (w.outcome if w.outcome != "command" else "")
    seconds = "…" if w.seconds is None else f"{w.seconds:.1f} s, forgotten"
    return Text(what, "green" if w.what else "yellow"), seconds


def _in_lines(w: Waking) -> Text:
    what, seconds = _came_of(w)
    first = Text.assemble(f"{clock(w.at)}  {w.word}  ", (seconds, "dim"))
    rest = [line for line in (what, Text(w.did)) if line.plain]
    return Text("\n").join([first, *(Text("  ") + line for line in rest)])


def _as_table(scene: Scene) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", expand=False)
    for heading in ("woke", "by", "understood", "did", "taken in"):
        table.add_column(heading, overflow="fold")
    for w in scene.wakings:
        what, seconds = _came_of(w)
        table.add_row(clock(w.at), w.word, what, w.did, Text(seconds, "dim"))
    return table


def _timers(scene: Scene) -> RenderableType | None:
    passed = time.monotonic() - scene.house_at
    rows = []
    for timer in scene.house.get("timers", ()):
        left = timer["left"] - (0 if timer["paused"] else passed)
        note = "paused" if timer["paused"] else ("due" if left <= 0 else "")
        rows.append((timer["name"] or "timer", duration(left), note))
    for _, minutes, days, _, snoozed in scene.house.get("alarms", ()):
        on = " ".join(d for i, d in enumerate(DAYS) if days >> i & 1)
        rows.append(("alarm", f"{minutes // 60}:{minutes % 60:02d}", "snoozed" if snoozed else on))
    if not rows:
        return None
    table = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    for name, when, note in rows:
        table.add_row(name, Text(when, "bold cyan"), Text(note, "dim"))
    return table
