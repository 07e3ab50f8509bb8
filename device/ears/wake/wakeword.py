"""Wake words: two independent detectors, one score (fusion.py says how).

While the loudspeaker speaks or rings, a head that was taught on words said over replies (heads.py)
has most to say, if there is one for the word: the same embeddings, another small network over
them. It runs only then, so that nothing else costs more.

A word with one detector has that detector's score, through a gate: it counts only if the voice
activity detector heard a voice in the last 1.3 s. That detector then runs on every frame: begun
only when a score is already high, it comes too late, with no history of its own, and closed the
gate on nine in ten words at 10 dB.

What is kept is the tables of features.py and detectors.py, and here, per word: 6 scores of
openWakeWord (480 ms) and 9 of microWakeWord (720 ms), and while the loudspeaker speaks 6 of the
taught head, from which no sound can be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from device.config import WAKE_WORDS, Wake, Word
from device.ears.wake.detectors import CHANNELS, Head, MicroFeatures, MicroWakeWord, open_head
from device.ears.wake.features import Features, StreamingFeatures, WindowFeatures
from device.ears.wake.fusion import (
    MICROWAKEWORD_FRAMES,
    OPENWAKEWORD_FRAMES,
    Latest,
    fuse,
    fuse_over,
)
from device.ears.wake.inference import Floats
from device.ears.wake.known import known_models
from device.errors import KeepmumError, ModelMissing
from device.mind.types import FRAME_SAMPLES, Hint
from device.modelstore import TAUGHT_FILE, ModelStore

PRIME_FRAMES = 25
PRIME_LEVEL = 3.0
"""An empty room: so many frames of Gaussian noise with this deviation, in steps of 16 bit."""

VOICE, GATE_FRAMES = 0.5, 16
"""A voice heard less than this many frames ago opens the gate of a word with one detector."""

OWN_VOICE = (Hint.SPEAKING, Hint.RINGING)
"""What the loudspeaker does while it can only be heard with the speaker's own words and rings."""

Frame = NDArray[np.int16]
"""(1280,) int16 samples at 16 kHz: 80 ms."""
NO_ROWS: Floats = np.zeros((0, CHANNELS), np.float32)
VoiceActivity = Callable[[Frame], float]


class Reading(NamedTuple):
    """What one frame says about one word; scores are 0..1, None if there is no such detector."""

    word: int
    openwakeword: float | None
    microwakeword: float | None
    fused: float
    threshold: float
    woke: bool


def empty_room() -> Iterator[Frame]:
    """Two seconds of faint noise, the same every time: PRIME_FRAMES frames, int16 (1280,)."""
    chance = np.random.default_rng(0)
    for _ in range(PRIME_FRAMES):
        yield np.round(chance.normal(0.0, PRIME_LEVEL, FRAME_SAMPLES)).astype(np.int16)


class WakeWord:
    """One word with its detectors. Use it through WakeWords, which feeds it features."""

    def __init__(
        self,
        word: Word,
        head: Head | None,
        micro: MicroWakeWord | None,
        taught: Head | None = None,
    ) -> None:
        self.word, self.head, self.micro, self.taught = word, head, micro, taught
        known = WAKE_WORDS.get(word.name)
        own = bool(word.openwakeword or word.microwakeword)
        usual = known.threshold if known and not own else 0.5
        if own and micro and not head:
            usual = micro.cutoff
        self.threshold = usual if word.threshold is None else word.threshold
        self._openwakeword = Latest(OPENWAKEWORD_FRAMES)
        self._microwakeword = Latest(MICROWAKEWORD_FRAMES)
        self._taught = Latest(OPENWAKEWORD_FRAMES)
        self._micro = 0.0

    @property
    def heads(self) -> list[Head]:
        """What reads the embeddings."""
        return [head for head in (self.head, self.taught) if head]

    @property
    def gated(self) -> bool:
        """Whether a voice must be heard too, because only one detector speaks for the word."""
        return self.head is None or self.micro is None

    def score(self, rows: Floats, own_voice: bool) -> tuple[float | None, float | None, float]:
        """The scores of this frame: openWakeWord's, microWakeWord's, and the one that counts.

        rows: float32 (n, 40); own_voice: the loudspeaker speaks or rings, so a taught head counts.
        """
        openwakeword = self.head.score() if self.head else None
        if not self.micro:
            return openwakeword, None, openwakeword or 0.0
        found = self.micro.step(rows)
        self._micro = found[-1] if found else self._micro
        highest = max(found, default=self._micro)
        if openwakeword is None:
            return None, highest, highest
        of_head, of_micro = self._openwakeword.add(openwakeword), self._microwakeword.add(highest)
        if not self.taught:
            return openwakeword, highest, fuse(of_head, of_micro)
        if not own_voice:
            self._taught.forget()
            return openwakeword, highest, fuse(of_head, of_micro)
        of_taught = self._taught.add(self.taught.score())
        return openwakeword, highest, fuse_over(of_taught, of_head, of_micro)

    def forget(self) -> None:
        if self.micro:
            self.micro.forget()
        self._openwakeword.forget()
        self._microwakeword.forget()
        self._taught.forget()
        self._micro = 0.0


