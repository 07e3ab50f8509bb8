"""The packaged sentences with a table of names, compiled once for all tests of mind/."""

from __future__ import annotations

import functools

from device.language.matcher import Matcher
from device.language.rendering import rendered as plainly
from device.language.sentences import Sentences, load
from device.mind.types import Request
from device.names import NameTable
from device.names.sentences import packaged

NO_NAMES = NameTable()


@functools.cache
def packaged_sentences(language: str, names: NameTable) -> Sentences:
    """The packaged sentences of a language with these names; they have no fault."""
    sentences = load({f"{language}.yaml": packaged(language)}, names, language)
    assert sentences.faults == ()
    return sentences


@functools.cache
def matcher(language: str, names: NameTable = NO_NAMES) -> Matcher:
    """A matcher that compares by spelling."""
    return Matcher(packaged_sentences(language, names))


def rendered(request: Request | None, names: NameTable = NO_NAMES) -> str:
    """`TURN_ON area="Kitchen" kind=light`: as the tables under tests/ write it."""
    return plainly(request, names)
