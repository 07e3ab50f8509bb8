"""The models that a wake word of the settings stands for."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from device.config import WAKE_WORDS
from device.errors import UnknownWakeWord
from device.modelstore import ModelStore


def known_models(name: str, store: ModelStore) -> tuple[Path | None, Path | None]:
    """Its files for both detectors. Raises UnknownWakeWord, ModelMissing, ModelChanged."""
    known = WAKE_WORDS.get(name)
    if known is None:
        near = get_close_matches(name, WAKE_WORDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UnknownWakeWord(word=name, hint=hint, known=", ".join(WAKE_WORDS))
    if known.microwakeword:
        store.path(known.microwakeword.replace(".tflite", ".json"))
    head, micro = (
        store.path(model) if model else None for model in (known.openwakeword, known.microwakeword)
    )
    return head, micro
