"""The values of the lists in sentence files: how each is said, and the number it stands for.

A list may have ranges of numbers, texts and names of the household; lists of one name add up over
files. What a value stands for depends on the slot that a sentence puts it in, so that is found
where a sentence names list and slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from device.language.automaton import Value
from device.language.numbers import spell
from device.language.sentencefile import LARGEST, ListSource, did_you_mean
from device.language.text import tokens
from device.mind.types import Color, Kind, Slot

Spoken = tuple[tuple[str, ...], Any]
"""One spelling of a list's value, and the value as the file has it."""
_ENUMS: dict[Slot, type[Color] | type[Kind]] = {Slot.COLOR: Color, Slot.KIND: Kind}


class SpokenName(Protocol):
    """What is needed here of a name in the table of names."""

    @property
    def id(self) -> int: ...
    @property
    def domain(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def spoken(self) -> tuple[str, ...]: ...


class Names(Protocol):
    """The table of names, as far as sentences need it."""

    def of_kind(self, kind: str) -> Iterable[SpokenName]: ...


class Lists:
    """The lists of all files of one language."""

    def __init__(self, language: str, names: Names) -> None:
        self._language = language
        self._names = names
        self._values: dict[str, list[Spoken]] = {}
        self.resolved: dict[tuple[str, str], tuple[Slot, list[Value]]] = {}
        """(list, slot's name) → (slot, values), for those that a sentence has named."""

    def take(self, lists: Mapping[str, ListSource]) -> None:
        """Add the lists of one file to those of the same name."""
        for name, source in lists.items():
            self._values.setdefault(name, []).extend(self._spoken(source))

    def _spoken(self, source: ListSource) -> list[Spoken]:
        values: list[Spoken] = []
        for numbers, multiplier in source.ranges:
            for number in numbers:
                for words in spell(number, self._language):
                    values.append((words, number * multiplier))
        for place, (words, out) in enumerate(source.texts):
            values.append((words, place if out is None else out))
        for wanted in source.names:
            for item in self._names.of_kind(wanted.kind):
                if not wanted.domains or item.domain in wanted.domains:
                    for text in item.spoken:
                        values.append((tokens(text, self._language), item.id))
        return values

    def resolve(self, name: str, slot_name: str) -> str | None:
        """Give each value of a list its number in a slot; what is wrong with that, or None."""
        if (name, slot_name) in self.resolved:
            return None
        if name not in self._values:
            return f"no list is called {{{name}}}{did_you_mean(name, self._values)}"
        slot = Slot.__members__.get(slot_name.upper())
        if slot is None:
            known = [member.lower() for member in Slot.__members__]
            return f"no slot is called {slot_name}{did_you_mean(slot_name, known)}"
        values: dict[tuple[str, ...], int] = {}
        for words, out in self._values[name]:
            number = number_in(slot, out)
            if number is None:
                return f"the list {{{name}}} has the value {out}, which {slot_name} cannot hold"
            values.setdefault(words, number)
        self.resolved[name, slot_name] = (slot, list(values.items()))
        return None

    def size(self, name: str) -> int:
        """Words of a list, written out."""
        return sum(len(words) for words, _ in self._values[name])

    def texts(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """list → (text, number), of all that was resolved."""
        return {
            name: tuple((" ".join(words), value) for words, value in values)
            for (name, _), (_, values) in self.resolved.items()
        }


def number_in(slot: Slot, value: Any) -> int | None:
    """The integer that a value of a sentence file stands for in `slot`."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else None
    member = _ENUMS[slot].__members__.get(str(value).upper()) if slot in _ENUMS else None
    return None if member is None else int(member)
