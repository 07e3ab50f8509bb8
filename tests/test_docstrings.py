"""Public functions say in words what arrays they take and give, and what they raise.

What a type or a class says of itself counts for its functions; a method without words of its own,
or with "See `Sink.open`", has those of the method of that name that it stands in for. Commands
that people type are apart: their words are the help, and their errors have a page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import device
from device import errors

FOLDER = Path(device.__file__).parent
SHAPE = re.compile(r"\([\w *]+,[\w, *]*\)|of any shape")
"""As in (1280,) or (rows, 96)."""
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {
    *("ValueError", "OSError", "TimeoutError", "LookupError", "TypeError", "RuntimeError"),
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Public(NamedTuple):
    """A function that others call, with all words that are about it."""

    file: str
    name: str
    node: Function
    words: str
    arrays: bool
    """It takes or gives an array of which its type says nothing."""


def docs_of(node: Function | ast.ClassDef | None) -> str:
    return "" if node is None else ast.get_docstring(node) or ""


def unsaid_types(tree: ast.Module, told: set[str]) -> set[str]:
    """Names of array types in a file whose own words give no shape."""
    found = {"NDArray"}
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and "NDArray[" in ast.unparse(node.value):
            words = ast.unparse(after) if isinstance(after, ast.Expr) else ""
            names = {t.id for t in node.targets if isinstance(t, ast.Name)}
            found |= set() if SHAPE.search(words) else names
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {a.asname or a.name for a in node.names if f"{node.module}.{a.name}" in told}
    return found


def trees() -> Iterator[tuple[str, str, ast.Module]]:
    for path in sorted(FOLDER.rglob("*.py")):
        name = path.relative_to(FOLDER)
        module = ".".join(("device", *name.with_suffix("").parts))
        yield str(name), module, ast.parse(path.read_text(encoding="utf-8"))


def public() -> list[Public]:
    """Every one of them."""
    told: set[str] = set()
    for _, module, tree in trees():
        told |= {f"{module}.{name}" for name in unsaid_types(tree, set()) - {"NDArray"}}
    methods: dict[str, list[str]] = {}
    for _, _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, Function) and docs_of(node):
                methods.setdefault(node.name, []).append(docs_of(node))
    found = []
    for file, _, tree in trees():
        unsaid = unsaid_types(tree, told)
        for node, class_ in functions(tree.body, None):
            words = docs_of(node)
            if class_ and (not words or words.startswith("See `")) and node.name != "__init__":
                words += " ".join(methods.get(node.name, ()))
            if node.name == "__init__":
                words += docs_of(class_)
            arguments = [*node.args.args, *node.args.kwonlyargs]
            notes = [a.annotation for a in arguments if a.annotation]
            notes += [node.returns] if node.returns else []
            named = {n.id for note in notes for n in ast.walk(note) if isinstance(n, ast.Name)}
            where = f"{class_.name}.{node.name}" if class_ else node.name
            found.append(Public(file, where, node, words, bool(named & unsaid)))
    return found


def functions(
    body: list[ast.stmt], class_: ast.ClassDef | None
) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body, node)
        if isinstance(node, Function) and (node.name[0] != "_" or node.name == "__init__"):
            yield node, class_


def raised(node: ast.AST, caught: frozenset[str] = frozenset()) -> set[str]:
    """Errors that leave a function because it says `raise`."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        inside = caught
        if isinstance(node, ast.Try) and child in node.body:
            types = [handler.type for handler in node.handlers if handler.type]
            inside |= {n.id for t in types for n in ast.walk(t) if isinstance(n, ast.Name)}
        if isinstance(child, ast.Raise) and child.exc is not None:
            what = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            found |= {ast.unparse(what)} & ERRORS - inside
        if not isinstance(child, Function | ast.ClassDef | ast.Lambda):
            found |= raised(child, inside)
    return found


def is_command(one: Public) -> bool:
    return one.file.startswith("cli/") and any(
        "command" in ast.unparse(decorator) or "callback" in ast.unparse(decorator)
        for decorator in one.node.decorator_list
    )


def test_who_takes_or_gives_an_array_says_its_shape() -> None:
    silent = [f"{f.file} {f.name}" for f in public() if f.arrays and not SHAPE.search(f.words)]
    assert silent == []


def test_who_raises_says_so() -> None:
    silent = [
        f"{f.file} {f.name}: {', '.join(sorted(names))}"
        for f in public()
        if (names := raised(f.node))
        and not is_command(f)
        and not (re.search(r"[Rr]aise", f.words) or any(name in f.words for name in names))
    ]
    assert silent == []


def test_what_is_caught_inside_is_not_raised() -> None:
    code = "def f():\n try:\n  raise ValueError\n except ValueError:\n  raise OSError from None\n"
    assert raised(ast.parse(code).body[0]) == {"OSError"}
