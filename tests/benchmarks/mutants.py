"""Small faults that nobody chose, planted one at a time: make bench NAME=mutants.

Drawn by a seed over every file of device/ that has mirrored tests: a comparison turned or shifted,
a number changed, a condition negated, `and` for `or`, a return taken away, an argument dropped.
Each is planted in a copy of the tree and the tests of its room are run on it; one that they all
pass is alive, and is shown. KEEPMUM_MUTANTS gives how many (120), KEEPMUM_SEED the seed.
"""

from __future__ import annotations

import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.progress import track

from tests.benchmarks.harness import ROOT, Goal, at_least, at_most, console, report

COUNT = int(os.environ.get("KEEPMUM_MUTANTS", "120"))
SEED = int(os.environ.get("KEEPMUM_SEED", "13"))
ROOM = os.environ.get("KEEPMUM_ROOM", "")
"""Only files whose path under device/ begins so; empty: all."""
PATIENCE_S = 300.0
GOALS: dict[str, Goal] = {"mutants": at_least(120), "mutants_alive": at_most(0.08)}
APART = ("cli", "training", "units", "docs", "errors", "__main__")
"""Seen by tests of the installed whole, not by mirrored ones; or nothing but text."""
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


def tests_of(file: Path) -> list[str]:
    """The mirrored tests: of the file, else of its folder, else of what is above that."""
    parts = file.relative_to(ROOT / "device").with_suffix("").parts
    one = ROOT.joinpath("tests", *parts[:-1], f"test_{parts[-1]}.py")
    if one.exists() and parts[0] != "hands":
        return [str(one.relative_to(ROOT))]
    for depth in range(len(parts) - 1, 0, -1):
        folder = ROOT.joinpath("tests", *parts[:depth])
        if folder.is_dir() and list(folder.glob("test_*.py")):
            return [str(folder.relative_to(ROOT))]
    return [str(one.relative_to(ROOT))] if one.exists() else []


def drawn(count: int, seed: int) -> Iterator[Mutant]:
    """So many faults: a file by its share of places, then a place in it."""
    chance = random.Random(seed)
    files = [
        path
        for path in sorted((ROOT / "device").rglob("*.py"))
        if str(path.relative_to(ROOT / "device")).startswith(ROOM)
        and path.relative_to(ROOT / "device").with_suffix("").parts[0] not in APART
        and tests_of(path)
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


def lives(mutant: Mutant, tree: Path) -> bool:
    """Whether the tests of its room pass with the fault in a copy of the tree."""
    planted = tree / mutant.file.relative_to(ROOT)
    sound = planted.read_text(encoding="utf-8")
    planted.write_text(mutant.text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, *tests_of(mutant.file)],
            cwd=tree,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired:
        return False  # it hangs: that is noticed
    finally:
        planted.write_text(sound, encoding="utf-8")
    return done.returncode == 0


def main() -> bool:
    """Plant them and show those that live."""
    alive: list[Mutant] = []
    with tempfile.TemporaryDirectory(prefix="keepmum-mutants-") as folder:
        tree = Path(folder) / "tree"
        keep_out = shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=keep_out, copy_function=_linked)
        mutants = list(drawn(COUNT, SEED))
        for mutant in track(mutants, "planted", console=console):
            if lives(mutant, tree):
                alive.append(mutant)
                where = f"{mutant.file.relative_to(ROOT)}:{mutant.line}"
                console.print(f"alive  {where}  {mutant.was}  ->  {mutant.became}", markup=False)
    figures = {
        "mutants": float(len(mutants)),
        "mutants_alive": len(alive) / len(mutants) if mutants else 0.0,
    }
    rooms = ", ".join(sorted({str(m.file.relative_to(ROOT)) for m in alive})) or "none"
    notes = {"mutants": f"seed {SEED}", "mutants_alive": f"{len(alive)}, in: {rooms}"}
    return report("mutants", figures, GOALS, notes)


def _linked(source: str, target: str) -> None:
    """Models are large and never written to: a link; everything else is a file of its own."""
    if f"{os.sep}models{os.sep}" in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
