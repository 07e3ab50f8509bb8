"""Every module that the product names in an import, late ones too, and whether it can be had."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "device"
BY_NAME = ("import_module", "find_spec")
"""Functions that are given a module's name."""
BY_OTHERS = ("gpiozero", "lgpio", "spidev")
"""What reaches pins, through libraries that choose it at run time."""
RESOLVE = """
import importlib.util, json, sys
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
print(json.dumps([n for n in json.load(sys.stdin) if not there(n)]))
"""
"""A program that prints those of the names in its input which can't be imported."""


def named() -> dict[str, str]:
    """Every module of others that the product imports, and one file that does."""
    found: dict[str, str] = {}
    for path in sorted(PRODUCT.rglob("*.py")):
        for name in _modules(ast.parse(path.read_text(encoding="utf-8"))):
            if name.split(".")[0] not in ("device", "__future__", *sys.stdlib_module_names):
                found.setdefault(name, str(path.relative_to(PRODUCT.parent)))
    return found


def request() -> str:
    """The input of RESOLVE."""
    return json.dumps(sorted({*named(), *BY_OTHERS}))


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from (m for other in node.orelse for m in _modules(other))
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Call) and _called(node.func) in BY_NAME and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        yield from _modules(node)


def _called(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
