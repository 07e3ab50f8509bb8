"""YAML whose strings know their lines, read within bounds: people write it, and may hand it on."""

from __future__ import annotations

import re
from typing import Any

import yaml

MOST_CHARACTERS = 1_000_000
MOST_DEPTH = 20
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Line(str):
    """A string of a YAML file that knows its line (1 is the first)."""

    __slots__ = ("line",)
    line: int


class _LineLoader(_Loader):  # type: ignore[misc]
    """Strings keep their line; only true and false are booleans (`on` is a word here)."""


def _line_string(loader: Any, node: Any) -> Line:
    text = Line(node.value)
    text.line = node.start_mark.line + 1
    return text


_LineLoader.add_constructor("tag:yaml.org,2002:str", _line_string)
_LineLoader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in resolvers if not tag.endswith(":bool")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_LineLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"]
)


def load(text: str) -> Any:
    """The content of a YAML text. Raises yaml.YAMLError, and ValueError for too much."""
    _measure(text)
    return yaml.load(text, Loader=_LineLoader)  # noqa: S506 (a safe loader)


def _measure(text: str) -> None:
    """Raises ValueError for a text that would take too much to read, yaml.YAMLError."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"it has more than {MOST_CHARACTERS} characters")
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("a part refers to another one (*); write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise ValueError(f"lists within lists, more than {MOST_DEPTH} deep")
