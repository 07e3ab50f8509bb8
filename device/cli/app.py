"""The command line: every group of commands in one place, each from its own module."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from device.cli import (
    basic,
    demo,
    devices,
    doctor,
    export,
    forget,
    learn_names,
    ledger,
    listen,
    models,
    mute,
    prove,
    report,
    run,
    say,
    sentences,
    setup,
    upgrade,
    watch,
)
from device.cli import (
    help as manual,
)
from device.errors import KeepmumError

PANELS = {
    "The speaker": (run.app, demo.app, watch.app, mute.app, say.app),
    "Is all well?": (doctor.app, prove.app, listen.app),
    "Your data": (ledger.app, report.app, export.app, forget.app),
    "Setting up": (setup.app, devices.app, basic.app, learn_names.app, upgrade.app, manual.app),
}
"""Modules whose commands stand on their own, under the headings of --help."""
GROUPS = {"models": models.app, "sentences": sentences.app}
"""Commands that have commands of their own; for setting up."""

app = typer.Typer(
    help="keepmum: a voice speaker that runs on one Raspberry Pi and keeps mum about you.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if show:
        print(f"keepmum {version('keepmum')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


for heading, modules in PANELS.items():
    for module in modules:
        for command in module.registered_commands:
            command.rich_help_panel = heading
        app.registered_commands += module.registered_commands
for name, group in GROUPS.items():
    app.add_typer(group, name=name, rich_help_panel="Setting up")


def run_cli() -> int:
    """Run the command named on the command line; known errors are the caller's to show."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as end:
        return int(end.exit_code)
    except typer.Abort:
        return 130
    except KeepmumError:
        raise
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()  # a wrong option or a missing argument, in click's words
        return int(getattr(error, "exit_code", 2))
    return int(code or 0)
