"""The graphs of whole numbers do what the network of floats does: a small one, plainly in numpy."""

from __future__ import annotations

import functools
import io
import struct

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from device.errors import UnknownWeights
from device.training.whispergraphs import BUILDS, going_on, listening, tokens
from device.training.whisperweights import FORMAT, weights_of

Array = NDArray[np.float32]
WIDTH, HEADS, LAYERS, VOCABULARY = 128, 2, 2, 50


@functools.cache
def weights() -> dict[str, Array]:
    """A network with random weights."""
    rng = np.random.default_rng(7)
    made: dict[str, Array] = {}

    def linear(at: str, out: int, into: int = WIDTH) -> None:
        made[f"{at}/weight"] = rng.normal(0, into**-0.5, (out, into)).astype(np.float32)
        made[f"{at}/bias"] = rng.normal(0, 0.1, out).astype(np.float32)

    def norm(at: str) -> None:
        made[f"{at}layer_norm/gamma"] = rng.normal(1, 0.1, WIDTH).astype(np.float32)
        made[f"{at}layer_norm/beta"] = rng.normal(0, 0.1, WIDTH).astype(np.float32)

    for number, into in ((1, 80), (2, WIDTH)):
        shape = WIDTH, into, 3
        made[f"encoder/conv{number}/weight"] = rng.normal(0, 0.05, shape).astype(np.float32)
        made[f"encoder/conv{number}/bias"] = rng.normal(0, 0.1, WIDTH).astype(np.float32)
    for of, count in (("encoder", 1500), ("decoder", 40)):
        positions = rng.normal(0, 0.3, (count, WIDTH)).astype(np.float32)
        made[f"{of}/position_encodings/encodings"] = positions
        norm(f"{of}/")
        for number in range(LAYERS):
            at = f"{of}/layer_{number}/"
            norm(f"{at}self_attention/")
            linear(f"{at}self_attention/linear_0", 3 * WIDTH)
            linear(f"{at}self_attention/linear_1", WIDTH)
            norm(f"{at}ffn/")
            linear(f"{at}ffn/linear_0", 4 * WIDTH)
            linear(f"{at}ffn/linear_1", WIDTH, 4 * WIDTH)
            if of == "decoder":
                norm(f"{at}attention/")
                linear(f"{at}attention/linear_0", WIDTH)
                linear(f"{at}attention/linear_1", 2 * WIDTH)
                linear(f"{at}attention/linear_2", WIDTH)
    made["decoder/embeddings/weight"] = rng.normal(0, 1, (VOCABULARY, WIDTH)).astype(np.float32)
    return made


# --- the same, plainly


def normed(x: Array, at: str) -> Array:
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)
    return x * weights()[f"{at}layer_norm/gamma"] + weights()[f"{at}layer_norm/beta"]


def linear(x: Array, at: str) -> Array:
    return np.asarray(x @ weights()[f"{at}/weight"].T + weights()[f"{at}/bias"])


def gelu(x: Array) -> Array:
    from math import erf

    return np.asarray(0.5 * x * (1 + np.vectorize(erf)(x / np.sqrt(2))), np.float32)


def attention(query: Array, key: Array, value: Array, ahead: Array | float = 0.0) -> Array:
    out = []
    for head in range(HEADS):
        part = slice(64 * head, 64 * head + 64)
        near = query[:, part] @ key[:, part].T / 8.0 + ahead
        shares = np.exp(near - near.max(-1, keepdims=True))
        out.append(shares / shares.sum(-1, keepdims=True) @ value[:, part])
    return np.concatenate(out, axis=1)


def dense(x: Array, at: str) -> Array:
    inner = gelu(linear(normed(x, f"{at}ffn/"), f"{at}ffn/linear_0"))
    return x + linear(inner, f"{at}ffn/linear_1")


def encoded(bands: Array) -> Array:
    x = bands.T
    for number in (1, 2):
        taps = weights()[f"encoder/conv{number}/weight"]
        rows = np.pad(x, ((1, 1), (0, 0)))
        x = sum(rows[n : n + len(x) : number] @ taps[:, :, n].T for n in range(3))  # type: ignore[assignment]
        x = gelu(x + weights()[f"encoder/conv{number}/bias"])
    x = x + weights()["encoder/position_encodings/encodings"][: len(x)]
    for number in range(LAYERS):
        own = f"encoder/layer_{number}/self_attention/"
        parts = np.split(linear(normed(x, own), f"{own}linear_0"), 3, axis=1)
        x = dense(x + linear(attention(*parts), f"{own}linear_1"), f"encoder/layer_{number}/")
    return normed(x, "encoder/")


