"""The command line: every group of commands in one place, each from its own module."""

from __future__ import annotations

import typer

from device.commands import (
    basic,
    demo,
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
    watch,
)
from device.errors import KeepmumError

GROUPS = {"models": models.app, "sentences": sentences.app}
"""Commands that have commands of their own."""
SINGLES = (
    run.app,
    demo.app,
    doctor.app,
    say.app,
    mute.app,
    prove.app,
    watch.app,
    listen.app,
    learn_names.app,
    ledger.app,
    report.app,
    export.app,
    forget.app,
    basic.app,
)
"""Modules whose commands stand on their own, in the order in which --help shows them."""

app = typer.Typer(
    help="keepmum: a voice speaker that runs on one Raspberry Pi and keeps mum about you.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for each in SINGLES:
    app.registered_commands += each.registered_commands
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def run_cli() -> int:
    """Run the command named on the command line; known errors are the caller's to show."""
    try:
        code = app(standalone_mode=False)
    except typer.Exit as end:
        return int(end.exit_code)
    except KeepmumError:
        raise
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()  # a wrong option or a missing argument, in click's words
        return int(getattr(error, "exit_code", 2))
    return int(code or 0)
