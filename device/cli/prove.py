"""keepmum prove: the five promises, looked at from outside, attacked from inside, searched for.

Three looks. The running processes are examined through the kernel. Escapes are tried from a process
that is sealed as ears are. A second pair of ears hears sound that is known sample by sample, and
the memory of all its processes is searched for it.
"""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from device import config
from device.cli.run import ConfigFile
from device.config import Config
from device.data import proof
from device.errors import KeepmumError, PromiseBroken
from device.hands.guard import FAULTS_PER_HOUR, LETTERS_PER_ACTIVATION
from device.mind.types import FRAME_SAMPLES, RATE
from device.seal import capacity, trying
from device.seal.evidence import PROMISES, Finding, Verdict, found
from device.seal.examine import examine, running
from device.seal.scan import Found, Searcher, canary
from device.standalone.rehearsal import Rehearsal, Sound, mel_rows, recognizable, rehearsal

app = typer.Typer()
EARS_USER = "keepmum-ears"
BEFORE_MS = 110.0
"""One frame and the overlap of the detectors' windows."""
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
    """Prove the five promises on this speaker: promise, evidence, verdict; code 0 if all hold."""
    settings = config.load(config_file)
    console = Console(stderr=as_json)
    console.print("Looking, attempting, listening: about a minute.", style="dim")
    # no spinner: it would be a thread, and the rehearsal forks
    findings = list(_looks(settings, rehearse))
    records = [f.as_record() for f in findings]
    proof.remember(Path(settings.service.state), records, datetime.now().astimezone())
    if as_json:
        print(json.dumps(records, indent=1))
    else:
        _print(console, findings)
    broken = sum(f.verdict is Verdict.BROKEN for f in findings)
    if broken:
        raise PromiseBroken(count=broken)
    return 0


def _looks(settings: Config, rehearse: bool) -> Iterator[Finding]:
    root = os.geteuid() == 0
    if root:
        yield from examine(running())
    else:
        yield Finding(4, "the running processes", "needs root: sudo", Verdict.UNCHECKED)
    yield from _escapes(root)
    yield _letters(settings)
    if root and rehearse:
        yield from rehearsed(settings)
    else:
        why = "left out (--no-rehearse)" if root else "needs root: sudo"
        yield Finding(1, "memory before the wake word", why, Verdict.UNCHECKED)
        yield Finding(2, "memory after a command", why, Verdict.UNCHECKED)


def _escapes(root: bool) -> Iterator[Finding]:
    """Attempts from a sealed process, as the ears' own user where that can be."""
    user = EARS_USER if root and _exists(EARS_USER) else ""
    outcomes = trying.run_as(user, sealed=True)
    for promise in sorted({o.attempt.promise for o in outcomes}):
        tried = [o for o in outcomes if o.attempt.promise == promise]
        escaped = [o.attempt.name for o in tried if o.escaped]
        said = f"{len(tried)} tried, {len(escaped)} succeeded"
        said += f": {', '.join(escaped)}" if escaped else ""
        yield found(promise, "escapes from a sealed process", said, not escaped)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _letters(settings: Config) -> Finding:
    per_hour = settings.service.activations_per_hour
    bits = capacity.bits_per_hour(
        activations=per_hour, letters=LETTERS_PER_ACTIVATION, faults=FAULTS_PER_HOUR
    )
    said = f"at most {bits / 8 / 1024:.1f} KiB an hour, by count of every value a letter can have"
    return Finding(3, "how much letters could carry", said, Verdict.HOLDS)


# --- the rehearsal


def rehearsed(settings: Config) -> Iterator[Finding]:
    """Sound before, during and after an activation, searched for in all processes of new ears."""
    try:
        with rehearsal(settings) as ears:
            yield from _search(settings, ears)
    except KeepmumError as error:
        yield Finding(1, "a second pair of ears", str(error), Verdict.BROKEN)


def _search(settings: Config, ears: Rehearsal) -> Iterator[Finding]:
    before, command = canary(2.0, 1, 0.1), recognizable(spoken_like(3.0), 2)
    ears.feed(np.zeros(RATE // 2, np.int16))
    ears.feed(before)
    seen = ears.search(Searcher(before, mel_rows(settings, before)))
    said = f"{seen.milliseconds:.0f} ms of the last 2,000, {_searched(seen, ears)}"
    yield found(1, "memory before the wake word", said, seen.milliseconds <= BEFORE_MS)
    searcher = Searcher(command, mel_rows(settings, command))
    ears.press()
    ears.feed(command)
    during = ears.search(searcher)
    said = f"{during.milliseconds:.0f} ms while it is taken in, {_searched(during, ears)}"
    longest = 1000 * settings.listen.longest_command_s
    yield found(2, "memory during a command", said, during.milliseconds <= longest)
    ended = ears.until_ended(lambda: np.zeros(FRAME_SAMPLES, np.int16))
    ears.feed(canary(0.24, 3, 0.1))
    after = ears.search(searcher)
    said = f"{after.samples} samples, {len(after.rows)} mel rows, {_searched(after, ears)}"
    said += f", {ended.tenths / 10:.1f} s had been taken in"
    yield found(2, "memory after a command", said, not after.samples and not after.rows)


def _searched(seen: Found, ears: Rehearsal) -> str:
    return f"in {seen.searched >> 20} MiB of {len(ears.processes())} processes"


def spoken_like(seconds: float) -> Sound:
    """Sound with the rhythm and pitch of speech; what it says does not matter here."""
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * t), 0, 1)
    return np.asarray(6000 * voice * syllables, np.int16)


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
