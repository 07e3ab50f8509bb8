"""One sentence file, read: YAML in hassil's form, checked, every fault with its line.

language: en
lists:
  minutes: {range: {from: 1, to: 120, multiplier: 60}}
  color: {values: [{in: "(red|crimson)", out: red}]}
  light: {names: {kind: device, domains: [light]}}
expansion_rules:
  please: "[please]"
intents:
  TIMER_SET:
    may_ask: true
    confirm: false
    data:
      - sentences: ["<please> set a timer for {minutes:duration}"]
        slots: {}
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import yaml

from device.language.lineyaml import Line, load
from device.language.templates import BadTemplate, Node, Tokens, parse, spellings

_TOP = (
    "language",
    "lists",
    "expansion_rules",
    "intents",
    "never_ignore",
    "small_words",
    "opposites",
    "confusions",
    "before",
    "after",
)


MOST_NUMBERS = 2000  # of one range: each is spelled out
LARGEST = 2**31 - 1  # what a letter can carry
_NO_SHAPE = (ValueError, TypeError, AttributeError, LookupError, RecursionError, OverflowError)


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong in a sentence file, and where. A `note` is worth knowing but no mistake."""

    file: str
    line: int
    what: str
    note: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Names:
    """A list filled from the table of names."""

    kind: str
    domains: tuple[str, ...] = ()


@dataclass
class ListSource:
    """Where the values of one list come from."""

    line: int
    ranges: list[tuple[range, int]] = field(default_factory=list)
    """(numbers, multiplier)"""
    texts: list[tuple[tuple[str, ...], Any]] = field(default_factory=list)
    """(words, out); `out` None: the value is the place in the list."""
    names: list[Names] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """Sentences of one intent that share their fixed slots."""

    line: int
    sentences: tuple[tuple[int, Node], ...]
    """(line, tree)"""
    slots: dict[str, Any]


@dataclass
class IntentSource:
    """What a file says of one intent."""

    line: int
    blocks: list[Block] = field(default_factory=list)
    may_ask: bool = False
    confirm: bool = False


@dataclass
class SentenceFile:
    """A sentence file as read; everything faulty is left out and named in `faults`."""

    file: str
    language: str = ""
    lists: dict[str, ListSource] = field(default_factory=dict)
    rules: dict[str, tuple[int, Node]] = field(default_factory=dict)
    intents: dict[str, IntentSource] = field(default_factory=dict)
    never_ignore: tuple[str, ...] = ()
    small_words: tuple[str, ...] = ()
    before: Node | None = None
    """What may be said before every sentence of this file."""
    after: Node | None = None
    """What may be said after every sentence of this file: courtesy that no sentence needs."""
    opposites: tuple[tuple[str, ...], ...] = ()
    confusions: tuple[tuple[str, ...], ...] = ()
    """What recognizers write, and what may have been said."""
    faults: list[Fault] = field(default_factory=list)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint at the nearest of `known`, or nothing."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def read(file: str, text: str, tokens: Tokens) -> SentenceFile:
    """Reads the YAML `text` of `file`. Never raises for what it finds in it."""
    return _Reader(file, tokens).read(text)


