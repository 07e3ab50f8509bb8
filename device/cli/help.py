"""keepmum help: the pages of device/docs in the terminal, and manual pages made from them."""

from __future__ import annotations

import difflib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

from device.errors import NoSuchPage

app = typer.Typer()

NARROW = 80
"""Wider than this a page is tiring to read."""


def pages() -> dict[str, str]:
    """Every page by its topic: Markdown as it lies in the package."""
    folder = resources.files("device") / "docs"
    found: list[Traversable] = [p for p in folder.iterdir() if p.name.endswith(".md")]
    return {
        page.name.removesuffix(".md"): page.read_text(encoding="utf-8")
        for page in sorted(found, key=lambda page: page.name)
    }


def title_of(page: str) -> str:
    """The heading of a page."""
    return page.splitlines()[0].removeprefix("# ")


@app.command("help")
def show_help(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(help="A page; none: what there is to read.")] = "",
    manual: Annotated[
        Path | None,
        typer.Option(help="Write keepmum.1 and keepmum.toml.5 into this folder.", hidden=True),
    ] = None,
) -> None:
    """The manual, page by page: install, settings, what can be said, what to do when it fails."""
    if manual is not None:
        from device.cli.manual import write

        for file in write(manual, context.find_root().command):
            print(file)
        return
    there = pages()
    console = Console()
    if not topic:
        console.print(_contents(there))
        return
    if topic not in there:
        near = difflib.get_close_matches(topic, there, n=1)
        raise NoSuchPage(topic=topic, hint=f"; did you mean {near[0]}?" if near else "")
    console = Console(width=min(console.width, NARROW)) if console.is_terminal else console
    console.print(Markdown(_readable(there[topic])))


def _contents(there: dict[str, str]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for topic, page in there.items():
        table.add_row(f"keepmum help [bold]{topic}", title_of(page))
    return table


def _readable(page: str) -> str:
    """A page without the marks around its tables."""
    return "\n".join(line for line in page.splitlines() if not line.startswith("<!--"))
