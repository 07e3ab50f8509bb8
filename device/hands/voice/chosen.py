"""Which voice the settings mean, and where its model is."""

from __future__ import annotations

from pathlib import Path

from device.config import Config
from device.hands.voice.tts import Voice, voice
from device.modelstore import ModelStore

PIPER_MODELS = {"en": ("piper/en_US-joe-medium.onnx", "piper/en_US-joe-medium.onnx.json")}
"""Voices of the manifest by language: the model, and its settings beside it."""


def default_voice(config: Config) -> Voice:
    """The voice of the settings, with its model: the owner's, else the one for the language."""
    store = ModelStore.of(config)
    if config.voice.model:
        return voice(config.voice, config.general.language, store.own(config.voice.model))
    names = PIPER_MODELS.get(config.general.language, ())
    paths: list[Path] = []
    if config.voice.engine in ("auto", "piper") and all(store.has(n) for n in names):
        paths = [store.path(name) for name in names]
    return voice(config.voice, config.general.language, paths[0] if paths else None)
