"""The streaming graph of the openWakeWord features, built from the fetched models.

openWakeWord runs a mel spectrogram and a 76-row convolutional network again over 775 ms of sound
for every 80 ms. Every convolution of that network is unpadded in time and its time stride is
exactly one 80 ms frame, so each layer only has to compute the rows that are new, if the last two
input rows of every 3-tap convolution are kept: 37 KiB of state instead of a window, the same
numbers. (Google's speech_embedding, https://arxiv.org/abs/2002.01322; the idea is that of
streaming convolutions, Rybakov et al., https://arxiv.org/abs/2005.06720.)

The mel part is openWakeWord's own: a 512-tap DFT by convolution whose window is zero outside 400
taps, of which the mel matrix uses bins 2 to 121 only; taps and bins that cannot matter are cut.

`build` is deterministic: the same models give the same bytes, whose hash the manifest records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from device.errors import NotStreamable

MEL_ROWS = 8
"""Rows of mel that one 80 ms frame adds, 10 ms each."""
MEL_BINS = 32
HOP = 160
OPSET = 13
FLOOR = np.float32(-0.4)
"""Lower bound of every activation of the network."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Conv:
    """A convolution, unpadded in time, and whether the leaky activation follows it."""

    weight: Array
    bias: Array | None
    active: bool = False


@dataclass(frozen=True)
class Pool:
    """A maximum over `time` rows and `bins` columns."""

    time: int
    bins: int


