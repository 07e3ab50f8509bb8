"""Whisper in numpy: what each next token is worth, for any sentence that we choose.

Libraries decode freely, and tell nothing of sentences that they didn't find; they also start
threads and write machine code as they run, and a sealed process lets nobody do that. Here the
paths are ours: a beam of prefixes goes in, the log-probabilities of their next tokens come out.
Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022); weights as
CTranslate2 keeps them for faster-whisper (its binary format 6, float16 or float32).

Of the vocabulary only `kept` tokens are looked at, and probabilities are shares among those:
most of the decoder's work is the 45,000 others. With the commonest few thousand kept, what is
left out changes nothing that can be measured.

A `Listening` holds what the encoder made of one command; it lives in the child and dies with it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

FORMAT = 6
_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}
_HEAD = 64
_EPSILON = 1e-5


class UnknownWeights(ValueError):
    """Not a Whisper model in the form that this decoder reads."""


def weights_of(data: bytes) -> dict[str, Array]:
    """The weights in a CTranslate2 `model.bin`, by name. Raises UnknownWeights."""
    reader = _Reader(data)
    if reader.number("I") != FORMAT or reader.text() != "WhisperSpec":
        raise UnknownWeights
    reader.number("I")
    found: dict[str, Array] = {}
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = reader.number("B")
        values = reader.values(kind, reader.number("I"))
        if shape:
            if kind not in (0, 4):
                raise UnknownWeights
            found[name] = values.astype(np.float32).reshape(shape)
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from("<" + kind, self._data, self._at)
        self._at += struct.calcsize("<" + kind)
        return int(value)

    def text(self) -> str:
        size = self.number("H")
        self._at += size
        return self._data[self._at - size : self._at - 1].decode("ascii", "replace")

    def values(self, kind: int, size: int) -> NDArray[np.generic]:
        if kind not in _TYPES or self._at + size > len(self._data):
            raise UnknownWeights
        kind_of = np.dtype(_TYPES[kind])
        self._at += size
        return np.frombuffer(self._data, kind_of, size // kind_of.itemsize, self._at - size)


class Decoder:
    """The weights, made once in the parent. `kept`: ids of the tokens that are looked at."""

    def __init__(self, weights: Mapping[str, Array], kept: Sequence[int]) -> None:
        """`weights`: of the whole model. Raises UnknownWeights."""
        try:
            every = weights["decoder/embeddings/weight"]
            self.kept = np.array(sorted(set(kept)), np.int64)
            self.embedded = every[self.kept]
            self.positions = weights["decoder/position_encodings/encodings"]
            self.last = _Norm(weights, "decoder/")
            self.layers = [_Layer(weights, at) for at in _layers(weights, "decoder")]
        except (KeyError, IndexError) as error:
            raise UnknownWeights from error
        self._place = np.full(len(every), -1, np.int64)
        self._place[self.kept] = np.arange(len(self.kept))

    def places(self, tokens: Sequence[int]) -> NDArray[np.int64]:
        """Where each token stands among the kept ones."""
        return self._place[np.asarray(tokens, np.int64)]


class Encoder:
    """What is heard of a sound: log mel bands in, one vector every 20 ms out."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        """`weights`: of the whole model. Raises UnknownWeights."""
        try:
            self._taps = [
                (weights[f"encoder/conv{n}/weight"], weights[f"encoder/conv{n}/bias"])
                for n in (1, 2)
            ]
            self._positions = weights["encoder/position_encodings/encodings"]
            self._last = _Norm(weights, "encoder/")
            self._layers = [_Block(weights, at) for at in _layers(weights, "encoder")]
        except KeyError as error:
            raise UnknownWeights from error

    def __call__(self, bands: Array) -> Array:
        """(steps / 2, width) of `bands` (80, steps), an even number of steps, at most 3,000."""
        x = np.ascontiguousarray(bands.T)
        for (taps, bias), stride in zip(self._taps, (1, 2), strict=True):
            x = _gelu(_convolved(x, taps, stride) + bias)
        x = x + self._positions[: len(x)]
        for block in self._layers:
            query, key, value = np.split(block.own(block.own_norm(x)), 3, axis=1)
            shares = _shares(_heads(query / np.sqrt(np.float32(_HEAD))) @ _keys(key))
            x = block.dense(x + block.own_out(_joined(shares @ _heads(value))))
        return self._last(x)


def _layers(weights: Mapping[str, Array], of: str) -> list[str]:
    """Where the weights of each layer are."""
    names = {name.split("/")[1] for name in weights if name.startswith(f"{of}/layer_")}
    return [f"{of}/layer_{number}/" for number in range(len(names - {"layer_norm"}))]


def _convolved(x: Array, taps: Array, stride: int) -> Array:
    """`x` (steps, in) by `taps` (out, in, 3), one step of silence at either end."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    steps = range(3)
    rows = [padded[n : n + len(x) : stride] @ taps[:, :, n].T for n in steps]
    return np.asarray(rows[0] + rows[1] + rows[2], np.float32)


