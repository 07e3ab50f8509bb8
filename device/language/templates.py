"""Sentence templates: hassil's syntax, parsed by hassil, as small trees of whole words.

hassil's own trees hold pieces of text with blanks; here a leaf is a run of words. Text glued to
a group ("light[s]") is multiplied out; text glued to a list or rule ("l'{name}") is parted.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from hassil import expression as hassil
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

T = TypeVar("T")
Tokens = Callable[[str], tuple[str, ...]]
MOST_CHARACTERS = 4000
MOST_SPELLINGS = 5000
"""Of glued text, or of one value of a list: each is written out."""
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
    if len(template) > MOST_CHARACTERS:
        raise BadTemplate(f"a sentence of more than {MOST_CHARACTERS} characters")
    try:
        return _node(parse_sentence(str(template)).expression, tokens)
    except BadTemplate:
        raise
    except RecursionError as error:
        raise BadTemplate("brackets within brackets without end") from error
    except (ParseError, AssertionError, ValueError, LookupError, TypeError) as error:
        raise BadTemplate(str(error) or "brackets that do not match") from error


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
        parts = [[piece] if isinstance(piece, str) else _few(_texts(piece)) for piece in unit]
        texts = dict.fromkeys("".join(choice) for choice in _product(parts))
        return Choice(tuple(Words(tokens(text)) for text in texts))
    nodes = [Words(tokens(p)) if isinstance(p, str) else _node(p, tokens) for p in unit]
    return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes))


def _few(some: Iterator[T]) -> list[T]:
    """All of them, if they are few. Raises BadTemplate."""
    found = list(itertools.islice(some, MOST_SPELLINGS + 1))
    if len(found) > MOST_SPELLINGS:
        raise BadTemplate(f"it can be spelled in more than {MOST_SPELLINGS} ways")
    return found


def _product(parts: list[list[T]]) -> Iterator[tuple[T, ...]]:
    """One of each. Raises BadTemplate if there are too many ways."""
    if math.prod(map(len, parts)) > MOST_SPELLINGS:
        raise BadTemplate(f"it can be spelled in more than {MOST_SPELLINGS} ways")
    return itertools.product(*parts)


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
        if len(expression.items) > MOST_PERMUTED:
            raise BadTemplate(f"a permutation of more than {MOST_PERMUTED} parts")
        for order in itertools.permutations(expression.items):
            yield from _joined(order)
    elif isinstance(expression, hassil.Group):
        yield from _joined(tuple(expression.items))


def _joined(items: tuple[hassil.Expression, ...]) -> Iterator[str]:
    for choice in _product([_few(_texts(item)) for item in items]):
        yield "".join(choice)


def size(node: Node, of_rule: Callable[[str], int], of_list: Callable[[str], int]) -> int:
    """How many words a tree is with its rules and lists written out: what it costs to build."""
    known: dict[int, int] = {}

    def count(node: Node) -> int:
        number = known.get(id(node))
        if number is None:
            match node:
                case Words(words):
                    number = len(words)
                case Sequence(items) | Choice(items):
                    number = sum(map(count, items))
                case RuleRef(name):
                    number = of_rule(name)
                case ListRef(name):
                    number = of_list(name)
            known[id(node)] = number
        return number

    return count(node)


def spellings(node: Node) -> Iterator[tuple[str, ...]]:
    """Every run of words that a tree without lists and rules stands for. Raises BadTemplate."""
    match node:
        case Words(words):
            yield words
        case Choice(items):
            for item in items:
                yield from spellings(item)
        case Sequence(items):
            for parts in _product([_few(spellings(item)) for item in items]):
                yield tuple(word for part in parts for word in part)
        case _:
            raise BadTemplate("a value of a list cannot use lists or rules")
