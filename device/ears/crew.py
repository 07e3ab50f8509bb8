"""What a recognizer's parent loads: an engine for the settings, the graph, the matcher.

Which engine: the one that the settings name; `auto` takes Vosk if a Vosk model of the language is
on the shelf, else pocketsphinx, whose English model is in its package.
"""

from __future__ import annotations

from pathlib import Path

from device.config import Config
from device.ears.engines import Crew, Engine
from device.mind.sentences import Sentences
from device.modelstore import ModelStore


def build_crew(config: Config, sentences: Sentences, store: ModelStore) -> Crew:
    """Everything that the recognizer's children work with; runs in their parent. Raises
    ModelMissing or ModelChanged for a model that isn't there.
    """
    raise NotImplementedError


def _engine(config: Config, sentences: Sentences, store: ModelStore) -> Engine:
    raise NotImplementedError(Path(), config, sentences, store)
