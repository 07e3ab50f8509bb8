"""Features as the decoder computes them itself, and noise taken out of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pocketsphinx import Decoder

from device.ears.recognize.engines.cepstra import STEP, TO_CEPSTRA, Array, lifted, log_bands
from device.ears.recognize.engines.denoise import Cleaner
from device.ears.recognize.engines.pocketsphinx import folder
from tests.ears.sounds import voice


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner(folder())


def test_cepstra_are_those_of_the_library(tmp_path: Path) -> None:
    """The mean that the library computes of its own cepstra is the mean of these."""
    sound = voice("turn on the kitchen lights").copy()
    sound += np.random.default_rng(1).normal(0, 30, len(sound)).astype(np.int16)
    shutil.copytree(folder(), tmp_path / "model")
    features = tmp_path / "model" / "feat.params"
    features.write_text(features.read_text().replace("remove_noise yes", "remove_noise no"))
    decoder = Decoder(hmm=str(tmp_path / "model"), lm=None, loglevel="FATAL")
    decoder.add_keyphrase("any", "kitchen")
    decoder.activate_search("any")
    decoder.start_utt()
    decoder.process_raw(sound.tobytes(), full_utt=True)
    decoder.end_utt()
    theirs = np.array([float(v) for v in decoder.get_cmn(False).split(",")])
    padded = np.concatenate([sound, np.zeros(STEP, np.int16)])  # as it pads the last window
    ours = np.frombuffer(lifted(log_bands(padded) @ TO_CEPSTRA.T), np.float32).reshape(-1, 13)
    assert np.abs(theirs - ours.mean(0)).max() < 1e-3


def test_clean_speech_stays_as_it_is(cleaner: Cleaner) -> None:
    bands = log_bands(voice("what time is it"))
    cepstra = bands @ TO_CEPSTRA.T
    quiet = np.random.default_rng(1).normal(0, 0.3, (20, bands.shape[1]))
    change = cleaner.clean(bands, quiet)[0] - cepstra
    assert np.sqrt((change**2).mean()) < 0.1 * cepstra.std(axis=0).mean()


@pytest.mark.parametrize("known", [True, False])
def test_noise_is_taken_out(cleaner: Cleaner, known: bool) -> None:
    """At 5 dB, what is left is nearer to the clean speech; more so if the noise was heard alone."""
    clean = voice("set a timer for ten minutes").astype(np.float64)
    rng = np.random.default_rng(2)
    noise = rng.normal(0, clean.std() * 10 ** (-5 / 20), len(clean))
    noisy = (clean + noise).astype(np.int16)
    alone = log_bands(rng.normal(0, noise.std(), 8_000).astype(np.int16))

    def centred(cepstra: Array) -> Array:
        return np.asarray(cepstra - cepstra.mean(0))

    wanted = centred(log_bands(clean.astype(np.int16)) @ TO_CEPSTRA.T)
    before = centred(log_bands(noisy) @ TO_CEPSTRA.T) - wanted
    cleaned = cleaner.clean(log_bands(noisy), alone if known else np.empty((0, 25)))[0]
    after = centred(cleaned) - wanted
    assert (after**2).mean() < (0.75 if known else 0.95) * (before**2).mean()
