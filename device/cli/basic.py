"""keepmum config: small commands for a person at a terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax

from device import config as configuration
from device.cli.run import ConfigFile
from device.config.text import dump

app = typer.Typer()


@app.command("config")
def show_config(
    config_file: ConfigFile = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without the meanings.")] = False,
) -> None:
    """Print every setting in force, with what it means and its limits."""
    text = dump(configuration.load(config_file), comments=not bare)
    console = Console()
    console.print(Syntax(text, "toml", background_color="default") if console.is_terminal else text)
