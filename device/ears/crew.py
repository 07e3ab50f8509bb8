"""Who understands: an engine, the household's sentences, and the spotter of the stop word.

Made in the recognizer's parent, which has model files to read and no microphone yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.config import Config
from device.ears.engines import Crew, Engine
from device.ears.lexicon import Lexicon
from device.mind.matcher import Matcher
from device.mind.sentences import Sentences
from device.mind.types import Request
from device.modelstore import ModelStore


def build_crew(config: Config, sentences: Sentences, store: ModelStore) -> Crew:
    """Everything that the recognizer's children work with. Raises ModelMissing, ModelChanged."""
    lexicon = Lexicon(sentences.graph.words)
    return crew_of(_engine(config, sentences, lexicon, store), sentences, lexicon)


def crew_of(engine: Engine, sentences: Sentences, lexicon: Lexicon) -> Crew:
    """`engine` with the household's sentences."""
    matcher = Matcher(sentences, lexicon.pronounce)

    def understand(words: Sequence[str]) -> Request | None:
        return matcher.match(words)

    return Crew(engine, sentences.graph.progress, understand)


def _engine(config: Config, sentences: Sentences, lexicon: Lexicon, store: ModelStore) -> Engine:
    from device.ears.engines.pocketsphinx import PocketSphinx

    return PocketSphinx(sentences.graph, lexicon)
