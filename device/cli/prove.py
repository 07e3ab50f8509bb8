"""keepmum prove: the five promises, looked at from outside, attacked from inside, searched for.

Three looks. The running processes are examined through the kernel. Escapes are tried from a process
that is sealed as ears are. A second pair of ears hears sound that is known sample by sample, and
the memory of all its processes is searched for it.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from device import config
from device.cli.proving import looks
from device.cli.run import ConfigFile
from device.data import proof
from device.errors import PromiseBroken, PromiseUnchecked
from device.seal.evidence import PROMISES, Finding, Verdict

app = typer.Typer()
NOT_PROMISED = (
    "Not checked, because no program can: a rooted machine, firmware in the microphone, the "
    "kernel's own buffers, side channels of the processor. A switch in the cable answers those."
)
_MARKS = {
    Verdict.HOLDS: "[green]holds",
    Verdict.WEAKER: "[yellow]weaker",
    Verdict.BROKEN: "[bold red]BROKEN",
    Verdict.UNCHECKED: "[yellow]not checked",
}


@app.command("prove")
def prove(
    config_file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    rehearse: Annotated[
        bool, typer.Option(help="Search the memory of a second pair of ears (a minute).")
    ] = True,
) -> int:
    """Prove the five promises on this speaker: promise, evidence, verdict; code 0 if all were
    checked and hold."""
    settings = config.load(config_file)
    console = Console(stderr=as_json)
    console.print("Looking, attempting, listening: about a minute.", style="dim")
    # no spinner: it would be a thread, and the rehearsal forks
    findings = list(looks(settings, rehearse))
    records = [f.as_record() for f in findings]
    proof.remember(Path(settings.service.state), records, datetime.now().astimezone())
    if as_json:
        print(json.dumps(records, indent=1))
    else:
        _print(console, findings)
    counts = Counter(f.verdict for f in findings)
    if counts[Verdict.BROKEN]:
        raise PromiseBroken(count=counts[Verdict.BROKEN])
    if counts[Verdict.UNCHECKED]:
        raise PromiseUnchecked(count=counts[Verdict.UNCHECKED])
    return 0


def _print(console: Console, findings: list[Finding]) -> None:
    for number, text in PROMISES.items():
        mine = [f for f in findings if f.promise == number]
        console.print(f"\n[bold]{number}. {text}")
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for f in mine:
            table.add_row(_MARKS[f.verdict], f.what, f"[dim]{f.evidence}")
        console.print(table)
    counts = {v: sum(f.verdict is v for f in findings) for v in Verdict}
    said = ", ".join(f"{n} {v.value}" for v, n in counts.items() if n)
    console.print(f"\n{NOT_PROMISED}", style="dim")
    console.print(f"[bold]{said}.")
