"""keepmum report: what is kept and what was taken in, as one HTML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config
from device.cli import reach
from device.data.ledgerwriter import now_ms
from device.data.report import page
from device.data.report.facts import Facts

app = typer.Typer()


@app.command("report")
def report_command(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("keepmum-page.html"),
    days: Annotated[int, typer.Option(min=1, max=366, help="Days to show.")] = 30,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="Settings file.", show_default=False)
    ] = None,
) -> None:
    """What is kept, what was taken in and what came of it, as one HTML file for any browser."""
    settings = config.load(config_file)
    view = reach.view(settings)
    amounts, proof = reach.kept(settings)
    facts = Facts(
        speaker=settings.general.name,
        now=now_ms(),
        days=days,
        keep_days=settings.ledger.keep_days,
        texts=settings.ledger.texts,
        home=bool(settings.home.broker),
        view=view,
        amounts=amounts,
        proof=proof,
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(page.page(facts))
    Console().print(f"{file}: open it in a browser. It holds what the ledger holds; keep it so.")
