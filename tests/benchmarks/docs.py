"""The docs: what they tell a person to type is there, links lead somewhere, nothing is left out.

`commands_in_docs_run` runs every command of the pages that is safe to run anywhere (see SAFE) in a
folder of its own, and parses the others; the words a stranger reads before the first command are
counted from the top of the README.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from device import errors
from tests import docs, typed
from tests.benchmarks.harness import ROOT, at_least, at_most, console, exactly, report

SAFE = ("config", "help", "models list", "models verify", "sentences list", "sentences check")
"""Commands that change nothing and need no running speaker, no sound card and no sentence of one's
own; the others are parsed."""
GOALS = {
    "commands_in_docs": at_least(60),
    "commands_not_there": exactly(0),
    "commands_run": at_least(5),
    "commands_failed": exactly(0),
    "targets_not_there": exactly(0),
    "links_broken": exactly(0),
    "settings_missing": exactly(0),
    "errors_missing": exactly(0),
    "commands_missing": exactly(0),
    "readme_lines": at_most(150),
    "words_to_first_command": at_most(300),
}


def main() -> bool:
    """All figures; True if every goal is met."""
    commands = [(page, words) for page in docs.PAGES for words in typed.commands_in(page)]
    unknown = [f"{page.name}: {why}" for page, words in commands if (why := typed.fault(words))]
    tried, failed = run({tuple(words) for _, words in commands})
    faults = {
        "commands_not_there": unknown,
        "commands_failed": failed,
        "targets_not_there": list(targets_not_there()),
        "links_broken": list(broken_links()),
        "settings_missing": missing("settings"),
        "errors_missing": [*missing("errors"), *unexplained()],
        "commands_missing": missing("commands"),
    }
    for what, found in faults.items():
        for fault in found:
            console.print(f"[red]{what}[/red] {fault}", highlight=False)
    readme = docs.README.read_text(encoding="utf-8")
    figures: dict[str, float] = {"commands_in_docs": len(commands), "commands_run": tried}
    figures |= {what: len(found) for what, found in faults.items()}
    figures["readme_lines"] = len(readme.splitlines())
    figures["words_to_first_command"] = len(before_first_command(readme).split())
    return report("docs", figures, GOALS)


def run(commands: set[tuple[str, ...]]) -> tuple[int, list[str]]:
    """Run those that are safe, with the settings' defaults; how many, and what failed."""
    safe = sorted(c for c in commands if " ".join(c).startswith(SAFE))
    failed = []
    with tempfile.TemporaryDirectory(prefix="keepmum-docs-") as folder:
        settings = Path(folder, "keepmum.toml")
        settings.touch()
        env = {**os.environ, "KEEPMUM_CONFIG": str(settings), "PYTHONPATH": str(ROOT)}
        for words in safe:
            done = subprocess.run(
                (sys.executable, "-m", "device", *words),
                capture_output=True,
                text=True,
                check=False,
                cwd=folder,
                env=env,
                timeout=120,
            )
            if done.returncode:
                said = (done.stderr or done.stdout).strip().splitlines()[-2:]
                failed.append(f"keepmum {' '.join(words)}: {done.returncode} {said}")
    return len(safe), failed


def targets_not_there() -> Iterator[str]:
    """Words after `make` on the pages that the Makefile has no target for."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for page in docs.PAGES:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"(?:^|`|sudo |&& )make ([a-z]+)\b", text, re.M):
            if not re.search(rf"^{target}:", makefile, re.M):
                yield f"{page.name}: make {target}"
        for name in re.findall(r"make bench NAME=([a-z_]+)", text):
            if not (ROOT / "tests" / "benchmarks" / f"{name}.py").is_file():
                yield f"{page.name}: make bench NAME={name}"


def anchors(page: Path) -> set[str]:
    """What links within a page may name: its headings, as they are commonly made into anchors."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def broken_links() -> Iterator[str]:
    """Links that lead to no file, or to no heading of one."""
    for page in docs.PAGES:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text):
            if "://" in link:
                continue
            name, _, anchor = link.partition("#")
            file = page.parent / name if name else page
            if not file.exists():
                yield f"{page.name}: {link}"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file):
                yield f"{page.name}: {link} (no such heading)"


def missing(name: str) -> list[str]:
    """Rows that the code has and the table on the page hasn't."""
    told = set(docs.told(name).splitlines())
    return [row for row in docs.TABLES[name]().splitlines() if row not in told]


def unexplained() -> list[str]:
    """Errors that say no mend."""
    found = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    ours = [c for c in found if issubclass(c, errors.KeepmumError) and c is not errors.KeepmumError]
    return [f"{c.__name__} has no mend" for c in ours if not c.mend]


def before_first_command(readme: str) -> str:
    """What is read before the first block of commands."""
    return readme.partition("\n```\n")[0]
