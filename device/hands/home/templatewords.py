"""The filters, tests, functions and methods that templates of MQTT devices use.

Those of Home Assistant (https://www.home-assistant.io/docs/configuration/templating) and Jinja2
that take one value to another. None of them takes longer than its argument is long.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any


class BadTemplate(Exception):
    """A template that can't be read or computed; the message is for the owner."""


class Missing:
    """What a template names and isn't there: written as nothing."""

    def __str__(self) -> str:
        return ""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()
_NONE = object()
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "enable": True}
_WORDS |= {"0": False, "false": False, "no": False, "off": False, "disable": False}
LONGEST_NUMBER = 40


def text_of(value: Any) -> str:
    """A value as a template writes it: Python's own words for none, true and false."""
    return value if isinstance(value, str) else str(value)


def is_missing(value: Any) -> bool:
    """Whether the template's variable wasn't there."""
    return isinstance(value, Missing)


def _float(value: Any, default: Any = _NONE) -> Any:
    try:
        number = float(_short(value))
    except (TypeError, ValueError):
        number = math.nan
    if math.isfinite(number):
        return number
    return _otherwise(default)


def _int(value: Any, default: Any = _NONE, base: int = 10) -> Any:
    try:
        return int(_short(value), base) if base != 10 else int(_float(value))
    except (TypeError, ValueError):
        return _otherwise(default)


def _otherwise(default: Any) -> Any:
    if default is _NONE:
        raise ValueError("no number")
    return default


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_NUMBER:
        raise ValueError("no number")
    return value


def _round(value: Any, precision: int = 0, method: str = "common", default: Any = _NONE) -> Any:
    number = _float(value, default)
    if not isinstance(number, (int, float)):
        return number
    scale = 10.0 ** max(-6, min(12, precision))
    whole = {"ceil": math.ceil, "floor": math.floor}.get(method, round)(number * scale)
    return whole / scale if precision > 0 else int(whole / scale)


def _bool(value: Any, default: Any = _NONE) -> Any:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    known = _WORDS.get(str(value).strip().lower())
    return _otherwise(default) if known is None else known


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    return default if is_missing(value) or (boolean and not value) else value


def _iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _NONE) -> Any:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def _replace(value: Any, old: Any, new: Any) -> str:
    text, out, into = text_of(value), text_of(old), text_of(new)
    if not out or len(text) + text.count(out) * len(into) > 8_192:
        raise ValueError("too long")
    return text.replace(out, into)


def _is_number(value: Any) -> bool:
    return isinstance(_float(value, None), float)


def _numbers(*given: Any) -> list[Any]:
    return list(given[0]) if len(given) == 1 and isinstance(given[0], list) else list(given)


def _dumps(value: Any, **_: Any) -> str:
    if is_missing(value):
        raise ValueError("nothing to write")
    return json.dumps(value, default=text_of, skipkeys=True)


def _split(value: Any, by: Any = None) -> list[str]:
    return text_of(value).split(None if by is None else text_of(by))


_SHARED: Mapping[str, Callable[..., Any]] = {
    "float": _float,
    "int": _int,
    "bool": _bool,
    "round": _round,
    "abs": lambda value: abs(_float(value)),
    "iif": _iif,
    "is_number": _is_number,
    "to_json": _dumps,
    "from_json": lambda value: json.loads(text_of(value)),
    "max": lambda *given: max(_numbers(*given)),
    "min": lambda *given: min(_numbers(*given)),
}
FILTERS: Mapping[str, Callable[..., Any]] = {
    **_SHARED,
    "default": _default,
    "d": _default,
    "multiply": lambda value, by, default=_NONE: _float(value, default) * by,
    "add": lambda value, more, default=_NONE: _float(value, default) + more,
    "tojson": _dumps,
    "string": text_of,
    "lower": lambda value: text_of(value).lower(),
    "upper": lambda value: text_of(value).upper(),
    "title": lambda value: text_of(value).title(),
    "capitalize": lambda value: text_of(value).capitalize(),
    "trim": lambda value: text_of(value).strip(),
    "replace": _replace,
    "length": len,
    "count": len,
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "bitwise_and": lambda value, mask: _int(value) & _int(mask),
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = _SHARED
METHODS: Mapping[str, Callable[..., Any]] = {
    "get": lambda of, key, otherwise=None: of.get(key, otherwise) if isinstance(of, dict) else None,
    "keys": lambda of: list(of) if isinstance(of, dict) else [],
    "values": lambda of: list(of.values()) if isinstance(of, dict) else [],
    "split": _split,
    "lower": lambda of: text_of(of).lower(),
    "upper": lambda of: text_of(of).upper(),
    "strip": lambda of: text_of(of).strip(),
    "replace": _replace,
    "startswith": lambda of, start: text_of(of).startswith(text_of(start)),
    "endswith": lambda of, end: text_of(of).endswith(text_of(end)),
}
TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda value: not is_missing(value),
    "undefined": is_missing,
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)),
    "string": lambda value: isinstance(value, str),
    "mapping": lambda value: isinstance(value, dict),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "eq": lambda value, other: bool(value == other),
    "equalto": lambda value, other: bool(value == other),
    "in": lambda value, those: value in those,
}
