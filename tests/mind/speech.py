"""Texts as requests, and requests as text, for the tests of mind/."""

from __future__ import annotations

import functools

from device.mind.matcher import Matcher
from device.mind.sentences import Sentences, load
from device.mind.types import Color, Intent, Kind, Request, Slot
from device.names import NameTable
from device.sentencefiles import packaged

NO_NAMES = NameTable()
_ENUMS = {Slot.COLOR: Color, Slot.KIND: Kind}
_NAMED = {
    Slot.DEVICE, Slot.AREA, Slot.FLOOR, Slot.TIMER_NAME, Slot.LIST, Slot.ITEM, Slot.PLAYLIST,
    Slot.ARTIST, Slot.STATION, Slot.SPEAKER, Slot.ANNOUNCEMENT,
}  # fmt: skip


@functools.cache
def packaged_sentences(language: str, names: NameTable) -> Sentences:
    """The packaged sentences of a language with these names; they have no fault."""
    sentences = load({f"{language}.yaml": packaged(language)}, names, language)
    assert sentences.faults == ()
    return sentences


@functools.cache
def matcher(language: str, names: NameTable = NO_NAMES) -> Matcher:
    return Matcher(packaged_sentences(language, names))


def rendered(request: Request | None, names: NameTable = NO_NAMES) -> str:
    """`TURN_ON area="Kitchen" kind=light`: as the tables under tests/ write it; slots by name."""
    if request is None:
        return "-"
    name = names.get(request.intent)
    words = [name.key if name else Intent(request.intent).name]
    for slot, value in sorted(request.slots, key=lambda pair: pair[0].name):
        words.append(f"{slot.name.lower()}={_value(slot, value, names)}")
    return " ".join(words)


def _value(slot: Slot, value: int, names: NameTable) -> str:
    if slot in _ENUMS:
        return _ENUMS[slot](value).name.lower()
    if slot in _NAMED:
        name = names.get(value)
        assert name is not None
        return f'"{name.text}"'
    return str(value)
