"""Typed settings from TOML: every fault is collected, then shown at once, with "did you mean".

A section is a frozen dataclass whose fields are made with `setting`; `read` turns a parsed TOML
table into an instance. A fault names the key by its path, says what is wrong and what would do.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, Union, cast, get_args, get_origin

T = TypeVar("T")

REQUIRED: Any = object()
"""Stands as the default of a setting that an entry of a list must give."""


MOST = 10**300
"""More than any limit, and no more than a number with a point can be."""
NUL = chr(0)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a setting means and what it may be."""

    text: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    wider: int = 0
    """1 if a higher value opens the speaker wider (listens longer, keeps more, says more), -1 if
    a lower one does; 0 if any other value may.
    """

    def narrows(self, before: object, after: object) -> bool:
        """Whether going from one value to the other opens nothing."""
        if (
            not self.wider
            or not isinstance(before, int | float)
            or not isinstance(after, int | float)
        ):
            return before == after
        return (after - before) * self.wider <= 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a settings file."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def setting(
    default: T,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    secret: bool = False,
    wider: int = 0,
) -> T:
    """A field of a section: its default, a sentence that says what it means, its limits, and
    which way it opens the speaker wider (see `Meaning`).
    """
    meaning = Meaning(text, low, high, choices, secret, wider)
    return field(default=default, metadata={"meaning": meaning})


def section(kind: type[T], text: str) -> T:
    """A field that is a table of its own."""
    return field(default_factory=kind, metadata={"meaning": Meaning(text)})


def fields_of(kind: type[Any]) -> list[tuple[str, Any, Any, Meaning]]:
    """(name, type, default, meaning) of each setting of a section."""
    hints = typing.get_type_hints(kind)
    return [
        (f.name, hints[f.name], f.default, f.metadata["meaning"]) for f in dataclasses.fields(kind)
    ]


def did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    """ " (did you mean X?)" if something known looks like `word`, else the empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def read(kind: type[T], table: Mapping[str, object], where: str = "") -> tuple[T, list[Fault]]:
    """An instance of the section `kind` and all faults; a faulty value is left at its default."""
    faults: list[Fault] = []
    values: dict[str, object] = {}
    known = {name: (hint, meaning) for name, hint, _, meaning in fields_of(kind)}
    for key, value in table.items():
        path = f"{where}.{key}" if where else key
        if key not in known:
            faults.append(Fault(path, f"no such setting{did_you_mean(key, known)}"))
            continue
        hint, meaning = known[key]
        result, wrong = _value(hint, meaning, value, path)
        faults += wrong
        if not wrong or (result is not None and holds_tables(hint)):
            values[key] = result
    required = [n for n, _, default, _ in fields_of(kind) if default is REQUIRED]
    faults += [Fault(f"{where}.{n}", "must be given") for n in required if n not in table]
    return kind(**values), faults


def holds_tables(hint: Any) -> bool:
    """Whether a setting is a table, or a list of them: what is well in it can be kept."""
    inner = get_args(hint)[0] if get_origin(hint) is tuple else hint
    return dataclasses.is_dataclass(inner)


def _value(hint: Any, meaning: Meaning, value: object, path: str) -> tuple[object, list[Fault]]:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            return None, [Fault(path, "must be a table")]
        return read(cast(type[Any], hint), value, path)
    origin = get_origin(hint)
    if origin is tuple:
        return _list(get_args(hint)[0], meaning, value, path)
    if origin in (Union, types.UnionType):
        inner = [a for a in get_args(hint) if a is not type(None)]
        faults: list[Fault] = []
        for kind in inner:
            result, faults = _value(kind, meaning, value, path)
            if not faults:
                return result, []
        if len(inner) > 1:
            names = " or ".join(_KIND[k] for k in inner)
            return None, [Fault(path, f"must be {names}, not {_show(value)}")]
        return None, faults
    return _plain(hint, meaning, value, path)


def _list(item: Any, meaning: Meaning, value: object, path: str) -> tuple[object, list[Fault]]:
    if not isinstance(value, list):
        return None, [Fault(path, "must be a list")]
    faults: list[Fault] = []
    out: list[object] = []
    for i, each in enumerate(value):
        result, wrong = _value(item, meaning, each, f"{path}[{i + 1}]")
        faults += wrong
        if not wrong:
            out.append(result)
    return tuple(out), faults


_KIND = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _show(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return "something else"
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:80]}…"


def _plain(hint: Any, meaning: Meaning, value: object, path: str) -> tuple[object, list[Fault]]:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(max(-MOST, min(MOST, value)))
    if isinstance(value, float) and not math.isfinite(value):
        return None, [Fault(path, f"must be a number, not {value}")]
    if isinstance(value, str) and NUL in value:
        return None, [Fault(path, "must not have the character U+0000 in it")]
    if type(value) is not hint:
        shown = "something else" if meaning.secret else _show(value)
        return None, [Fault(path, f"must be {_KIND[hint]}, not {shown}")]
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = meaning.low, meaning.high
        if (low is not None and value < low) or (high is not None and value > high):
            return None, [Fault(path, f"must be {limits(meaning)}, not {_show(value)}")]
    if meaning.choices and value not in meaning.choices:
        near = did_you_mean(str(value), meaning.choices)
        return None, [Fault(path, f"must be one of {', '.join(meaning.choices)}{near}")]
    return value, []


def limits(meaning: Meaning) -> str:
    """The limits of a setting in words; empty if it has none."""
    if meaning.choices:
        return ", ".join(meaning.choices)
    low, high = (None if x is None else f"{x:g}" for x in (meaning.low, meaning.high))
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""