class _Reader:
    def __init__(self, file: str, tokens: Tokens) -> None:
        self._out = SentenceFile(file)
        self._tokens = tokens

    def _fault(self, at: object, what: str) -> None:
        line = at if isinstance(at, int) else getattr(at, "line", 1)
        self._out.faults.append(Fault(self._out.file, line, what))

    def read(self, text: str) -> SentenceFile:
        try:
            content = load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error)
            self._fault(mark.line + 1 if mark else 1, f"not YAML: {problem}")
            return self._out
        except _NO_SHAPE as error:
            self._fault(1, f"not a sentence file: {error}")
            return self._out
        for key, value in self._table(content or {}, "the file").items():
            self._guarded(key, self._take, key, value)
        return self._out

    def _guarded(self, at: object, part: Callable[..., None], *given: Any) -> None:
        """A part of another shape than it must have costs itself."""
        try:
            part(*given)
        except _NO_SHAPE as error:
            self._fault(at, f"{str(at)[:60]} has another shape than it must have: {error}")

    def _take(self, key: Any, value: Any) -> None:
        if key not in _TOP:
            self._fault(key, f"unknown key {key}{did_you_mean(str(key), _TOP)}")
        elif key == "language":
            self._out.language = str(value)
        elif key in ("never_ignore", "small_words"):
            words = tuple(w for v in value or () for w in self._tokens(str(v)))
            setattr(self._out, key, words)
        elif key in ("before", "after"):
            setattr(self._out, key, self._plain(value, key))
        elif key in ("opposites", "confusions"):
            groups = (self._tokens(str(words)) for words in value or ())
            setattr(self._out, key, tuple(group for group in groups if group))
        else:
            for name, body in self._table(value or {}, key).items():
                if not isinstance(name, Line):
                    self._fault(key, f"the name {name} must be a text")
                    continue
                self._guarded(name, getattr(self, f"_{key}"), name, body)

    def _table(self, value: Any, what: str) -> dict[Any, Any]:
        if isinstance(value, dict):
            return value
        self._fault(value, f"{what} must be a table of names")
        return {}

    def _parse(self, text: Any, at: object) -> Node | None:
        if not isinstance(text, str | int):
            self._fault(at, "a sentence must be a text")
            return None
        try:
            return parse(str(text), self._tokens)
        except BadTemplate as error:
            self._fault(text if isinstance(text, Line) else at, f"{error}")
            return None

    def _plain(self, text: Any, at: object) -> Node | None:
        """What may be said around sentences: words only, no lists, no rules."""
        node = self._parse(text, at)
        try:
            return node if node is None or list(spellings(node)) else None
        except BadTemplate:
            self._fault(at, "what is said before or after sentences cannot use lists or rules")
            return None

    def _expansion_rules(self, name: Line, body: Any) -> None:
        node = self._parse(body, name)
        if node is not None:
            self._out.rules[str(name)] = (name.line, node)

    def _lists(self, name: Line, body: Any) -> None:
        source = ListSource(name.line)
        for key, value in self._table(body, f"the list {name}").items():
            if key == "range":
                self._range(source, key, value)
            elif key == "values":
                for entry in value or []:
                    self._value(source, entry, key)
            elif key == "names":
                domains = tuple(str(domain) for domain in value.get("domains", ()))
                source.names.append(Names(str(value.get("kind", "")), domains))
            else:
                known = ("range", "values", "names")
                self._fault(key, f"unknown key {key} of a list{did_you_mean(key, known)}")
        self._out.lists[str(name)] = source

    def _range(self, source: ListSource, at: Line, value: Any) -> None:
        table = self._table(value, "a range")
        try:
            low, high = int(table["from"]), int(table["to"])
            step, times = int(table.get("step", 1)), int(table.get("multiplier", 1))
            numbers = range(low, high + 1, step)
            if max(abs(low), abs(high)) * max(1, abs(times)) > LARGEST:
                self._fault(at, f"a number of a range is larger than {LARGEST}")
            elif len(numbers) > MOST_NUMBERS:
                self._fault(at, f"a range of {len(numbers)} numbers; at most {MOST_NUMBERS}")
            else:
                source.ranges.append((numbers, times))
        except (KeyError, TypeError, ValueError, OverflowError):
            self._fault(at, "a range needs whole numbers `from` and `to` (and `step`)")

    def _value(self, source: ListSource, entry: Any, at: Line) -> None:
        shaped = entry if isinstance(entry, dict) else {"in": entry}
        node = self._parse(shaped.get("in"), at)
        if node is None:
            return
        try:
            texts = list(dict.fromkeys(spellings(node)))
        except BadTemplate as error:
            self._fault(shaped.get("in"), str(error))
            return
        source.texts.extend((words, shaped.get("out")) for words in texts if words)

    def _intents(self, name: Line, body: Any) -> None:
        intent = self._out.intents.setdefault(str(name), IntentSource(name.line))
        for key, value in self._table(body, f"the intent {name}").items():
            if key in ("may_ask", "confirm"):
                setattr(intent, key, value is True)
            elif key == "data":
                for block in value or []:
                    self._block(intent, name, block)
            else:
                known = ("data", "may_ask", "confirm")
                self._fault(key, f"unknown key {key} of an intent{did_you_mean(key, known)}")

    def _block(self, intent: IntentSource, name: Line, body: Any) -> None:
        table = self._table(body, f"the data of {name}")
        sentences = []
        for text in table.get("sentences") or []:
            node = self._parse(text, name)
            if node is not None:
                sentences.append((getattr(text, "line", name.line), node))
        line = sentences[0][0] if sentences else name.line
        slots = {str(key): value for key, value in (table.get("slots") or {}).items()}
        intent.blocks.append(Block(line, tuple(sentences), slots))