def decoded(said: list[int], sound: Array) -> Array:
    """The decoder's output after each of `said`."""
    x = weights()["decoder/embeddings/weight"][said]
    x = x + weights()["decoder/position_encodings/encodings"][: len(said)]
    ahead = np.triu(np.full((len(said), len(said)), -1e9, np.float32), 1)
    for number in range(LAYERS):
        at = f"decoder/layer_{number}/"
        own, cross = f"{at}self_attention/", f"{at}attention/"
        parts = np.split(linear(normed(x, own), f"{own}linear_0"), 3, axis=1)
        x = x + linear(attention(parts[0], parts[1], parts[2], ahead), f"{own}linear_1")
        key, value = np.split(linear(sound, f"{cross}linear_1"), 2, axis=1)
        query = linear(normed(x, cross), f"{cross}linear_0")
        x = dense(x + linear(attention(query, key, value), f"{cross}linear_2"), at)
    return normed(x, "decoder/")


def alike(one: Array, other: Array) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


# --- both


def session(model: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


@functools.cache
def sound() -> tuple[Array, Array, Array]:
    """(encoded plainly, keys, values)."""
    bands = np.random.default_rng(1).normal(0, 0.5, (80, 60)).astype(np.float32)
    keys, values = session(listening(weights())).run(None, {"bands": bands})
    return encoded(bands), keys, values


def test_what_listens_hears_what_the_network_hears() -> None:
    plain, keys, values = sound()
    for number in range(LAYERS):
        both = linear(plain, f"decoder/layer_{number}/attention/linear_1")
        key, value = (part.reshape(-1, HEADS, 64) for part in np.split(both, 2, axis=1))
        assert alike(keys[number], key.transpose(1, 2, 0)) > 0.995
        assert alike(values[number], value.transpose(1, 0, 2)) > 0.995


def test_what_goes_on_says_what_the_network_says() -> None:
    """A prompt of three tokens, then two paths by a token each, then a third from the second."""
    plain, keys, values = sound()
    network = session(going_on(weights()))
    none = np.zeros((LAYERS, 1, HEADS, 0, 64), np.float32)
    heard = {"sound_keys": keys, "sound_values": values}

    def go(at: int, said: list[int], parents: list[int], past: list[Array]) -> list[Array]:
        embedded = weights()["decoder/embeddings/weight"][said]
        places = weights()["decoder/position_encodings/encodings"]
        each = len(said) // len(parents)
        ahead = np.triu(np.full((each, past[0].shape[3] + each), -1e9), 1 + past[0].shape[3])
        feed = {
            "tokens": embedded + np.tile(places[at : at + each], (len(parents), 1)),
            "parents": np.array(parents),
            "ahead": ahead.astype(np.float32),
            **dict(zip(("own_keys", "own_values", "told_keys", "told_values"), past, strict=True)),
        }
        return list(network.run(None, {**feed, **heard}))

    nothing_told = [np.zeros((LAYERS, HEADS, 64, 0), np.float32), none[:, 0]]
    out, told_keys, told_values = go(0, [1, 2, 3], [0], [none, none, *nothing_told])
    assert alike(out, decoded([1, 2, 3], plain)) > 0.99
    told = [told_keys[:, 0].transpose(0, 1, 3, 2), told_values[:, 0]]
    out, *own = go(3, [4, 5], [0, 0], [none, none, *told])
    assert alike(out[0], decoded([1, 2, 3, 4], plain)[-1]) > 0.98
    assert alike(out[1], decoded([1, 2, 3, 5], plain)[-1]) > 0.98
    out, *own = go(4, [6], [1], [*own, *told])
    assert alike(out[0], decoded([1, 2, 3, 5, 6], plain)[-1]) > 0.98


@pytest.mark.parametrize("name", BUILDS)
def test_the_same_weights_give_the_same_bytes(name: str) -> None:
    assert BUILDS[name](weights()) == BUILDS[name](dict(weights()))


def test_the_tokens_are_kept() -> None:
    with np.load(io.BytesIO(tokens(weights()))) as made:
        embeddings = weights()["decoder/embeddings/weight"]
        assert np.abs(made["embeddings"] - embeddings).max() < 0.01
        assert made["positions"].shape == (40, WIDTH)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x06\x00\x00\x00\x02\x00ab", struct.pack("<IH", FORMAT - 1, 1), b"\xff" * 40],
)
def test_other_files_are_no_weights(data: bytes) -> None:
    with pytest.raises(UnknownWeights):
        weights_of(data)
