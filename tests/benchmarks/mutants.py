"""Small faults that nobody chose, planted one at a time: make bench NAME=mutants.

Drawn by a seed over every file of device/ that has tests of its own room: a comparison turned or
shifted, a number changed, a condition negated, `and` for `or`, a return taken away, a call dropped.
Each is planted in a copy of the tree. The tests that are near it run first (the mirrored file, and
those that import the module), and if they all pass, all of its room. One that passes those too is
alive, and is shown. What a test says of a fault counts only if the same test passes without it; a
fault that hangs is noticed.

What was found is kept in build/bench/mutants/SEED.jsonl, and the next run goes on from there.
KEEPMUM_MUTANTS gives how many (120), KEEPMUM_SEED the seed, KEEPMUM_MINUTES after how many minutes
to stop for now (none: not), KEEPMUM_ROOM the beginning of the paths under device/.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.progress import track

from tests.benchmarks.equivalents import EQUIVALENT
from tests.benchmarks.harness import RESULTS, ROOT, Goal, at_least, at_most, console, report

COUNT = int(os.environ.get("KEEPMUM_MUTANTS", "120"))
SEED = int(os.environ.get("KEEPMUM_SEED", "13"))
ROOM = os.environ.get("KEEPMUM_ROOM", "")
"""Only files whose path under device/ begins so; empty: all."""
MINUTES = float(os.environ.get("KEEPMUM_MINUTES", "inf"))
PATIENCE_S = 240.0
AT_MOST = 6
"""Files of tests that are near a module; one that more import is known by its room."""
GOALS: dict[str, Goal] = {"mutants": at_least(120), "mutants_alive": at_most(0.08)}
APART = ("units", "docs", "errors", "__main__")
"""Nothing but text."""
ELSEWHERE = ("benchmarks", "installed", "seal", "promises", "lab")
"""Tests of the whole, many of them on a booted machine: too slow to be near anything. The seal's
own run for its own faults."""
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in which file, at which line, what it was and what it became."""

    file: Path
    line: int
    was: str
    became: str
    text: str
    """The whole file with the fault in it."""


def changed(node: ast.AST) -> ast.AST | None:
    """The same node with a small fault; None where this knows of none."""
    made = copy.deepcopy(node)
    match made:
        case ast.Compare(ops=[op]) if type(op) in TURNED:
            made.ops = [TURNED[type(op)]()]
        case ast.BoolOp(op=op):
            made.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.BinOp(op=ast.Add()):
            made.op = ast.Sub()
        case ast.BinOp(op=ast.Sub()):
            made.op = ast.Add()
        case ast.Constant(value=bool() as value):
            made.value = not value
        case ast.Constant(value=int() | float() as value):
            made.value = value + 1
        case ast.If(test=test):
            made.test = ast.UnaryOp(ast.Not(), test)
        case ast.Return(value=value) if value is not None:
            made.value = ast.Constant(None)
        case ast.Expr(value=ast.Call()):
            return ast.Pass()
        case _:
            return None
    return made


class _Put(ast.NodeTransformer):
    """Puts one node in place of another."""

    def __init__(self, at: ast.AST, new: ast.AST) -> None:
        self._at, self._new = at, new

    def visit(self, node: ast.AST) -> ast.AST:
        """See `ast.NodeTransformer`."""
        return self._new if node is self._at else self.generic_visit(node)


def places(tree: ast.Module) -> list[ast.AST]:
    """Where a fault can be planted: not in annotations, nor in what only a type checker runs."""
    apart: set[int] = set()
    for node in ast.walk(tree):
        for part in _skipped(node):
            apart |= {id(inner) for inner in ast.walk(part)}
        if isinstance(node, ast.Expr) and _skipped(node.value):
            apart.add(id(node))
    return [n for n in ast.walk(tree) if id(n) not in apart and changed(n) is not None]


def _skipped(node: ast.AST) -> list[ast.AST]:
    """What of a node is for type checkers, readers and logs."""
    match node:
        case ast.FunctionDef(returns=part) | ast.AsyncFunctionDef(returns=part):
            return [part] if part else []
        case ast.arg(annotation=part) | ast.AnnAssign(annotation=part):
            return [part] if part else []
        case ast.If(test=test) if "TYPE_CHECKING" in ast.unparse(test):
            return [node]
        case ast.Call(func=func) if ast.unparse(func).startswith("log."):
            return [node]
    return []


@functools.cache
def _importers() -> dict[str, frozenset[str]]:
    """Module → the files of tests that import it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT)
        if name.parts[1] in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for module in (node.module, *(f"{node.module}.{a.name}" for a in node.names)):
                    found.setdefault(module, set()).add(str(name))
    return {module: frozenset(files) for module, files in found.items()}


def near(file: Path) -> list[str]:
    """The mirrored test file, and those that import the module, the fewest at first."""
    parts = file.relative_to(ROOT / "device").with_suffix("").parts
    one = Path("tests", *parts[:-1], f"test_{parts[-1]}.py")
    module = ".".join(("device", *(part for part in parts if part != "__init__")))
    others = _importers().get(module, frozenset()) if len(parts) > 1 else frozenset()
    mirrored = [str(one)] if (ROOT / one).exists() else []
    return mirrored + sorted(others - set(mirrored))[: AT_MOST - len(mirrored)]


def room_of(file: Path) -> list[str]:
    """The tests in the folder that mirrors the file's, or in the next above it that has any."""
    parts = file.relative_to(ROOT / "device").with_suffix("").parts
    for depth in range(len(parts) - 1, 0, -1):
        folder = ROOT.joinpath("tests", *parts[:depth])
        if files := sorted(folder.glob("test_*.py")):
            return [str(path.relative_to(ROOT)) for path in files]
    return []


