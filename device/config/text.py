"""Settings as TOML, with what each means: what `keepmum config` prints and `keepmum run` passes on.

The standard library reads TOML and doesn't write it; settings need a small part of it only.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from device.config.schema import REQUIRED, fields_of, limits


def dump(config: Any, *, comments: bool = True) -> str:
    """Every setting in force as a TOML file that reads back as the same settings.

    Raises nothing; a secret is written as it is, so print with care.
    """
    parts = [
        "\n".join(_table(name, getattr(config, name), meaning.text, comments))
        for name, _, _, meaning in fields_of(type(config))
        if dataclasses.is_dataclass(getattr(config, name))
    ]
    parts += ["\n".join(_entries(name, value)) for name, value in _lists(config)]
    return "\n\n".join(p for p in parts if p) + "\n"


def _table(path: str, part: Any, text: str, comments: bool) -> Iterator[str]:
    if comments:
        yield f"# {text}"
    yield f"[{path}]"
    for name, _, _, meaning in fields_of(type(part)):
        value = getattr(part, name)
        if _is_list_of_tables(value) or (value == () and _may_hold_tables(type(part), name)):
            continue
        if comments:
            may_be = limits(meaning)
            yield f"# {meaning.text}{f' ({may_be})' if may_be else ''}"
        yield f"# {name} =" if value is None else f"{name} = {_value(value)}"
    for name, value in _lists(part):
        yield from _entries(f"{path}.{name}", value)


def _lists(part: Any) -> list[tuple[str, tuple[Any, ...]]]:
    found = ((f.name, getattr(part, f.name)) for f in dataclasses.fields(part))
    return [(name, value) for name, value in found if _is_list_of_tables(value)]


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and dataclasses.is_dataclass(value[0])


def _may_hold_tables(kind: type[Any], name: str) -> bool:
    return "tuple[str" not in str(kind.__annotations__[name])


def _entries(path: str, entries: tuple[Any, ...]) -> Iterator[str]:
    for entry in entries:
        yield ""
        yield f"[[{path}]]"
        for name, _, default, _ in fields_of(type(entry)):
            value = getattr(entry, name)
            if value is not None and (default is REQUIRED or value != default):
                yield f"{name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # TOML's basic strings are JSON's
    return repr(value)
