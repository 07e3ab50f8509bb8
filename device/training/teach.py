"""Teaching a word model to hear its word over the speaker's own replies.

openWakeWord's model of a word heard half of the people who spoke over a reply that was as loud as
they were; its embeddings hold more. So the model is taught on with synthesized words over
synthesized replies (overspeech.py), when models are fetched: minutes, once, from fixed seeds. What
it gives on recordings of people, none of which it was taught with, is measured by
`make bench NAME=wakeword_accuracy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from device.ears.wake.features import EMBEDDING, StreamingFeatures
from device.ears.wake.wakeword import empty_room
from device.mind.types import FRAME_SAMPLES
from device.modelstore import ModelStore
from device.training import heads
from device.training.overspeech import Overspeech, Piper, Said, Speaker
from device.training.overtexts import replies

WAKES, OTHERS, ALONE = 1500, 3000, 150
"""Words that are the wake word, others, and replies alone."""
SEED = 11
ENDED = (0.8, 3.8)
"""Frames after its end in which the model should be sure of a word: openWakeWord's peak there."""
FAR = (-9.0, 12.0)
"""Frames around its end outside of which there is nothing of it."""
BEGUN = 4
"""Frames at the start of other words that say nothing yet."""

Rows = NDArray[np.float16]
Progress = Callable[[int, int], None]


def teach(
    word: str,
    store: ModelStore,
    progress: Progress,
    counts: tuple[int, int, int] = (WAKES, OTHERS, ALONE),
    speaker: Speaker | None = None,
) -> bytes:
    """The taught model of a word, as the bytes of an ONNX file.

    progress: called with how many of how many sounds are done. counts: of wake words, of others
    and of replies alone. speaker: the voice of the replies; None: Piper.
    Raises ModelMissing, WrongModel, NoVoice.
    """
    wakes, others, alone = counts
    begin = heads.read(store.path(f"openwakeword/{word}_v0.1.onnx"))
    if speaker is None:
        store.path("piper/en_US-joe-medium.onnx.json")
        speaker = Piper(store.path("piper/en_US-joe-medium.onnx"))
    rows = len(begin[0]) // EMBEDDING
    listener = Listener(store, rows)
    made = Overspeech(word, replies(), speaker, SEED)
    inputs: list[Rows] = []
    labels: list[float] = []
    sounds = chain(made.wakes(wakes), made.others(others), made.alone(alone))
    for number, said in enumerate(sounds):
        for frame, window in enumerate(listener.windows(said.sound)):
            label = label_of(frame, said)
            if label is not None:
                inputs.append(window)
                labels.append(label)
        progress(number + 1, sum(counts))
    return heads.build(heads.learn(begin, np.array(inputs), np.array(labels, np.float32)))


def label_of(frame: int, said: Said) -> float | None:
    """1 where the wake word has just ended, 0 where it is far; None: teaches nothing."""
    if said.end is None:
        return 0.0 if frame >= BEGUN and frame % 2 == 0 else None
    since = frame + 1 - said.end
    if ENDED[0] <= since < ENDED[1]:
        return 1.0
    outside = since < FAR[0] or since > FAR[1]
    return 0.0 if outside and frame % 2 == 0 else None


class Listener:
    """The embeddings as a word model sees them. Raises ModelMissing, ModelChanged."""

    def __init__(self, store: ModelStore, rows: int) -> None:
        graph = store.path("openwakeword/features_streaming.onnx")
        self._features = StreamingFeatures(graph, rows)

    def windows(self, sound: NDArray[np.int16]) -> Iterator[Rows]:
        """After each frame of a sound the embeddings, (rows * 96,), from an empty room on."""
        self._features.forget()
        for frame in empty_room():
            self._features.step(frame)
        for frame in sound.reshape(-1, FRAME_SAMPLES):
            self._features.step(frame)
            yield self._features.history.astype(np.float16).reshape(-1)
