"""keepmum devices, config, say: small commands for a person at a terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax

from device import config as configuration
from device.cli.run import ConfigFile
from device.config.text import dump
from device.portaudio import listed

app = typer.Typer()


@app.command("devices")
def devices() -> None:
    """The microphones and loudspeakers that keepmum can use, by index and name."""
    console = Console()
    for title, found in (("microphones", listed("Input")), ("loudspeakers", listed("Output"))):
        console.print(f"[bold]{title}")
        for index, name in found:
            console.print(f"  {index:3}  {name}")
        if not found:
            console.print("  none")


@app.command("config")
def show_config(
    config_file: ConfigFile = None,
    bare: Annotated[bool, typer.Option("--bare", help="Without the meanings.")] = False,
) -> None:
    """Print every setting in force, with what it means and its limits."""
    text = dump(configuration.load(config_file), comments=not bare)
    console = Console()
    console.print(Syntax(text, "toml", background_color="default") if console.is_terminal else text)
