"""Sentence files of one language, merged: what can be said, and what it means.

Packaged file and the household's own files are one set of sentences. A later file wins where two
sentences say the same; its lists add to those of the same name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from device.language import sentencefile
from device.language.automaton import DEAD, Automaton, Builder, Meaning, Tag
from device.language.graph import Graph, minimal
from device.language.lists import Lists, Names, number_in
from device.language.sentencefile import Fault, IntentSource, SentenceFile, did_you_mean
from device.language.templates import Choice, ListRef, Node, RuleRef, Sequence, size, spellings
from device.language.text import tokens
from device.mind.types import Intent, Slot

_RANKS_PER_FILE = 100_000
MOST_WORDS = 50_000
"""Of one sentence, with its rules and lists written out; the packaged ones have 2,000."""
MOST_OF_FILE = 200_000


@dataclass(frozen=True)
class Sentences:
    """Everything that can be said in one language, in this household."""

    language: str
    automaton: Automaton
    faults: tuple[Fault, ...]
    asking: frozenset[int]
    confirming: frozenset[int]
    never_ignore: frozenset[str]
    """Words that make all the difference: with one of them, only the exact sentence counts."""
    small_words: frozenset[str]
    """Words that are easily swallowed, or said without need."""
    polite: frozenset[str]
    """Words of what may be said before or after any sentence."""
    opposites: Mapping[str, frozenset[str]]
    """Words that are never taken for one another, however alike they sound."""
    confusions: Mapping[str, frozenset[str]]
    """A word that recognizers write → what may have been said."""
    sources: Mapping[int, tuple[str, int]] = field(repr=False)
    """rank of a meaning → (file, line)"""
    lists: Mapping[str, tuple[tuple[str, int], ...]] = field(repr=False)
    """list → (text, value), for those that want a value's text again"""

    @cached_property
    def graph(self) -> Graph:
        """The minimal word graph: the grammar of every recognizer."""
        return minimal(self.automaton)

    def tokens(self, text: str) -> tuple[str, ...]:
        """`text` as words of this language, the way the graph spells them."""
        return tokens(text, self.language)

    def may_ask(self, intent: int) -> bool:
        """Whether the hands may ask back once after this intent."""
        return intent in self.asking or intent in self.confirming

    def confirm(self, intent: int) -> bool:
        """Whether the household wants to be asked before this intent is acted on."""
        return intent in self.confirming


def load(texts: Mapping[str, str], names: Names, language: str) -> Sentences:
    """Reads and merges the YAML `texts` (file name → text; later files win) of `language`.

    Files of another language are left out. Faulty sentences are left out and named in `faults`.
    """
    split = partial(tokens, language=language)
    files = [sentencefile.read(file, text, split) for file, text in texts.items()]
    return _Merger(language, names, [f for f in files if f.language in ("", language)]).sentences()