def drawn(count: int, seed: int) -> Iterator[Mutant]:
    """So many faults: a file by its share of places, then a place in it."""
    chance = random.Random(seed)
    files = [
        path
        for path in sorted((ROOT / "device").rglob("*.py"))
        if str(path.relative_to(ROOT / "device")).startswith(ROOM)
        and path.relative_to(ROOT / "device").with_suffix("").parts[0] not in APART
        and (near(path) or room_of(path))
    ]
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    all_ = [(path, n) for path, tree in trees.items() for n in range(len(places(tree)))]
    for path, n in chance.sample(all_, min(count, len(all_))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        node = places(tree)[n]
        new = changed(node)
        assert new is not None
        ast.copy_location(new, node)
        was, line = ast.unparse(node).splitlines()[0], getattr(node, "lineno", 0)
        text = ast.unparse(ast.fix_missing_locations(_Put(node, new).visit(tree)))
        yield Mutant(path, line, was, ast.unparse(new).splitlines()[0], text)


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one fault."""

    place: str
    """File and line."""
    was: str
    became: str
    by: str
    """The test that failed, "time" if it hung; empty: it lives."""

    @property
    def reason(self) -> str:
        """Why nobody could tell it from the sound code; empty: somebody could."""
        return EQUIVALENT.get((self.place.partition(":")[0], self.was, self.became), "")


class Nursery:
    """A copy of the tree, in which faults are planted."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._sound: dict[str, bool] = {}
        keep_out = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "*cache*")
        shutil.copytree(ROOT, tree, ignore=keep_out, copy_function=_linked)

    def plant(self, mutant: Mutant) -> Found:
        """Run the tests that are near, then the room's."""
        place = mutant.file.relative_to(ROOT)
        planted = self._tree / place
        sound = planted.read_text(encoding="utf-8")
        by = ""
        for tests in (near(mutant.file), room_of(mutant.file)):
            planted.write_text(mutant.text, encoding="utf-8")
            try:
                failed = self._first_failure(tests)
            finally:
                planted.write_text(sound, encoding="utf-8")
            if failed and (failed == "time" or self._passes(failed)):
                by = failed
                break
        return Found(f"{place}:{mutant.line}", mutant.was, mutant.became, by)

    def _passes(self, test: str) -> bool:
        """Whether a test passes without any fault."""
        if test not in self._sound:
            self._sound[test] = not self._first_failure([test])
        return self._sound[test]

    def _first_failure(self, tests: list[str]) -> str:
        """The first test or file that fails, "time" if it takes too long; empty: none."""
        if not tests:
            return ""
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=self._tree,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(self._tree), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            said, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            return "time"
        finally:
            with contextlib.suppress(ProcessLookupError):  # what the tests had started, too
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.returncode == 0:
            return ""
        told = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", said, re.MULTILINE)
        return told[1] if told else tests[0]


def kept(seed: int) -> Path:
    """Where what was found with a seed is kept."""
    return RESULTS / "mutants" / f"{seed}.jsonl"


def found_so_far(seed: int) -> list[Found]:
    """What earlier runs found."""
    path = kept(seed)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Found(**json.loads(line)) for line in lines]


def main() -> bool:
    """Plant them and show those that live."""
    found, end = found_so_far(SEED), time.monotonic() + 60 * MINUTES
    mutants = list(drawn(COUNT, SEED))
    kept(SEED).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="keepmum-mutants-") as folder:
        nursery = Nursery(Path(folder) / "tree")
        with kept(SEED).open("a", encoding="utf-8") as file:
            for mutant in track(mutants[len(found) :], "planted", console=console):
                if time.monotonic() > end:
                    break
                found.append(nursery.plant(mutant))
                file.write(json.dumps(asdict(found[-1])) + "\n")
                file.flush()
    alive = [one for one in found if not one.by and not one.reason]
    for one in alive:
        console.print(f"alive  {one.place}  {one.was}  ->  {one.became}", markup=False)
    for one in found:
        if not one.by and one.reason:
            console.print(f"the same  {one.place}  {one.became}: {one.reason}", markup=False)
    same = sum(bool(one.reason) for one in found if not one.by)
    figures = {
        "mutants": float(len(found)),
        "mutants_alive": len(alive) / len(found) if found else 0.0,
        "mutants_that_change_nothing": float(same),
    }
    rooms = ", ".join(sorted({one.place.partition(":")[0] for one in alive})) or "none"
    notes = {"mutants": f"seed {SEED}", "mutants_alive": f"{len(alive)}, in: {rooms}"}
    return report("mutants", figures, GOALS, notes)


def _linked(source: str, target: str) -> None:
    """Models are large and never written to: a link; everything else is a file of its own."""
    if f"{os.sep}models{os.sep}" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
