"""keepmum ledger: every time sound was taken in, as a table, JSON or CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from device import config
from device.cli import reach
from device.data.export import to_csv
from device.data.ledgerreader import Row, Summary, View, local, midnight
from device.data.ledgerwriter import now_ms

app = typer.Typer()
STYLES = {"command": "green", "nothing said": "yellow", "not understood": "yellow"}


@app.command("ledger")
def show(
    config_file: Annotated[
        Path | None, typer.Option("--config", help="Settings file.", show_default=False)
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="List the rows of so many days.")] = 1,
    false_wakes: Annotated[
        bool, typer.Option("--false-wakes", help="List only what woke it for nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All of it, for machines.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="All rows, for a spreadsheet.")] = False,
) -> None:
    """Every time sound was taken in: when, why, for how long, and when it was forgotten."""
    view = reach.view(config.load(config_file))
    if as_json:
        typer.echo(json.dumps(view.record(), ensure_ascii=False, indent=1))
    elif as_csv:
        typer.echo(to_csv(view), nl=False)
    else:
        _print(view, days, false_wakes=false_wakes)


def _print(view: View, days: int, *, false_wakes: bool) -> None:
    console = Console()
    now = now_ms()
    console.print(sums(view, now))
    since = midnight(now, days - 1)
    rows = [r for r in view.rows if r.at >= since and (r.false_wake or not false_wakes)]
    console.print()
    console.print(listing(rows) if rows else f"Nothing was taken in {_span(days)}.", style="none")
    for line in warnings(view):
        console.print(line)


def _span(days: int) -> str:
    return "today" if days == 1 else f"in these {days} days"


def sums(view: View, now: int) -> Table:
    """Today, this week and all that is kept, in numbers."""
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column("")
    for heading in ("woke", "commands", "false wakes", "taken in", "not seen"):
        table.add_column(heading, justify="right")
    spans = {"today": midnight(now), "this week": midnight(now, local(now).weekday())}
    for name, since in spans.items():
        table.add_row(name, *_figures(view.summary(since)))
    table.add_row("all that is kept", *_figures(view.summary()))
    return table


def _figures(s: Summary) -> tuple[str, ...]:
    unseen = str(s.unseen) + ("+?" if s.unknown_gaps else "")
    missed = f"[red]{unseen}[/red]" if s.unseen or s.unknown_gaps else "[green]0[/green]"
    seconds = f"{s.seconds:.0f} s" if s.seconds < 600 else f"{s.seconds / 60:.0f} min"
    return str(s.activations), str(s.commands), str(s.false_wakes), seconds, missed


def listing(rows: list[Row]) -> Table:
    """One line for each activation."""
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for heading in ("woke", "by"):
        table.add_column(heading, no_wrap=True)
    for heading in ("score", "taken in"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what came of it")
    table.add_column("forgotten", justify="right", no_wrap=True)
    for row in rows:
        style = STYLES.get(str(row.record()["outcome"]), "red")
        table.add_row(
            f"{local(row.at):%d %b %H:%M:%S}",
            row.word or "?",
            "" if row.score is None else f"{row.score}/15",
            "" if row.tenths is None else f"{row.tenths / 10:.1f} s",
            f"[{style}]{row.text or row.done}[/{style}]",
            "" if row.forgotten is None else f"{(row.forgotten - row.at) / 1000:.1f} s on",
        )
    return table


def warnings(view: View) -> list[str]:
    """What the owner should know: gaps and faults, the newest last."""
    lines = []
    for gap in view.gaps:
        count = "an unknown number of" if gap.count is None else str(gap.count)
        lines.append(
            f"[red]{local(gap.at):%a %d %b %H:%M}  {count} activations were not seen[/red]"
        )
    for trouble in view.troubles:
        lines.append(f"[yellow]{local(trouble.at):%a %d %b %H:%M}  {trouble.name}[/yellow]")
    return lines
