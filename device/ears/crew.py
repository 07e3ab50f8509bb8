"""Who understands: an engine, the household's sentences, and the spotter of the stop word.

Made in the recognizer's parent, which has model files to read and no microphone yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.config import Config
from device.ears.engines import Crew, Engine
from device.ears.lexicon import Lexicon
from device.mind.graph import Graph, minimal, without
from device.mind.matcher import Matcher
from device.mind.sentences import Sentences
from device.mind.types import Intent, Progress, Request
from device.modelstore import ModelStore

ANSWERS = frozenset((Intent.ANSWER, Intent.YES, Intent.NO))
"""Intents that mean something only after a question. They are also the shortest and vaguest
sentences there are ("ten", "the second"), which is why nothing else may be heard as one."""


def build_crew(config: Config, sentences: Sentences, store: ModelStore) -> Crew:
    """Everything that the recognizer's children work with. Raises ModelMissing, ModelChanged."""
    lexicon = Lexicon(sentences.graph.words)
    return crew_of(_engine(config, sentences, lexicon, store), sentences, lexicon)


def crew_of(engine: Engine, sentences: Sentences, lexicon: Lexicon) -> Crew:
    """`engine` with the household's sentences."""
    matcher, commands = Matcher(sentences, lexicon.pronounce), commands_of(sentences)

    def understand(words: Sequence[str], asked: bool) -> Request | None:
        request = matcher.match(words)
        return None if request and request.intent in ANSWERS and not asked else request

    def progress(words: Sequence[str], asked: bool) -> Progress:
        return (sentences.graph if asked else commands).progress(words)

    return Crew(engine, progress, understand)


def commands_of(sentences: Sentences) -> Graph:
    """What can be said after a wake word: everything that isn't an answer to a question."""
    return minimal(without(sentences.automaton, ANSWERS))


def _engine(config: Config, sentences: Sentences, lexicon: Lexicon, store: ModelStore) -> Engine:
    from device.ears.engines.pocketsphinx import PocketSphinx

    return PocketSphinx(commands_of(sentences), sentences.graph, lexicon)
