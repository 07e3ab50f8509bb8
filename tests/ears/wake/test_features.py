"""Features: the streaming graph, window by window and frame by frame, equals openWakeWord's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from device.ears.wake.features import EMBEDDING, Features, StreamingFeatures, WindowFeatures
from device.errors import NotStreamable
from device.mind.types import FRAME_SAMPLES
from device.training.streaming import build
from tests.voices import in_room, models, say

MEL = "openwakeword/melspectrogram.onnx"
NETWORK = "openwakeword/embedding_model.onnx"
OTHER_NETWORK = "openwakeword/embedding_model_0.4.0.onnx"
STREAMING = "openwakeword/features_streaming.onnx"
ROWS = 16
OVERLAP = 480


def streaming() -> Features:
    return StreamingFeatures(models().path(STREAMING), ROWS)


def windows() -> Features:
    return WindowFeatures(models().path(MEL), models().path(NETWORK), ROWS)


@pytest.fixture(scope="module")
def sound() -> NDArray[np.int16]:
    parts = [in_room(say(text, speed=s)) for s in (0.9, 1.2) for text in ("alexa", "good morning")]
    whole = np.concatenate(parts)
    return whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES]


def reference(sound: NDArray[np.int16], network: str) -> NDArray[np.float32]:
    """Embeddings as openWakeWord computes them: eight mel rows a frame, 76 rows a window."""
    mel, embed = (
        onnxruntime.InferenceSession(
            models("default", network).path(n), providers=["CPUExecutionProvider"]
        )
        for n in (MEL, network)
    )
    padded = np.concatenate([np.zeros(OVERLAP, np.int16), sound]).astype(np.float32)
    starts = range(0, len(sound), FRAME_SAMPLES)
    pieces = (padded[None, i : i + OVERLAP + FRAME_SAMPLES] for i in starts)
    rows = np.concatenate([mel.run(None, {"input": p})[0].reshape(8, 32) / 10 + 2 for p in pieces])
    ends = range(80, len(rows) + 1, 8)
    cut = [rows[None, end - 76 : end, :, None].astype(np.float32) for end in ends]
    return np.array([embed.run(None, {"input_1": c})[0].reshape(EMBEDDING) for c in cut])


def embeddings(features: Features, sound: NDArray[np.int16]) -> NDArray[np.float32]:
    """What `features` gives for each frame."""
    found = []
    for frame in sound.reshape(-1, FRAME_SAMPLES):
        features.step(frame)
        found.append(features.history[-1].copy())
    return np.array(found)


@pytest.mark.parametrize("make", [streaming, windows])
def test_embeddings_are_those_of_openwakewords_windows(
    make: type[Features], sound: NDArray[np.int16]
) -> None:
    wanted = reference(sound, NETWORK)
    found = embeddings(make(), sound)[-len(wanted) :]
    assert np.abs(found - wanted).max() <= 1e-4


def test_another_network_is_computed_by_windows_correctly(sound: NDArray[np.int16]) -> None:
    other = models("default", OTHER_NETWORK).path(OTHER_NETWORK)
    wanted = reference(sound, OTHER_NETWORK)
    found = embeddings(WindowFeatures(models().path(MEL), other, ROWS), sound)[-len(wanted) :]
    assert np.abs(found - wanted).max() <= 1e-4


def test_another_network_cannot_be_streamed_and_names_the_layer() -> None:
    other = models("default", OTHER_NETWORK).path(OTHER_NETWORK)
    with pytest.raises(NotStreamable, match="Pad"):
        build(models().path(MEL), other)


def test_the_graph_is_the_same_bytes_every_time_and_those_of_the_manifest() -> None:
    store = models()
    made = [build(store.path(MEL), store.path(NETWORK)) for _ in range(2)]
    assert made[0] == made[1]
    assert hashlib.sha256(made[0]).hexdigest() == store.manifest[STREAMING].sha256


@pytest.mark.parametrize("make", [streaming, windows])
def test_history_is_shifted_by_one_embedding_a_frame(
    make: type[Features], sound: NDArray[np.int16]
) -> None:
    features = make()
    seen = embeddings(features, sound[: 30 * FRAME_SAMPLES])
    np.testing.assert_array_equal(features.history, seen[-ROWS:])


@pytest.mark.parametrize(("make", "mel_ms"), [(streaming, 35.0), (windows, 775.0)])
def test_between_frames_no_more_is_held_than_the_table_says(
    make: type[Features], mel_ms: float, sound: NDArray[np.int16]
) -> None:
    features = make()
    loud = np.full(FRAME_SAMPLES, 1000, np.int16)
    for _ in range(20):
        features.step(loud)
    kept = features.kept_ms()
    assert kept["raw"] <= 30.0
    assert kept["mel"] <= mel_ms
    assert kept["embeddings"] == ROWS


def test_only_the_overlap_of_a_frame_is_still_in_a_buffer_afterwards() -> None:
    """A canary: a frame of unlike numbers, searched for in every array that the object holds."""
    features = StreamingFeatures(models().path(STREAMING), ROWS)
    canary = np.random.default_rng(5).permutation(np.arange(2000, 2000 + FRAME_SAMPLES))
    features.step(canary.astype(np.int16))
    arrays = [features._audio, *features._graph.arrays.values()]
    held = {int(v) for array in arrays for v in array.ravel() if v in canary}
    assert held == set(canary[-424:])
    features.step(np.zeros(FRAME_SAMPLES, np.int16))
    assert not np.isin(features._audio, canary).any()


@pytest.mark.parametrize("make", [streaming, windows])
def test_forgetting_leaves_only_zeros(make: type[Features], sound: NDArray[np.int16]) -> None:
    features = make()
    embeddings(features, sound[: 20 * FRAME_SAMPLES])
    features.forget()
    assert not features.history.any()
    assert features.kept_ms()["raw"] == 0


def test_a_frame_may_be_overwritten_as_soon_as_step_returns(sound: NDArray[np.int16]) -> None:
    """The microphone has one buffer."""
    kept, given = streaming(), streaming()
    buffer = np.zeros(FRAME_SAMPLES, np.int16)
    for frame in sound[: 15 * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES):
        buffer[:] = frame
        given.step(buffer)
        buffer[:] = 12345
        kept.step(frame)
    np.testing.assert_array_equal(kept.history, given.history)


def test_the_graph_file_is_what_the_process_reads(tmp_path: Path) -> None:
    """The graph is complete in itself: no other model file is opened for it."""
    copy = tmp_path / "alone.onnx"
    copy.write_bytes(models().path(STREAMING).read_bytes())
    features = StreamingFeatures(copy, ROWS)
    features.step(np.ones(FRAME_SAMPLES, np.int16))
    assert features.history[-1].any()