class _Norm:
    def __init__(self, weights: Mapping[str, Array], at: str) -> None:
        self._gain = weights[f"{at}layer_norm/gamma"]
        self._offset = weights[f"{at}layer_norm/beta"]

    def __call__(self, x: Array) -> Array:
        x = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((x * x).mean(-1, keepdims=True) + _EPSILON)
        return np.asarray(x / spread * self._gain + self._offset, np.float32)


class _Linear:
    def __init__(self, weights: Mapping[str, Array], at: str) -> None:
        self._weight = np.ascontiguousarray(weights[f"{at}/weight"].T)
        self._bias = weights[f"{at}/bias"]

    def __call__(self, x: Array) -> Array:
        return np.asarray(x @ self._weight + self._bias, np.float32)


class _Block:
    """Attention to tokens or sound of the same kind, and two dense layers."""

    def __init__(self, weights: Mapping[str, Array], at: str) -> None:
        own, dense = f"{at}self_attention/", f"{at}ffn/"
        self.own_norm = _Norm(weights, own)
        self.own, self.own_out = (_Linear(weights, f"{own}linear_{n}") for n in (0, 1))
        self._norm = _Norm(weights, dense)
        self._widen, self._narrow = (_Linear(weights, f"{dense}linear_{n}") for n in (0, 1))

    def dense(self, x: Array) -> Array:
        """`x` (rows, width) after the dense layers."""
        return x + self._narrow(_gelu(self._widen(self._norm(x))))


class _Layer(_Block):
    """A block of the decoder, which attends to the sound too."""

    def __init__(self, weights: Mapping[str, Array], at: str) -> None:
        super().__init__(weights, at)
        cross = f"{at}attention/"
        self._cross_norm = _Norm(weights, cross)
        self._query, self.sound, self._out = (
            _Linear(weights, f"{cross}linear_{n}") for n in range(3)
        )

    def rest(self, x: Array, keys: Array, values: Array) -> Array:
        """`x` (tokens, width) after all but the attention to the tokens before."""
        query = _heads(self._query(self._cross_norm(x))) / np.sqrt(np.float32(_HEAD))
        return self.dense(x + self._out(_joined(_shares(query @ keys) @ values)))


