"""Sentence templates: hassil's syntax, parsed by hassil, as small trees of whole words.

hassil's own trees hold pieces of text with blanks; here a leaf is a run of words. Text glued to
a group ("light[s]") is multiplied out; text glued to a list or rule ("l'{name}") is parted.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hassil import expression as hassil
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

Tokens = Callable[[str], tuple[str, ...]]
MOST_PERMUTED = 5
"""Items of one permutation: each order is a branch, so they are few."""


class BadTemplate(ValueError):
    """A template that is not of hassil's syntax, or uses it in a way that has no meaning here."""


@dataclass(frozen=True, eq=False)
class Words:
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Choice:
    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class ListRef:
    name: str
    slot: str


@dataclass(frozen=True, eq=False)
class RuleRef:
    name: str


Node = Words | Sequence | Choice | ListRef | RuleRef
_Piece = str | hassil.Expression


def parse(template: str, tokens: Tokens) -> Node:
    """The tree of `template`; `tokens` makes words of its text. Raises BadTemplate."""
    try:
        parsed = parse_sentence(str(template))
    except (ParseError, AssertionError) as error:
        raise BadTemplate(str(error) or "brackets that do not match") from error
    return _node(parsed.expression, tokens)


def _node(expression: hassil.Expression, tokens: Tokens) -> Node:
    match expression:
        case hassil.TextChunk():
            return Words(tokens(expression.text))
        case hassil.ListReference():
            return ListRef(expression.list_name, expression.slot_name)
        case hassil.RuleReference():
            return RuleRef(expression.rule_name)
        case hassil.Alternative():
            return Choice(tuple(_node(item, tokens) for item in expression.items))
        case hassil.Permutation():
            return _permutation([_node(item, tokens) for item in expression.items])
        case hassil.Group():
            return Sequence(tuple(_unit(unit, tokens) for unit in _units(expression.items)))
    raise BadTemplate(f"{type(expression).__name__} cannot be used here")


def _permutation(items: list[Node]) -> Node:
    if len(items) > MOST_PERMUTED:
        raise BadTemplate(f"a permutation of {len(items)} parts; at most {MOST_PERMUTED}")
    return Choice(tuple(Sequence(order) for order in itertools.permutations(items)))


def _units(items: list[hassil.Expression]) -> Iterator[list[_Piece]]:
    """Parts `items` at blanks: each unit is a list of pieces with no blank between them."""
    unit: list[_Piece] = []
    for item in items:
        if not isinstance(item, hassil.TextChunk):
            unit.append(item)
            continue
        parts = item.text.split(" ")
        for number, part in enumerate(parts):
            if number and unit:
                yield unit
                unit = []
            if part:
                unit.append(part)
    if unit:
        yield unit


def _unit(unit: list[_Piece], tokens: Tokens) -> Node:
    if len(unit) > 1 and all(isinstance(piece, str) or _is_text(piece) for piece in unit):
        parts = [[piece] if isinstance(piece, str) else list(_texts(piece)) for piece in unit]
        texts = dict.fromkeys("".join(choice) for choice in itertools.product(*parts))
        return Choice(tuple(Words(tokens(text)) for text in texts))
    nodes = [Words(tokens(p)) if isinstance(p, str) else _node(p, tokens) for p in unit]
    return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))


def _is_text(expression: hassil.Expression) -> bool:
    if isinstance(expression, hassil.Group):
        return all(_is_text(item) for item in expression.items)
    return isinstance(expression, hassil.TextChunk)


def _texts(expression: hassil.Expression) -> Iterator[str]:
    """Every text that a purely textual expression stands for."""
    if isinstance(expression, hassil.TextChunk):
        yield expression.text
    elif isinstance(expression, hassil.Alternative):
        for item in expression.items:
            yield from _texts(item)
    elif isinstance(expression, hassil.Permutation):
        for order in itertools.permutations(expression.items):
            yield from _joined(order)
    elif isinstance(expression, hassil.Group):
        yield from _joined(tuple(expression.items))


def _joined(items: tuple[hassil.Expression, ...]) -> Iterator[str]:
    for choice in itertools.product(*(list(_texts(item)) for item in items)):
        yield "".join(choice)


def spellings(node: Node) -> Iterator[tuple[str, ...]]:
    """Every run of words that a tree without lists and rules stands for. Raises BadTemplate."""
    match node:
        case Words(words):
            yield words
        case Choice(items):
            for item in items:
                yield from spellings(item)
        case Sequence(items):
            for parts in itertools.product(*(list(spellings(item)) for item in items)):
                yield tuple(word for part in parts for word in part)
        case _:
            raise BadTemplate("a value of a list cannot use lists or rules")
