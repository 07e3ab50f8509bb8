"""Noise suppression before the default engine: what it takes out, leaves and forgets."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from device.config import Config
from device.ears.recognize.build import commands_of, crew_of, quieter
from device.ears.recognize.engines.base import Crew
from device.ears.recognize.engines.pocketsphinx import PocketSphinx
from device.ears.recognize.engines.rnnoise import DELAY, LIBRARY, RNNoise, mixed
from device.ears.recognize.pronunciation import Lexicon
from device.ears.vad import Vad
from device.errors import ModelMissing, WrongLibrary
from device.mind.types import FRAME_SAMPLES, RATE
from device.modelstore import ModelStore, read_manifest
from tests.ears.recognize.engines.test_pocketsphinx import english
from tests.ears.sounds import silero, voice
from tests.voices import models

Sound = NDArray[np.int16]
Floats = NDArray[np.float64]

COMMANDS = (
    "what time is it",
    "set a timer for ten minutes",
    "pause the music",
    "set the volume to thirty percent",
    "cancel the timer",
    "what is the weather like tomorrow",
)


@functools.cache
def library() -> RNNoise:
    found = quieter(models())
    if found is None:
        pytest.skip("there is no build of RNNoise for this machine")
    return found


def clatter(samples: int, seed: int = 0) -> Floats:
    """A kitchen: a hum of all pitches, louder and softer, and dishes."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.normal(0, 1, samples))
    hum = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 20)), samples)
    at = np.arange(samples) / RATE
    sound = hum / hum.std() * (1 + 0.6 * np.sin(2 * np.pi * 0.7 * at))
    for start in rng.integers(0, samples, samples // (RATE // 3)):
        since = np.maximum(at - at[start], 0)
        ring = np.sin(2 * np.pi * rng.uniform(1500, 5000) * since) * np.exp(-since / 0.04)
        sound += 6 * ring * (at >= at[start])
    return np.asarray(sound)


def said(text: str, noise: float = 0.0, seed: int = 0) -> Sound:
    """`text` by flite, whole frames, in noise of this root mean square."""
    speech = voice(text).astype(np.float64)
    sound = np.concatenate([np.zeros(RATE), speech, np.zeros(RATE)])
    sound = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES]
    sound += np.random.default_rng(seed).normal(0, 4, len(sound)) + noise * clatter(
        len(sound), seed
    )
    return np.asarray(np.clip(np.rint(sound), -32768, 32767), np.int16)


def taken(sound: Sound) -> list[bytes]:
    library().start()
    return [library().take(frame.tobytes()) for frame in sound.reshape(-1, FRAME_SAMPLES)]


def power(sound: NDArray[np.generic]) -> float:
    return float((sound.astype(np.float64) ** 2).mean())


def crew(with_library: bool) -> Crew:
    lexicon = Lexicon(english().graph.words)
    engine = PocketSphinx(
        commands_of(english()), english().graph, lexicon, library() if with_library else None
    )
    return crew_of(engine, english(), lexicon)


def understood(made: Crew, sound: Sound) -> bool:
    vad, engine = Vad(silero()), made.engine
    engine.start()
    for frame in sound.reshape(-1, FRAME_SAMPLES):
        engine.feed(frame.tobytes(), vad.step(frame) > 0.5)
    words = engine.finish().split()
    return bool(words) and made.understand(words, False, False) is not None


def test_what_was_heard_is_kept_beside_only_later() -> None:
    sound = said("pause the music", noise=200)
    heard = mixed(taken(sound), kept=1.0)
    assert np.array_equal(heard[DELAY:], sound[:-DELAY])
    assert not heard[:DELAY].any()


def test_speech_in_quiet_comes_out_as_it_was_and_when_it_was() -> None:
    both = taken(said("set a timer for ten minutes"))
    heard, less = (mixed(both, kept).astype(np.float64) for kept in (1.0, 0.0))

    def alike(shift: int) -> float:
        late = np.roll(less, shift)
        return float(heard @ late / np.sqrt((heard @ heard) * (late @ late)))

    assert max(range(-8, 9), key=alike) == 0
    assert alike(0) > 0.95


def test_noise_that_changes_is_taken_out_and_speech_is_not() -> None:
    sound = said("set a timer for ten minutes", noise=500)
    both = taken(sound)
    heard, less = mixed(both, 1.0), mixed(both, 0.0)
    before = slice(RATE // 2, RATE - FRAME_SAMPLES)
    during = slice(RATE + FRAME_SAMPLES, len(sound) - RATE - FRAME_SAMPLES)
    assert 10 * np.log10(power(heard[before]) / power(less[before])) > 15
    assert 10 * np.log10(power(heard[during]) / power(less[during])) < 3


def test_a_new_command_knows_nothing_of_the_last() -> None:
    sound = said("pause the music", noise=300)
    first = taken(sound)
    taken(said("what time is it", noise=900, seed=3))
    assert taken(sound) == first


def test_commands_in_a_kitchen_are_understood_better_and_in_quiet_alike() -> None:
    without, with_ = crew(False), crew(True)
    quiet = [said(text) for text in COMMANDS]
    assert [understood(made, s) for made in (without, with_) for s in quiet] == [True] * 12
    loud = [said(text, noise=1100, seed=seed) for seed, text in enumerate(COMMANDS)]
    counts = [sum(understood(made, sound) for sound in loud) for made in (without, with_)]
    assert counts[1] >= 5
    assert counts[0] < counts[1]


TALK = (
    "the train to the airport leaves from the other platform",
    "who left the door open",
    "somebody forgot the keys in the car again",
    "he plays the piano quite well for his age",
)


def test_talk_in_a_kitchen_and_a_kitchen_alone_are_no_command() -> None:
    made = crew(True)
    sounds = [said(text, noise) for text in TALK for noise in (0, 300, 700, 1100)]
    kitchens = [1100 * clatter(50 * FRAME_SAMPLES, seed) for seed in range(4)]
    sounds += [np.rint(kitchen).astype(np.int16) for kitchen in kitchens]
    assert not any(understood(made, sound) for sound in sounds)


def test_it_is_left_away_where_it_is_not_wanted_or_not_made_for_the_machine(tmp_path: Path) -> None:
    assert quieter(models(), wanted=False) is None
    strange = ModelStore(tmp_path, read_manifest(machine="riscv64"))
    assert quieter(strange) is None
    assert Config().recognizer.denoise


def test_a_missing_library_names_itself_and_one_for_another_machine_says_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = read_manifest(machine="aarch64")
    monkeypatch.setattr("device.modelstore.CHECKOUT", tmp_path / "none")
    monkeypatch.setattr("device.modelstore.SYSTEM", tmp_path / "none")
    with pytest.raises(ModelMissing, match=LIBRARY):
        quieter(ModelStore(tmp_path, manifest))
    (tmp_path / "other.so").write_bytes(b"\x7fELF, but for no machine")
    with pytest.raises(WrongLibrary) as raised:
        RNNoise(tmp_path / "other.so")
    assert "denoise = false" in raised.value.remedy
    assert str(tmp_path) not in str(raised.value)
