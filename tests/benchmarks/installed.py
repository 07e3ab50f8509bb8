"""The speaker that is installed: from a clean clone, on a booted machine, as its users have it.

Parts may be named in the environment, to run some alone: `PARTS=commands,upgrades`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import track

from tests.benchmarks.harness import (
    RESULTS,
    Goal,
    at_least,
    at_most,
    console,
    exactly,
    percentile,
    report,
)
from tests.installed import (
    commands,
    crowd,
    imports,
    interruptions,
    letters,
    planted,
    proofs,
    settings,
)
from tests.installed.commands import KEEPMUM, MEMBER, STRANGER
from tests.installed.interruptions import EARS, HANDS, PANEL
from tests.seal.machine import BASES, ENTER, boot, environment, why_not
from tests.seal.speaker import PYTHON, Speaker

DEATHS = int(os.environ.get("DEATHS", "60"))
STRANGERS = 1000
INTERRUPTIONS = int(os.environ.get("INTERRUPTIONS", "20"))
FLAG = "/var/lib/keepmum-panel/mute"
Figures = dict[str, float]
GOALS: dict[str, Goal] = {
    "commands_tried": at_least(150),
    "tracebacks": exactly(0),
    "imports_missing_after_install": exactly(0),
    "settings_without_a_reader": exactly(0),
    "letters_never_sent": exactly(0),
    "mute_by_member": exactly(1),
    "unmute_by_member": exactly(1),
    "mute_by_stranger": exactly(0),
    "strangers_connected": at_least(STRANGERS),
    "panel_deaths": exactly(0),
    "mute_refused_while_hands_hold_places": exactly(0),
    "lines_healed_s_p95": at_most(5),
    "deaths": at_least(60),
    "faults_planted": at_least(20),
    "false_greens": exactly(0),
    "upgrades_interrupted": at_least(20),
    "speaker_down_after_interruption": exactly(0),
    "upgrades_unfinished": exactly(0),
    "ready_s": at_most(3),
    "prove_searched_mib_4_kib": at_least(1),
    "prove_planted_found_4_kib": exactly(1),
    "prove_searched_mib_16_kib": at_least(1),
    "prove_planted_found_16_kib": exactly(1),
    "prove_passes_16_kib_taken_for_4": exactly(0),
}


@contextmanager
def installed(own: Path | None = None) -> Iterator[Speaker]:
    """A speaker that was installed a moment ago, with sound and people."""
    with boot(own) as machine:
        speaker = Speaker(machine)
        speaker.install()
        speaker.allow_many_lives()
        commands.prepare(machine)
        speaker.give_sound()
        speaker.give_noise()
        speaker.wait_until_listening(120)
        yield speaker


def tell(what: str, faults: list[str]) -> None:
    """The faults that a figure counts, to be mended."""
    for fault in faults:
        console.print(f"[red]{what}[/red] {fault}", markup=True, highlight=False)


def found_missing(speaker: Speaker) -> Figures:
    """Modules that the product imports and the installed environment lacks."""
    done = subprocess.run(
        [*ENTER, "-t", str(speaker.machine.pid), PYTHON, "-I", "-c", imports.RESOLVE],
        input=imports.request(),
        capture_output=True,
        text=True,
        check=True,
    )
    missing = json.loads(done.stdout)
    tell("not installed:", missing)
    unread = settings.without_a_reader()
    tell("read by nothing:", unread)
    return {
        "imports_missing_after_install": len(missing),
        "settings_without_a_reader": len(unread),
        "letters_never_sent": len(letters.never_sent()),
    }


def readiness(speaker: Speaker) -> Figures:
    """From the start of the units to ears and hands that say they are ready; the median of 5."""
    machine, took, cost = speaker.machine, [], []
    for _ in range(5):
        machine.systemctl("stop", EARS, HANDS, PANEL)
        began = time.monotonic()
        machine.systemctl("start", EARS, HANDS, PANEL)
        machine.until("both are ready", lambda: interruptions.listens(machine), 120)
        took.append(time.monotonic() - began)
        spent = [int(machine.show(unit, "CPUUsageNSec")) for unit in (EARS, HANDS, PANEL)]
        cost.append(sum(spent) / 1e9)
    return {"ready_s": percentile(took, 50), "ready_cpu_s": percentile(cost, 50)}


def muting(speaker: Speaker) -> Figures:
    """Mute by those who may and by one who may not."""
    machine = speaker.machine

    def ask(word: str, user: str) -> bool:
        machine.run(KEEPMUM, word, user=user, check=False)
        return machine.exists(FLAG)

    return {
        "mute_by_stranger": float(ask("mute", STRANGER)),
        "mute_by_member": float(ask("mute", MEMBER)),
        "unmute_by_member": float(not ask("unmute", MEMBER)),
    }


def strangers(speaker: Speaker) -> Figures:
    """A crowd at the panel's door, and hands that hold every place they can get."""
    machine = speaker.machine
    pid = machine.main_pid(PANEL)
    came, refused = crowd.comes(machine, STRANGERS // 2), 0
    with crowd.hands_hold_places(machine):
        for user in ("", MEMBER):
            for word in ("mute", "unmute"):
                refused += machine.run(KEEPMUM, word, user=user, check=False).returncode != 0
    speaker.wait_until_listening(60)
    return {
        "strangers_connected": came,
        "panel_deaths": float(machine.main_pid(PANEL) != pid),
        "mute_refused_while_hands_hold_places": refused,
    }


def proving(speaker: Speaker) -> Figures:
    """Prove on 4 KiB pages, on 16, and on 16 that are taken for 4: which must not pass."""
    figures: Figures = {}
    for kernel, size in (("", "4_kib"), ("told", "16_kib")):
        proved = proofs.prove(speaker.machine, kernel)
        figures |= {
            f"prove_searched_mib_{size}": proved.mib,
            f"prove_planted_found_{size}": proved.planted / proofs.SEARCHES,
        }
    untold = proofs.prove(speaker.machine, "untold")
    return figures | {"prove_passes_16_kib_taken_for_4": float(untold.passed)}


def healing(speaker: Speaker) -> Figures:
    """Each of the three dies in random order; how long until all are up and connected again."""
    machine, dice, took = speaker.machine, random.Random(11), []
    machine.until("all is well", speaker.is_well, 60)
    for _ in track(range(DEATHS), "deaths", console=console):
        unit = dice.choice((EARS, HANDS, PANEL))
        pid = machine.main_pid(unit)
        began = time.monotonic()
        machine.systemctl("kill", "--signal=KILL", "--kill-whom=main", unit)

        def healed(unit: str = unit, pid: int = pid) -> bool:
            return machine.main_pid(unit) not in (0, pid) and speaker.is_well()

        machine.until(f"healed after {unit} died", healed, 120)
        took.append(time.monotonic() - began)
    return {"deaths": len(took), "lines_healed_s_p95": percentile(took, 95)}


def every_command(speaker: Speaker) -> Figures:
    """Every command in every way it can go wrong; those without services come last."""
    tried = commands.Tried()
    some = list(commands.cases())
    commands.attempt(speaker.machine, track(some, "commands", console=console), tried)
    tell("not a sentence:", tried.faults)
    return {"commands_tried": tried.count, "tracebacks": len(tried.faults)}


def false_greens(speaker: Speaker) -> Figures:
    """Faults planted one by one, and whether doctor or prove says that all is well."""
    seen = planted.look(speaker, track(planted.FAULTS, "faults", console=console))
    tell("seen by nobody:", seen.false_greens)
    tell("not comparable:", seen.blind)
    return {"faults_planted": seen.planted, "false_greens": len(seen.false_greens)}


def upgrades() -> Figures:
    """Upgrades cut off; on a machine of its own, whose /opt/keepmum is on the disk."""
    with tempfile.TemporaryDirectory(prefix="own-", dir=BASES) as folder:
        own = Path(folder, "keepmum")
        shutil.copytree(environment() / "opt" / "keepmum", own, symlinks=True)
        with installed(own) as speaker:
            place = BASES.parent / "another-version"
            seen = interruptions.interrupt(speaker, place, INTERRUPTIONS, seed=11)
            shutil.rmtree(place, ignore_errors=True)
    tell("down:", seen.down)
    tell("unfinished:", seen.unfinished)
    return {
        "upgrades_interrupted": seen.count,
        "speaker_down_after_interruption": len(seen.down),
        "upgrades_unfinished": len(seen.unfinished),
    }


ON_ONE_MACHINE: dict[str, Callable[[Speaker], Figures]] = {
    "imports": found_missing,
    "ready": readiness,
    "mute": muting,
    "strangers": strangers,
    "proofs": proving,
    "lines": healing,
    "faults": false_greens,
    "commands": every_command,
}
"""Parts in order, each on the machine as the one before left it."""


def earlier() -> tuple[Figures, dict[str, str]]:
    """Figures of parts that were run before, when only some are run now; each says at what."""
    file = RESULTS / "installed.json"
    if "PARTS" not in os.environ or not file.exists():
        return {}, {}
    record = json.loads(file.read_text(encoding="utf-8"))
    notes = dict.fromkeys(record["figures"], f"at {record['commit']}") | record["notes"]
    return record["figures"], notes


def main() -> bool:
    """Run the parts; True if every goal is met."""
    if why := why_not():
        console.print(f"[red]{why}")
        return False
    wanted = os.environ.get("PARTS", ",".join((*ON_ONE_MACHINE, "upgrades"))).split(",")
    figures: Figures = {}
    try:
        if some := [part for name, part in ON_ONE_MACHINE.items() if name in wanted]:
            with installed() as speaker:
                for part in some:
                    console.print(f"[dim]{(part.__doc__ or '').splitlines()[0]}")
                    figures |= part(speaker)
        if "upgrades" in wanted:
            figures |= upgrades()
    finally:  # what a part found is not lost because of a later one
        before, notes = earlier()
        notes = {name: note for name, note in notes.items() if name not in figures}
        met = report("installed", before | figures, GOALS, notes)
    return met