class WakeWords:
    """Every wake word of the settings over one pass of features.

    vad: the speech probability of a frame; None leaves words with one detector ungated.
    taught: whether heads taught over replies count; where a reference takes the loudspeaker's echo
    away, words sound as ever, and what is left of a reply is a sound they were not taught.
    without: is told of a model of the household's own that can't be used, whose word then never
    wakes; left away, it is raised.
    Raises UnknownWakeWord, ModelMissing, ModelChanged, WrongModel. After construction nothing is
    opened and no thread is made. Call `prime` before the first frame.
    """

    def __init__(
        self,
        wake: Wake,
        store: ModelStore,
        vad: VoiceActivity | None = None,
        *,
        taught: bool = True,
        without: Callable[[KeepmumError], None] | None = None,
    ) -> None:
        self.words = [_open(word, store, taught, without) for word in wake.all_words()]
        heads = [head for word in self.words for head in word.heads]
        self.remarks: list[str] = []
        self.features: Features | None = None
        if heads:
            self.features = self._open_features(store, max(head.rows for head in heads))
            for head in heads:
                head.attach(self.features.history)
        micro = any(word.micro for word in self.words)
        self.micro_features = MicroFeatures() if micro else None
        self.loud = Hint.QUIET
        """What the loudspeaker does, as hands hint it: each has its thresholds."""
        self.cleaned = False
        """Whether the next frame comes without the loudspeaker's sound."""
        self._wake = wake
        self._vad = vad
        self._gated = any(word.gated for word in self.words)
        self._since_voice = GATE_FRAMES

    def _open_features(self, store: ModelStore, rows: int) -> Features:
        try:
            return StreamingFeatures(store.path("openwakeword/features_streaming.onnx"), rows)
        except ModelMissing:
            self.remarks.append(
                "The features of wake words are computed by windows, with about eight times the"
                " work: there is no streaming graph of this model (keepmum models fetch builds it)."
            )
            mel = store.path("openwakeword/melspectrogram.onnx")
            return WindowFeatures(mel, store.path("openwakeword/embedding_model.onnx"), rows)

    def prime(self) -> None:
        """Fill every history with two seconds of an empty room, in milliseconds of time.

        Histories of zeros would score 0.8 at the start.
        """
        for frame in empty_room():
            self.step(frame)

    def step(self, frame: Frame) -> tuple[Reading, ...]:
        """Take in one frame, int16 (1280,); it may be overwritten afterwards."""
        if self.features:
            self.features.step(frame)
        rows = self.micro_features.step(frame) if self.micro_features else NO_ROWS
        own_voice = self.loud in OWN_VOICE and not self.cleaned
        scores = [word.score(rows, own_voice) for word in self.words]
        voice = self._hear_voice(frame)
        return tuple(self._read(number, score, voice) for number, score in enumerate(scores))

    def _read(
        self, number: int, score: tuple[float | None, float | None, float], voice: bool
    ) -> Reading:
        word = self.words[number]
        threshold = self.threshold_of(word)
        woke = score[2] >= threshold and (voice or not word.gated)
        return Reading(number, *score, threshold, woke)

    def threshold_of(self, word: WakeWord) -> float:
        """The score that wakes now.

        Over the speaker's own voice a wake word scores lower, so less is asked, since no reply
        comes near; words that others wrote or say may be meant to wake, so more is asked.
        """
        if self.loud is Hint.AFAR:
            return max(word.threshold, self._wake.afar_threshold)
        if self.loud is Hint.RADIO:
            return max(word.threshold, self._wake.radio_threshold)
        if self.cleaned:  # whatever hands hint: what was taken away, they chose
            return max(word.threshold, self._wake.cleaned_threshold)
        if self.loud not in OWN_VOICE or word.gated:
            return word.threshold
        if word.taught:
            return self._wake.taught_threshold
        return min(word.threshold, self._wake.speaking_threshold)

    def _hear_voice(self, frame: Frame) -> bool:
        """Whether there was a voice lately; True if no word needs one."""
        if self._vad is None or not self._gated:
            return True
        self._since_voice = 0 if self._vad(frame) >= VOICE else self._since_voice + 1
        return self._since_voice < GATE_FRAMES

    def forget(self) -> None:
        """Overwrite everything kept, then prime: scores go on exactly as after construction."""
        if self.features:
            self.features.forget()
        if self.micro_features:
            self.micro_features.forget()
        for word in self.words:
            word.forget()
        self._since_voice = GATE_FRAMES
        self.prime()


def _open(
    word: Word, store: ModelStore, taught: bool, without: Callable[[KeepmumError], None] | None
) -> WakeWord:
    """A word; one whose own model is broken never wakes, and has its place: letters name places."""
    try:
        return _open_word(word, store, taught)
    except KeepmumError as error:
        if without is None or not (word.openwakeword or word.microwakeword):
            raise
        without(error)
        return WakeWord(word, None, None)


def _open_word(word: Word, store: ModelStore, with_taught: bool) -> WakeWord:
    """The word's own models, or those of the manifest that its name stands for."""
    taught = None
    if word.openwakeword or word.microwakeword:
        files = tuple(
            store.own(file) if file else None for file in (word.openwakeword, word.microwakeword)
        )
    else:
        files = known_models(word.name, store)
        name = f"openwakeword/{word.name}_taught"
        if with_taught and all(files) and name in store.manifest and store.has(name):
            taught = open_head(store.path(name) / TAUGHT_FILE)
    head, micro = files
    return WakeWord(
        word, open_head(head) if head else None, MicroWakeWord(micro) if micro else None, taught
    )
