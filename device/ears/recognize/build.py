"""Who understands: an engine, the household's sentences, and the spotter of the stop word.

Made in the recognizer's parent, which has model files to read and no microphone yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from device.config import Config
from device.ears.recognize import pace
from device.ears.recognize.engines.agreement import Agreement
from device.ears.recognize.engines.base import Crew, Engine, Spotter
from device.ears.recognize.engines.rnnoise import LIBRARY, RNNoise
from device.ears.recognize.engines.stopword import StopWord
from device.ears.recognize.pronunciation import Dictionary, Lexicon
from device.language.graph import Graph, minimal, without
from device.language.matcher import Matcher
from device.language.sentences import Sentences
from device.mind.types import Intent, Progress, Request
from device.modelstore import ModelStore

ANSWERS = frozenset((Intent.ANSWER, Intent.YES, Intent.NO))
"""Intents that mean something only after a question. They are also the shortest and vaguest
sentences there are ("ten", "the second"), which is why nothing else may be heard as one."""


def build_crew(config: Config, sentences: Sentences, store: ModelStore) -> Crew:
    """Everything that the recognizer's children work with.

    Raises ModelMissing, ModelChanged, WrongLibrary.
    """
    lexicon = Lexicon(sentences.graph.words)
    return crew_of(_engine(config, sentences, lexicon, store), sentences, lexicon, StopWord())


def crew_of(
    engine: Engine, sentences: Sentences, lexicon: Lexicon, spotter: Spotter | None = None
) -> Crew:
    """`engine` with the household's sentences."""
    matcher, commands = Matcher(sentences, lexicon.pronounce), commands_of(sentences)

    def understand(words: Sequence[str], asked: bool, clipped: bool = False) -> Request | None:
        request = matcher.match(words, clipped and not asked)
        return None if request and request.intent in ANSWERS and not asked else request

    def progress(words: Sequence[str], asked: bool) -> Progress:
        return (sentences.graph if asked else commands).progress(words)

    return Crew(engine, progress, understand, spotter)


def commands_of(sentences: Sentences) -> Graph:
    """What can be said after a wake word: everything that isn't an answer to a question."""
    return minimal(without(sentences.automaton, ANSWERS))


def engine_of(config: Config, store: ModelStore) -> str:
    """The engine that the settings name, or the best that this machine has for the language.

    Raises ModelChanged.
    """
    named = config.recognizer.engine
    if named != "auto":
        return named
    if config.recognizer.model or store.has(vosk_name(config)):
        return "vosk"
    if config.general.language != "en":
        return "vosk"
    return "whisper" if pace.fast_enough(store) else "pocketsphinx"


def _engine(config: Config, sentences: Sentences, lexicon: Lexicon, store: ModelStore) -> Engine:
    """Raises ModelMissing: another language than English needs its Vosk model."""
    graphs = commands_of(sentences), sentences.graph
    match engine_of(config, store):
        case "vosk":
            from device.ears.recognize.engines.vosk import Vosk

            own = config.recognizer.model
            return Vosk(*graphs, store.own(own) if own else store.path(vosk_name(config)))
        case "whisper":
            from device.ears.recognize.engines.whisper import Whisper

            names = [tuple(word.name.split("_")) for word in config.wake.all_words()]
            return Whisper(*graphs, pace.folder(store), agreement_of(sentences), names)
        case _:
            from device.ears.recognize.engines.pocketsphinx import PocketSphinx

            return PocketSphinx(*graphs, lexicon, quieter(store, config.recognizer.denoise))


def agreement_of(sentences: Sentences) -> Agreement:
    """What decides whether two hearings of the household's sentences agree."""
    matcher = Matcher(sentences)
    return Agreement(
        sentences.tokens,
        Dictionary().phones,
        lambda words: (found := matcher.exact(words)) and found.request,
        sentences.opposites,
        sentences.never_ignore,
    )


def quieter(store: ModelStore, wanted: bool = True) -> RNNoise | None:
    """What takes noise out; None if it isn't wanted, or not made for this machine.

    Raises ModelMissing, ModelChanged, WrongLibrary.
    """
    return RNNoise(store.path(LIBRARY)) if wanted and LIBRARY in store.manifest else None


def vosk_name(config: Config) -> str:
    """The manifest's name of the Vosk model of the language."""
    return f"vosk/{config.general.language}"