@dataclass
class Builder:
    """Collects nodes and constants; names are counted, so that the bytes are always the same."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)

    def constant(self, value: Array | np.float32) -> str:
        """The name of a constant of any shape, kept as it is."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: object) -> str:
        out = name or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], **attributes))
        return out

    def input(self, name: str, shape: tuple[int, ...]) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name: str, shape: tuple[int, ...]) -> str:
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def model(self) -> bytes:
        graph = helper.make_graph(self.nodes, "features", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def build(mel: Path, embedding: Path) -> bytes:
    """The streaming graph of these two models, as the bytes of an ONNX file.

    Inputs `audio` [1, 1, 1, 1520] (float32, int16 range: 400 - 160 samples of overlap, then the
    frame up to where its last window ends) and `state0..n` [1, channels, 2, bins]; outputs
    `embedding` [1, 96] and `next0..n`, the states of the next frame.

    Raises NotStreamable if either model has layers that this construction doesn't know.
    """
    layers = list(read_layers(embedding))
    builder = Builder()
    rows = _mel(builder, mel)
    _network(builder, rows, layers)
    return builder.model()


def read_layers(path: Path) -> Iterator[Conv | Pool]:
    """The convolutions and pools of the embedding model. Raises NotStreamable."""
    graph = onnx.load(path).graph
    known = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    pending: Conv | None = None
    for node in graph.node:
        what = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv":
            if pending:
                yield pending
            pending = _convolution(node, what, known)
        elif node.op_type == "LeakyRelu" and pending and abs(what["alpha"] - 0.2) < 1e-6:
            pending = Conv(pending.weight, pending.bias, active=True)
        elif node.op_type == "Max" and pending and pending.active:
            if known[node.input[1]].item() != FLOOR:
                raise NotStreamable(layer="Max")
        elif node.op_type == "MaxPool" and what["kernel_shape"] == what["strides"]:
            if pending:
                yield pending
            pending = None
            yield Pool(*what["strides"])
        elif node.op_type != "Reshape":
            raise NotStreamable(layer=node.op_type)
    if pending:
        yield pending


def _convolution(node: onnx.NodeProto, what: dict[str, Any], known: dict[str, Array]) -> Conv:
    weight = known[node.input[1]]
    width = weight.shape[3]
    pads = what.get("pads", [0, 0, 0, 0])
    unpadded_in_time = pads == [0, width // 2, 0, width // 2]
    if not unpadded_in_time or weight.shape[2] not in (1, 3) or set(what["strides"]) != {1}:
        raise NotStreamable(layer="Conv")
    return Conv(weight, known[node.input[2]] if len(node.input) > 2 else None)


def _mel(builder: Builder, path: Path) -> str:
    """Nodes from `audio` to eight mel rows [1, 1, 8, 32], scaled as openWakeWord scales them."""
    known = {i.name: numpy_helper.to_array(i) for i in onnx.load(path).graph.initializer}
    try:
        real, imaginary = (known[f"0.stft.conv_{part}.weight"][:, 0] for part in ("real", "imag"))
        mel = known["1.melW"]
    except KeyError as missing:
        raise NotStreamable(layer="mel spectrogram") from missing
    bins = np.flatnonzero(mel.any(axis=1))
    taps = np.flatnonzero(real.any(axis=0) | imaginary.any(axis=0))
    window = slice(taps[0] // 8 * 8, 512 - taps[0] // 8 * 8)
    used = slice(bins[0], bins[-1] + 1)
    dft = np.concatenate([real[used, window], imaginary[used, window]])[:, None, None, :]
    length = dft.shape[3]
    audio = builder.input("audio", (1, 1, 1, length + (MEL_ROWS - 1) * HOP))
    x = builder.add(
        "Conv", audio, builder.constant(dft), kernel_shape=[1, length], strides=[1, HOP]
    )
    # the power of a bin: real squared plus imaginary squared
    pairs = builder.constant(np.array([2, dft.shape[0] // 2, MEL_ROWS], np.int64))
    x = builder.add("Reshape", builder.add("Mul", x, x), pairs)
    x = builder.add("ReduceSum", x, builder.constant(np.array([0], np.int64)), keepdims=0)
    x = builder.add("Transpose", x, perm=[1, 0])
    x = builder.add("MatMul", x, builder.constant(mel[used]))
    x = builder.add("Clip", x, builder.constant(np.float32(1e-10)))
    # decibels by the same operations in the same order as the original, for the same roundings
    x = builder.add("Log", x)
    x = builder.add("Mul", x, builder.constant(np.float32(10)))
    x = builder.add("Div", x, builder.constant(np.float32(2.3025851)))
    # the floor is 80 dB under the loudest of eight rows
    top = builder.add("ReduceMax", x, keepdims=0)
    x = builder.add("Max", x, builder.add("Sub", top, builder.constant(np.float32(80))))
    # openWakeWord's scaling
    x = builder.add("Div", x, builder.constant(np.float32(10)))
    x = builder.add("Add", x, builder.constant(np.float32(2)))
    return builder.add("Reshape", x, builder.constant(np.array([1, 1, MEL_ROWS, MEL_BINS])))


def _network(builder: Builder, x: str, layers: list[Conv | Pool]) -> None:
    """Nodes from eight mel rows to the embedding, two kept rows before every 3-tap convolution."""
    channels, bins, states = 1, MEL_BINS, 0
    for layer in layers:
        if isinstance(layer, Pool):
            size = [layer.time, layer.bins]
            x = builder.add("MaxPool", x, kernel_shape=size, strides=size)
            bins //= layer.bins
            continue
        taps, width = layer.weight.shape[2:]
        if taps == 3:
            x = _keep_two_rows(builder, x, states, (1, channels, 2, bins))
            states += 1
        x = _convolve(builder, x, layer, width // 2)
        channels = layer.weight.shape[0]
    flat = builder.constant(np.array([1, channels], np.int64))
    builder.output(builder.add("Reshape", x, flat, name="embedding"), (1, channels))


def _keep_two_rows(builder: Builder, x: str, number: int, shape: tuple[int, ...]) -> str:
    """The rows `x` with the two rows before them in front; the last two are the next state."""
    state = builder.input(f"state{number}", shape)
    joined = builder.add("Concat", state, x, axis=2)
    ends = [builder.constant(np.array([n], np.int64)) for n in (-2, 2**31 - 1, 2)]
    builder.output(builder.add("Slice", joined, *ends, name=f"next{number}"), shape)
    return joined


def _convolve(builder: Builder, x: str, layer: Conv, margin: int) -> str:
    parts = [builder.constant(layer.weight)]
    if layer.bias is not None:
        parts.append(builder.constant(layer.bias))
    pads = [0, margin, 0, margin]
    x = builder.add("Conv", x, *parts, kernel_shape=list(layer.weight.shape[2:]), pads=pads)
    if not layer.active:
        return x
    x = builder.add("LeakyRelu", x, alpha=0.2)
    return builder.add("Clip", x, builder.constant(FLOOR))
