"""`keepmum prove` on the installed speaker, on pages of 4 KiB and on those of a Raspberry Pi 5."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.seal import widepages
from tests.seal.machine import Machine
from tests.seal.speaker import PYTHON

SEARCHES = 3
PROGRAM = "/srv/keepmum-wide-pages.py"
_SEARCHED = re.compile(r", in (\d+) MiB of (\d+) processes, in each of which a plant was found$")


@dataclass(frozen=True)
class Proved:
    """What a proof said of its searches of memory."""

    passed: bool
    """Whether it ended well as far as searches go."""
    mib: int
    """The least that one of them looked at, if each found its plants; else 0."""
    planted: int
    """Searches that found the plant in each process."""


def prove(machine: Machine, kernel: str = "") -> Proved:
    """Prove; `kernel`: "told" or "untold" for one with 16 KiB pages, of which it knows or not."""
    words = ["keepmum"]
    if kernel:
        source = Path(widepages.__file__).read_text(encoding="utf-8")
        told = kernel == "told"
        source += f"\n\nif __name__ == '__main__':\n    install({told})\n"
        source += "    from device.__main__ import main\n    raise SystemExit(main())\n"
        machine.write(PROGRAM, source)
        words = [PYTHON, PROGRAM]
    done = machine.run(*words, "prove", "--json", check=False, timeout=900)
    findings = [f for f in json.loads(done.stdout) if f["what"].startswith("memory ")]
    searched = [m for f in findings if (m := _SEARCHED.search(f["evidence"]))]
    return Proved(
        passed=len(findings) == SEARCHES and all(f["verdict"] == "holds" for f in findings),
        mib=min((int(m[1]) for m in searched), default=0),
        planted=len(searched),
    )