class Listening:
    """One command: the encoder's view of its sound, and the prompt before the first token."""

    def __init__(self, decoder: Decoder, sound: Array, prompt: Sequence[int]) -> None:
        """`sound`: (positions, width), the encoder's output; `prompt`: kept tokens, at least 1."""
        self._of = decoder
        both = [np.split(layer.sound(sound), 2, axis=1) for layer in decoder.layers]
        self._sound = [(_keys(keys), _heads(values)) for keys, values in both]
        self._prompt: list[tuple[Array, Array]] = []
        self._at = len(prompt)
        self.first = self._listen_to_prompt(prompt)
        """Log-probabilities (1, kept) of the first token."""
        none = np.empty((1, *self._sound[0][1].shape[:1], 0, _HEAD), np.float32)
        self._before = [(none, none) for _ in decoder.layers]

    def _listen_to_prompt(self, prompt: Sequence[int]) -> Array:
        x = self._of.embedded[self._of.places(prompt)] + self._of.positions[: len(prompt)]
        ahead = np.triu(np.full((len(prompt), len(prompt)), -1e9, np.float32), 1)
        for layer, sound in zip(self._of.layers, self._sound, strict=True):
            query, key, value = np.split(layer.own(layer.own_norm(x)), 3, axis=1)
            keys, values = _keys(key), _heads(value)
            self._prompt.append((keys, values))
            shares = _shares(_heads(query) @ keys / np.sqrt(np.float32(_HEAD)) + ahead)
            x = layer.rest(x + layer.own_out(_joined(shares @ values)), *sound)
        return self._likely(x[-1:])

    def step(self, parents: Sequence[int], tokens: Sequence[int]) -> Array:
        """Each path goes on by one of `tokens`, from the path that stood at `parents` before.

        Returns the log-probabilities (paths, kept) of what comes next.
        """
        rows, back = len(tokens), np.asarray(parents, np.int64)
        x = self._of.embedded[self._of.places(tokens)] + self._of.positions[self._at]
        layers = zip(self._of.layers, self._sound, self._prompt, self._before, strict=True)
        now = []
        for layer, sound, (asked, told), before in layers:
            parts = np.split(layer.own(layer.own_norm(x)), 3, axis=1)
            query, key, value = (part.reshape(rows, -1, 1, _HEAD) for part in parts)
            keys = np.concatenate([before[0][back], key], axis=2)
            values = np.concatenate([before[1][back], value], axis=2)
            now.append((keys, values))
            # the prompt is the same for all paths: it is kept once
            to_prompt = (query[:, :, 0].transpose(1, 0, 2) @ asked).transpose(1, 0, 2)
            to_own = (query @ keys.transpose(0, 1, 3, 2))[:, :, 0]
            shares = _shares(np.concatenate([to_prompt, to_own], axis=2) / np.sqrt(float(_HEAD)))
            cut = asked.shape[2]
            seen = (shares[:, :, :cut].transpose(1, 0, 2) @ told).transpose(1, 0, 2)
            seen = seen + (shares[:, :, None, cut:] @ values)[:, :, 0]
            x = layer.rest(x + layer.own_out(seen.reshape(rows, -1)), *sound)
        self._before = now
        self._at += 1
        return self._likely(x)

    def _likely(self, x: Array) -> Array:
        worth = self._of.last(x) @ self._of.embedded.T
        worth -= worth.max(1, keepdims=True)
        return np.asarray(worth - np.log(np.exp(worth).sum(1, keepdims=True)), np.float32)


def _heads(x: Array) -> Array:
    """(rows, width) as (heads, rows, 64)."""
    return np.ascontiguousarray(x.reshape(len(x), -1, _HEAD).transpose(1, 0, 2))


def _keys(x: Array) -> Array:
    """(rows, width) as (heads, 64, rows)."""
    return np.ascontiguousarray(x.reshape(len(x), -1, _HEAD).transpose(1, 2, 0))


def _joined(x: Array) -> Array:
    """(heads, rows, 64) as (rows, width)."""
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def _shares(x: Array) -> Array:
    """Softmax over the last axis."""
    x = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(x / x.sum(-1, keepdims=True), np.float32)


def _gelu(x: Array) -> Array:
    """Gaussian error linear unit; erf by Abramowitz and Stegun 7.1.26, right to 1.5e-7."""
    size = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + 0.3275911 * size)
    series = (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
    erf = np.copysign(1 - (series + 0.254829592) * t * np.exp(-size * size), x)
    return np.asarray(0.5 * x * (1 + erf), np.float32)