class _Merger:
    def __init__(self, language: str, names: Names, files: list[SentenceFile]) -> None:
        self._language = language
        self._names = names
        self._files = files
        self._faults = [fault for file in files for fault in file.faults]
        self._rules: dict[str, Node] = {}
        self._sizes: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        """file → words of its sentences so far"""
        self._lists = Lists(language, names)
        self._sources: dict[int, tuple[str, int]] = {}
        self._asking: set[int] = set()
        self._confirming: set[int] = set()

    def sentences(self) -> Sentences:
        for file in self._files:
            self._take_rules(file)
            self._lists.take(file.lists)
        self._check_rules()
        builder = Builder(self._rules, self._lists.resolved)
        starts: list[int] = []
        for number, file in enumerate(self._files):
            bare = builder.union(
                start
                for name, source in file.intents.items()
                for start in self._intent_starts(builder, number, file, name, source)
            )
            starts.append(bare)
            if file.before is not None:
                starts.append(builder.before(file.before, bare))
        automaton = builder.automaton(starts, self._courtesy())
        return Sentences(
            language=self._language,
            automaton=automaton,
            faults=tuple(dict.fromkeys(self._faults)),
            asking=frozenset(self._asking),
            confirming=frozenset(self._confirming),
            never_ignore=frozenset(word for file in self._files for word in file.never_ignore),
            small_words=frozenset(word for file in self._files for word in file.small_words),
            polite=frozenset(word for words in self._around() for word in words),
            opposites=self._opposites(),
            confusions=self._confusions(),
            sources=self._sources,
            lists=self._lists.texts(),
        )

    def _fault(self, file: str, line: int, what: str) -> None:
        self._faults.append(Fault(file, line, what))

    def _take_rules(self, file: SentenceFile) -> None:
        for name, (line, node) in file.rules.items():
            if name in self._rules:
                self._fault(
                    file.file, line, f"the rule <{name}> exists already; give it a new name"
                )
            else:
                self._rules[name] = node

    def _check_rules(self) -> None:
        """Takes out rules that refer to themselves, and all faulty ones."""
        for file in self._files:
            for name, (line, node) in file.rules.items():
                if self._refers_to(node, name, set()):
                    self._fault(file.file, line, f"the rule <{name}> refers to itself")
                    self._rules.pop(name, None)

    def _refers_to(self, node: Node, name: str, seen: set[object]) -> bool:
        """Whether a rule is met again below itself; `seen` are parts and rules looked at."""
        match node:
            case RuleRef(other):
                if other == name:
                    return True
                if other in seen or other not in self._rules:
                    return False
                seen.add(other)
                return self._refers_to(self._rules[other], name, seen)
            case Sequence(items) | Choice(items):
                if node in seen:
                    return False
                seen.add(node)
                return any(self._refers_to(item, name, seen) for item in items)
        return False

    def _intent(self, file: str, line: int, name: str) -> int | None:
        if name in Intent.__members__:
            return int(Intent[name])
        own = {command.key: command.id for command in self._names.of_kind("command")}
        if name in own:
            return own[name]
        hint = did_you_mean(name, [*Intent.__members__, *own])
        self._fault(file, line, f"no intent or own command is called {name}{hint}")
        return None

    def _around(self) -> list[tuple[str, ...]]:
        nodes = [node for file in self._files for node in (file.before, file.after) if node]
        return [words for node in nodes for words in spellings(node)]

    def _courtesy(self) -> frozenset[str]:
        nodes = [file.after for file in self._files if file.after is not None]
        return frozenset(words[0] for node in nodes for words in spellings(node) if words)

    def _intent_starts(
        self, builder: Builder, number: int, file: SentenceFile, name: str, source: IntentSource
    ) -> list[int]:
        intent = self._intent(file.file, source.line, name)
        if intent is None:
            return []
        self._asking |= {intent} if source.may_ask else set()
        self._confirming |= {intent} if source.confirm else set()
        starts = []
        for block in source.blocks:
            rank = len(self._sources) + 1 - number * _RANKS_PER_FILE
            self._sources[rank] = (file.file, block.line)
            end = builder.end(Meaning(rank, intent, self._fixed_slots(file.file, block)))
            if file.after is not None:
                end = builder.before(file.after, end)
            starts += self._block(builder, file.file, block, end)
        return starts

    def _block(self, builder: Builder, file: str, block: sentencefile.Block, end: int) -> list[int]:
        starts = []
        for line, node in block.sentences:
            problem = self._unknown_reference(node, set())
            if problem:
                self._fault(file, line, problem)
            if problem or self._too_much(file, line, node):
                continue
            start = builder.before(node, end)
            if builder.is_final(start):
                self._fault(file, line, "this sentence can be empty")
            elif start != DEAD:
                starts.append(start)
        return starts

    def _fixed_slots(self, file: str, block: sentencefile.Block) -> Tag:
        fixed = []
        for name, value in block.slots.items():
            slot = Slot.__members__.get(name.upper())
            number = None if slot is None else number_in(slot, value)
            if slot is None or number is None:
                self._fault(file, block.line, f"no such slot or value: {name}: {value}")
            else:
                fixed.append((slot, number))
        return tuple(sorted(fixed))

    def _unknown_reference(self, node: Node, seen: set[object]) -> str | None:
        """What is wrong with the lists and rules of `node`; resolves its lists on the way."""
        if node in seen:
            return None
        seen.add(node)
        match node:
            case Sequence(items) | Choice(items):
                problems = (self._unknown_reference(item, seen) for item in items)
                return next((problem for problem in problems if problem), None)
            case RuleRef(name):
                if name not in self._rules:
                    return f"no rule is called <{name}>{did_you_mean(name, self._rules)}"
                return self._unknown_reference(self._rules[name], seen)
            case ListRef(name, slot):
                return self._lists.resolve(name, slot)
        return None

    def _size(self, node: Node) -> int:
        """Words of a sentence with everything in it written out."""
        return size(node, self._size_of_rule, self._lists.size)

    def _size_of_rule(self, name: str) -> int:
        if name not in self._sizes:
            self._sizes[name] = self._size(self._rules[name])
        return self._sizes[name]

    def _too_much(self, file: str, line: int, node: Node) -> bool:
        """Whether a sentence, or all so far, would take too much to build."""
        if file == self._files[0].file:
            return False  # the packaged one grows with the names of a household only
        words = self._size(node)
        taken = self._taken.get(file, 0) + words
        if words > MOST_WORDS or taken > MOST_OF_FILE:
            most = MOST_WORDS if words > MOST_WORDS else MOST_OF_FILE
            whole = "this sentence" if words > MOST_WORDS else "this file"
            self._fault(file, line, f"too much: {whole} has more than {most} words, written out")
            return True
        self._taken[file] = taken
        return False

    def _opposites(self) -> dict[str, frozenset[str]]:
        apart: dict[str, frozenset[str]] = {}
        for file in self._files:
            for group in file.opposites:
                for word in group:
                    apart[word] = apart.get(word, frozenset()) | (set(group) - {word})
        return apart

    def _confusions(self) -> dict[str, frozenset[str]]:
        meant: dict[str, set[str]] = defaultdict(set)
        for file in self._files:
            for written, *said in file.confusions:
                meant[written].update(said)
        return {written: frozenset(said) for written, said in meant.items()}
