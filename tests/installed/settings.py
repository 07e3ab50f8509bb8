"""Settings that nothing reads: each field of the settings against what the product looks at."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from device import config
from device.config.schema import fields_of

PRODUCT = Path(__file__).parents[2] / "device"


def without_a_reader() -> list[str]:
    """The settings whose name is nowhere read as an attribute outside of the settings' own room.

    A name that something else has as well is taken for read: this finds what is forgotten, and
    can't prove that the rest is used.
    """
    read = set(_read())
    return [path for path, name in _settings(config.Config, "") if name not in read]


def _read() -> Iterator[str]:
    for path in PRODUCT.rglob("*.py"):
        if (PRODUCT / "config") in path.parents and path.name != "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                yield node.attr


def _settings(kind: type[Any], where: str) -> Iterator[tuple[str, str]]:
    for name, hint, _, _ in fields_of(kind):
        inside = [hint, *get_args(hint)]
        tables = [each for each in inside if dataclasses.is_dataclass(each)]
        for each in tables:
            yield from _settings(each, f"{where}{name}.")  # type: ignore[arg-type]
        if not tables:
            yield f"{where}{name}", name
