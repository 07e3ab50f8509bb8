"""Whisper as two graphs of whole numbers, built from the fetched weights.

The published weights are floats for a library of its own. Here the same network becomes two ONNX
graphs: what listens (bands in; keys and values of the sound for every layer of the decoder out),
and what goes on (any number of paths, each by any number of tokens).

The builds are deterministic: the same weights give the same bytes, whose hashes the manifest
records.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from onnx import TensorProto

from device.training.wholenumbers import EPSILON, HEAD, Array, Graph, Shape, layer

Weights = Mapping[str, Array]
_REST = 2**31 - 1
_KINDS = ("keys", "values")


def _layers(weights: Weights, of: str) -> list[str]:
    names = {name.split("/")[1] for name in weights if name.startswith(f"{of}/layer_")}
    return [f"{of}/layer_{number}/" for number in range(len(names - {"layer_norm"}))]


def _stacked(graph: Graph, parts: list[str], name: str, shape: Shape) -> None:
    """An output whose first axis is the layers."""
    rows = [graph.add("Unsqueeze", part, graph.numbers(0)) for part in parts]
    graph.add("Concat", *rows, axis=0, name=name)
    graph.output(name, shape)


def _scale(graph: Graph) -> str:
    return graph.constant(np.float32(1 / np.sqrt(HEAD)))


# --- what listens


def listening(weights: Weights) -> bytes:
    """What listens.

    Input `bands` [80, steps] (float32, an even number of steps, at most 3,000). Outputs `keys`
    [layers, heads, 64, steps / 2] and `values` [layers, heads, steps / 2, 64].
    """
    graph = Graph()
    x = _convolved(graph, weights)
    scale = _scale(graph)
    for at in _layers(weights, "encoder"):
        own = f"{at}self_attention/"
        inner = graph.linear(graph.norm(x, weights, own), *layer(weights, f"{own}linear_0"))
        query, key, value = graph.parts(inner, 3, 1)
        near = graph.add("MatMul", graph.heads(query), graph.heads(key, across=True))
        shares = graph.add("Softmax", graph.add("Mul", near, scale), axis=-1)
        seen = graph.joined(graph.add("MatMul", shares, graph.heads(value)))
        x = graph.add("Add", x, graph.linear(seen, *layer(weights, f"{own}linear_1")))
        x = graph.dense(x, weights, at)
    x = graph.norm(x, weights, "encoder/")
    keys, values = [], []
    for at in _layers(weights, "decoder"):
        both = graph.linear(x, *layer(weights, f"{at}attention/linear_1"))
        key, value = graph.parts(both, 2, 1)
        keys.append(graph.heads(key, across=True))
        values.append(graph.heads(value))
    heads = len(weights["encoder/conv1/bias"]) // HEAD
    _stacked(graph, keys, "keys", (len(keys), heads, HEAD, "places"))
    _stacked(graph, values, "values", (len(keys), heads, "places", HEAD))
    return graph.model("listening")


def _convolved(graph: Graph, weights: Weights) -> str:
    """Rows (steps / 2, width) of the bands, with their positions."""
    x = graph.add("Unsqueeze", graph.input("bands", (80, "steps")), graph.numbers(0))
    for number in (1, 2):
        taps = [graph.constant(w) for w in layer(weights, f"encoder/conv{number}")]
        x = graph.add("Conv", x, *taps, kernel_shape=[3], strides=[number], pads=[1, 1])
        x = graph.add("Gelu", x)
    x = graph.add("Transpose", graph.add("Squeeze", x, graph.numbers(0)), perm=[1, 0])
    every = graph.constant(weights["encoder/position_encodings/encodings"])
    count = graph.add("Shape", x, start=0, end=1)
    return graph.add("Add", x, graph.add("Slice", every, graph.numbers(0), count))


# --- what goes on


def going_on(weights: Weights) -> bytes:
    """What goes on: `paths` by `each` tokens.

    Inputs: `tokens` [paths x each, width] (embedded, positions added), `parents` [paths] (where
    each path stood before), `ahead` [each, before + each] (added to the attention: what may not
    be seen yet), `own_keys` and `own_values` [layers, paths before, heads, before, 64],
    `told_keys` [layers, heads, 64, told] and `told_values` [layers, heads, told, 64] (what all
    paths have before them), `sound_keys` and `sound_values` (likewise, of `listening`). Outputs:
    `out` [paths x each, width], `all_keys` and `all_values` [layers, paths, heads, before + each,
    64].
    """
    return _GoingOn(weights).model()


class _GoingOn:
    def __init__(self, weights: Weights) -> None:
        self._weights, self._graph = weights, Graph()
        self._names = _layers(weights, "decoder")
        self._width = weights["decoder/position_encodings/encodings"].shape[1]
        self._heads = self._width // HEAD
        graph = self._graph
        self._tokens = graph.input("tokens", ("rows", self._width))
        self._parents = graph.input("parents", ("paths",), TensorProto.INT64)
        self._ahead = graph.input("ahead", ("each", "all"))
        self._own = [self._before(kind) for kind in _KINDS]
        self._told, self._sound = ([self._given(of, k) for k in _KINDS] for of in ("told", "sound"))
        self._scale, self._first = _scale(graph), graph.numbers(0)
        self._rows = graph.add("Shape", self._tokens, start=0, end=1)
        self._told_count = graph.add("Shape", "told_keys", start=3, end=4)
        paths = graph.add("Shape", self._parents)
        self._by_path = graph.add("Concat", paths, graph.numbers(-1, self._heads, HEAD), axis=0)

    def _before(self, kind: str) -> list[str]:
        """Layer by layer, what each path's parent has seen of itself."""
        shape = (len(self._names), "paths_before", self._heads, "before", HEAD)
        every = self._graph.input(f"own_{kind}", shape)
        return self._by_layer(self._graph.add("Gather", every, self._parents, axis=1))

    def _given(self, of: str, kind: str) -> list[str]:
        """Layer by layer, what is the same for all paths."""
        places = (HEAD, f"{of}_places") if kind == "keys" else (f"{of}_places", HEAD)
        shape = (len(self._names), self._heads, *places)
        return self._by_layer(self._graph.input(f"{of}_{kind}", shape))

    def _by_layer(self, every: str) -> list[str]:
        first = self._graph.numbers(0)
        parts = self._graph.parts(every, len(self._names), 0)
        return [self._graph.add("Squeeze", part, first) for part in parts]

    def model(self) -> bytes:
        graph, weights, x = self._graph, self._weights, self._tokens
        kept: list[list[str]] = [[], []]
        for number, at in enumerate(self._names):
            own, cross = f"{at}self_attention/", f"{at}attention/"
            inner = graph.linear(graph.norm(x, weights, own), *layer(weights, f"{own}linear_0"))
            query, keys, values = self._own_parts(inner, number)
            kept[0].append(keys)
            kept[1].append(values)
            seen = self._seen(query, keys, values, number)
            x = graph.add("Add", x, graph.linear(seen, *layer(weights, f"{own}linear_1")))
            heard = self._heard(graph.norm(x, weights, cross), cross, number)
            x = graph.add("Add", x, graph.linear(heard, *layer(weights, f"{cross}linear_2")))
            x = graph.dense(x, weights, at)
        last = [graph.constant(weights[f"decoder/layer_norm/{w}"]) for w in ("gamma", "beta")]
        graph.add("LayerNormalization", x, *last, axis=-1, epsilon=EPSILON, name="out")
        graph.output("out", ("rows", self._width))
        for kind, parts in zip(_KINDS, kept, strict=True):
            shape = (len(self._names), "paths", self._heads, "all", HEAD)
            _stacked(graph, parts, f"all_{kind}", shape)
        return graph.model("going_on")

    def _own_parts(self, inner: str, number: int) -> tuple[str, str, str]:
        """Queries, and keys and values with those before them: (paths, heads, tokens, 64)."""
        graph = self._graph
        query, *new = (
            graph.add("Transpose", graph.add("Reshape", part, self._by_path), perm=[0, 2, 1, 3])
            for part in graph.parts(inner, 3, 1)
        )
        keys, values = (
            graph.add("Concat", before[number], now, axis=2)
            for before, now in zip(self._own, new, strict=True)
        )
        return graph.add("Mul", query, self._scale), keys, values

    def _seen(self, query: str, keys: str, values: str, number: int) -> str:
        """(rows, width): attention to what was told, which is kept once, and to the path's own."""
        graph, (told_keys, told_values) = self._graph, (part[number] for part in self._told)
        together = graph.add("Transpose", query, perm=[1, 0, 2, 3])
        shape = graph.add("Shape", together)
        flat = graph.add("Reshape", together, graph.numbers(self._heads, -1, HEAD))
        each = graph.add("Slice", shape, self._first, graph.numbers(3))
        told_shape = graph.add("Concat", each, self._told_count, axis=0)
        to_told = graph.add("MatMul", flat, told_keys)
        # there may be nothing told: a length of none is meant as such
        to_told = graph.add("Reshape", to_told, told_shape, allowzero=1)
        to_told = graph.add("Transpose", to_told, perm=[1, 0, 2, 3])
        across = graph.add("Transpose", keys, perm=[0, 1, 3, 2])
        to_own = graph.add("Add", graph.add("MatMul", query, across), self._ahead)
        shares = graph.add("Softmax", graph.add("Concat", to_told, to_own, axis=3), axis=-1)
        of_told = graph.add("Slice", shares, self._first, self._told_count, graph.numbers(3))
        of_own = graph.add(
            "Slice", shares, self._told_count, graph.numbers(_REST), graph.numbers(3)
        )
        of_told = graph.add("Transpose", of_told, perm=[1, 0, 2, 3])
        rows = [graph.numbers(self._heads), self._rows, self._told_count]
        flat_shape = graph.add("Concat", *rows, axis=0)
        of_told = graph.add("Reshape", of_told, flat_shape, allowzero=1)
        seen_told = graph.add("Reshape", graph.add("MatMul", of_told, told_values), shape)
        seen_told = graph.add("Transpose", seen_told, perm=[1, 2, 0, 3])
        seen_own = graph.add("Transpose", graph.add("MatMul", of_own, values), perm=[0, 2, 1, 3])
        both = graph.add("Add", seen_told, seen_own)
        return graph.add("Reshape", both, graph.numbers(-1, self._width))

    def _heard(self, x: str, at: str, number: int) -> str:
        """(rows, width): attention to the sound."""
        graph, (keys, values) = self._graph, (part[number] for part in self._sound)
        query = graph.linear(x, *layer(self._weights, f"{at}linear_0"))
        near = graph.add("MatMul", graph.heads(graph.add("Mul", query, self._scale)), keys)
        return graph.joined(graph.add("MatMul", graph.add("Softmax", near, axis=-1), values))


# --- tokens


def tokens(weights: Weights) -> bytes:
    """What the tokens are, as float16: `embeddings` [vocabulary, width], `positions` [., width]."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:  # numpy's own writer stamps the time
        for name, at in (
            ("embeddings", "decoder/embeddings/weight"),
            ("positions", "decoder/position_encodings/encodings"),
        ):
            inner = io.BytesIO()
            np.lib.format.write_array(inner, weights[at].astype(np.float16))
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), inner.getvalue())
    return out.getvalue()


BUILDS = {"listening.onnx": listening, "going_on.onnx": going_on, "tokens.npz": tokens}
"""What makes each file of the model."""
