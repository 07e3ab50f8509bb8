"""Templates of Home Assistant's MQTT devices: read by Jinja2, computed here, within bounds.

A template comes from the network. Jinja2's own parser reads it
(https://jinja.palletsprojects.com/templates), so that every form of the language is understood as
devices mean it; what it computes is decided here, node by node: no loops, no macros, no attribute
of a Python object, only values of JSON, and no text or table longer than LONGEST. So a template
can be wrong but can't hang, fill memory or reach anything. The filters are those of
https://www.home-assistant.io/docs/configuration/templating that make sense of one value.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from device.hands.home.templatewords import (
    FILTERS,
    FUNCTIONS,
    METHODS,
    MISSING,
    TESTS,
    BadTemplate,
    text_of,
)

LONGEST = 8_192
"""Characters of a template, and of anything that it makes."""
MOST_NODES = 600

Values = Mapping[str, Any]
Variables = dict[str, Any]


_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda a, b: a in b,
    "notin": lambda a, b: a not in b,
}
_ARITHMETIC: Mapping[type[nodes.Node], Callable[[Any, Any], Any]] = {
    nodes.Add: operator.add,
    nodes.Sub: operator.sub,
    nodes.Mul: operator.mul,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
    nodes.Mod: operator.mod,
}
_FORMS: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.Assign, nodes.Const,
    nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.CondExpr,
    nodes.Dict, nodes.Pair, nodes.List, nodes.Tuple, nodes.Concat, nodes.Call, nodes.Keyword,
    *_ARITHMETIC,
)  # fmt: skip


@lru_cache(maxsize=1024)
def compiled(text: str) -> nodes.Template:
    """The tree of a template. Raises BadTemplate for what is no template or uses a form, filter
    or test that isn't computed here.
    """
    if len(text) > LONGEST:
        raise BadTemplate("its template is too long")
    try:
        tree = Environment(autoescape=True).parse(text)
        found = list(tree.find_all(nodes.Node))
    except (TemplateSyntaxError, RecursionError, ValueError, OverflowError):
        raise BadTemplate("its template can't be read") from None
    if len(found) > MOST_NODES:
        raise BadTemplate("its template is too long")
    for node in found:
        _known(node)
    return tree


def _known(node: nodes.Node) -> None:
    words: Mapping[type[nodes.Node], Mapping[str, Any]] = {
        nodes.Filter: FILTERS,
        nodes.Test: TESTS,
    }
    named = words.get(type(node))
    if type(node) not in _FORMS:
        raise BadTemplate(f"its template uses {type(node).__name__.lower()}")
    if named is not None and getattr(node, "name", None) not in named:
        raise BadTemplate(f"its template uses {getattr(node, 'name', '')}")
    if isinstance(node, nodes.Call):
        called = node.node
        name = getattr(called, "name", None) or getattr(called, "attr", None)
        plain = isinstance(called, nodes.Name) and name in FUNCTIONS
        if not plain and not (isinstance(called, nodes.Getattr) and name in METHODS):
            raise BadTemplate(f"its template calls {name}")


def render(text: str, **variables: Any) -> str:
    """What a template makes of `variables` (values of JSON). Raises BadTemplate."""
    tree = compiled(text)
    known: Variables = dict(variables)
    written: list[str] = []
    try:
        _write(tree.body, known, written)
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError):
        raise BadTemplate("its template has no answer to this") from None
    return str(_short("".join(written))).strip()


def of_payload(text: str, payload: bytes) -> str | None:
    """What a value template makes of a message; None if it makes nothing of it."""
    try:
        value = payload.decode("utf-8")
    except ValueError:
        return None
    known: Variables = {"value": value}
    with suppress(ValueError, RecursionError):  # not every device talks JSON
        known["value_json"] = json.loads(value)
    try:
        return render(text, **known)
    except BadTemplate:
        return None


def _write(body: list[nodes.Node], known: Variables, written: list[str]) -> None:
    for node in body:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    data = isinstance(part, nodes.TemplateData)
                    written.append(part.data if data else text_of(_value(part, known)))  # type: ignore[attr-defined]
                _short("".join(written[-len(node.nodes) :]))
            case nodes.If():
                _write(_branch(node, known), known, written)
            case nodes.Assign(target=nodes.Name(name=name)):
                known[name] = _value(node.node, known)
            case _:
                raise BadTemplate("its template can't be read")


def _branch(node: nodes.If, known: Variables) -> list[nodes.Node]:
    if _value(node.test, known):
        return node.body
    for other in node.elif_:
        if _value(other.test, known):
            return other.body
    return node.else_


def _value(node: nodes.Node, known: Variables) -> Any:
    """The value of an expression."""
    match node:
        case nodes.Const():
            return node.value
        case nodes.Name():
            return known.get(node.name, MISSING)
        case nodes.Getattr():
            return _item(_value(node.node, known), node.attr)
        case nodes.Getitem():
            return _item(_value(node.node, known), _value(node.arg, known))
        case nodes.CondExpr() | nodes.And() | nodes.Or() | nodes.Not() | nodes.Compare():
            return _decided(node, known)
        case nodes.Dict() | nodes.List() | nodes.Tuple():
            return _table(node, known)
        case nodes.Concat():
            return _short("".join(text_of(_value(part, known)) for part in node.nodes))
        case nodes.Filter() | nodes.Test() | nodes.Call():
            return _called(node, known)
        case _:
            return _computed(node, known)


def _decided(node: nodes.Expr, known: Variables) -> Any:
    """What depends on whether something is so."""
    match node:
        case nodes.CondExpr():
            chosen = node.expr1 if _value(node.test, known) else node.expr2
            return MISSING if chosen is None else _value(chosen, known)
        case nodes.And():
            return _value(node.left, known) and _value(node.right, known)
        case nodes.Or():
            return _value(node.left, known) or _value(node.right, known)
        case nodes.Not():
            return not _value(node.node, known)
        case nodes.Compare():
            return _compare(node, known)


def _item(of: Any, key: Any) -> Any:
    """A value of a table or a list; nothing of any other object."""
    if isinstance(of, dict):
        return of.get(key, MISSING)
    if isinstance(of, (list, tuple, str)) and type(key) is int and -len(of) <= key < len(of):
        return of[key]
    return MISSING


def _compare(node: nodes.Compare, known: Variables) -> bool:
    left = _value(node.expr, known)
    for operand in node.ops:
        right = _value(operand.expr, known)
        if not _COMPARE[operand.op](left, right):
            return False
        left = right
    return True


def _table(node: nodes.Dict | nodes.List | nodes.Tuple, known: Variables) -> Any:
    if isinstance(node, nodes.Dict):
        made: Any = {_value(p.key, known): _value(p.value, known) for p in node.items}
    else:
        made = [_value(item, known) for item in node.items]
    # tables of tables of one value grow with no loop: each is measured when it is made
    _short(json.dumps(made, default=str, skipkeys=True))
    return made


def _called(node: nodes.Filter | nodes.Test | nodes.Call, known: Variables) -> Any:
    given = [_value(argument, known) for argument in node.args]
    named = {
        str(k.key): _value(k.value, known) for k in node.kwargs if isinstance(k, nodes.Keyword)
    }
    match node:
        case nodes.Filter() if node.node is not None:
            return _short(FILTERS[node.name](_value(node.node, known), *given, **named))
        case nodes.Test():
            return TESTS[node.name](_value(node.node, known), *given)
        case nodes.Call(node=nodes.Name(name=name)):
            return _short(FUNCTIONS[name](*given, **named))
        case nodes.Call(node=nodes.Getattr(node=of, attr=name)):
            return _short(METHODS[name](_value(of, known), *given))
    raise BadTemplate("its template can't be read")


def _computed(node: nodes.Node, known: Variables) -> Any:
    """Arithmetic with numbers; texts can be joined and nothing else."""
    if isinstance(node, (nodes.Neg, nodes.Pos)):
        number = _number(_value(node.node, known))
        return -number if isinstance(node, nodes.Neg) else number
    compute = _ARITHMETIC[type(node)]
    left, right = _value(node.left, known), _value(node.right, known)  # type: ignore[attr-defined]
    if isinstance(node, nodes.Add) and isinstance(left, str) and isinstance(right, str):
        return _short(left + right)
    return _number(compute(_number(left), _number(right)))


def _number(value: Any) -> int | float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or abs(value) > 1e15:
        raise ValueError("not a number of this world")
    return value


def _short(value: Any) -> Any:
    if isinstance(value, (str, list)) and len(value) > LONGEST:
        raise BadTemplate("its template makes too much")
    return value
