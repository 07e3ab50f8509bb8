"""keepmum forget: end what is kept, all of it, or since a time, or one kind."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from device import config
from device.cli import reach
from device.config import Config
from device.data import forget, inventory
from device.data.export import Places
from device.data.forget import FLASH, Wish
from device.errors import HandsSilent, NotAllowed

app = typer.Typer()


@app.command("forget")
def forget_command(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"{', '.join(inventory.kinds())}; none: everything.", show_default=False
        ),
    ] = None,
    since: Annotated[
        str, typer.Option(help="Only what is as new as this: 2h, 3d, today, 2026-11-22T15:30.")
    ] = "",
    factory: Annotated[
        bool, typer.Option("--factory", help="Settings too: back to the first start (root).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="Settings file.", show_default=False)
    ] = None,
) -> None:
    """End what is kept. Afterwards its bytes are in no file of the speaker."""
    console = Console()
    settings = config.load(config_file)
    if factory:
        _factory(console, settings, reach.places_of(settings, config_file), yes=yes)
        return
    wish = _wish(kinds or [], since)
    if not yes and not reach.agreed(f"{_question(wish, since)}?", "--yes"):
        console.print("Nothing was forgotten.")
        return
    _carry_out(console, settings, wish)
    console.print(f"\n[dim]{FLASH}[/dim]")


def _wish(kinds: list[str], since: str) -> Wish:
    unknown = [k for k in kinds if k not in inventory.kinds()]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]}: there is {', '.join(inventory.kinds())}")
    moment = reach.moment(since, datetime.now().astimezone()) if since else 0
    return Wish(tuple(kinds) or inventory.kinds(), moment)


def _question(wish: Wish, since: str) -> str:
    what = (
        "everything that is kept"
        if set(wish.kinds) >= set(inventory.kinds())
        else " and ".join(wish.kinds)
    )
    return f"Forget {what}{f' since {since}' if since else ''}, for good"


def _carry_out(console: Console, settings: Config, wish: Wish) -> None:
    request = {"ask": "forget", "kinds": list(wish.kinds), "since": wish.since}
    try:
        done = reach.answer(settings, request)
        rows, left = done["rows"], done["left"]
    except HandsSilent:
        state = reach.state_of(settings)
        reach.must_own(state)
        forgotten = forget.forget(state, wish)
        rows, left = forgotten.rows, list(forgotten.left)
    undated = [str(kind) for kind in left] if isinstance(left, list) else []
    gone = [kind for kind in wish.kinds if kind not in undated]
    counted = f" ({rows} rows)" if "ledger" in gone else ""
    console.print(f"Forgotten: {', '.join(gone).replace('ledger', f'ledger{counted}', 1)}.")
    if undated:
        console.print(
            f"Left as they are, because they bear no date: {', '.join(undated)}."
            " `keepmum forget KIND` ends them."
        )


def _factory(console: Console, settings: Config, places: Places, *, yes: bool) -> None:
    """Back to the first start: state, settings, names, sentences and passwords."""
    reach.must_be_stopped(settings)
    folder = places.settings.parent
    reach.must_own(places.state, folder)
    if os.geteuid() != 0 and folder == config.DEFAULT_PATH.parent:
        raise NotAllowed(who="This user", what="return the speaker to its first start")
    console.print(f"Every file in {places.state} and {folder} will be gone: settings, names,")
    console.print(
        "sentences, passwords, timers, lists, ledger. The microphone stays muted if it is."
    )
    if not yes and not reach.agreed("Return to the first start", "--yes"):
        console.print("Nothing was forgotten.")
        return
    gone = forget.factory([f for f in (places.state, folder) if f.is_dir()])
    console.print(f"Forgotten: {len(gone)} files. The next start is a first start.")
    console.print(f"\n[dim]{FLASH}[/dim]")
