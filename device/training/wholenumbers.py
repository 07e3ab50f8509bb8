"""Building networks of whole numbers: an ONNX graph, node by node.

Every matrix of weights is int8 with one scale a column, and what goes into it is made uint8 as it
comes (dynamic quantization, as in onnxruntime's own tool): a quarter of the memory, and half of
the time. Attention, norms and convolutions stay floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
Shape = tuple[int | str, ...]

OPSET = 20
HEAD = 64
EPSILON = 1e-5
_RANGE = 127.0
"""Weights are -127..127."""


def layer(weights: Mapping[str, Array], at: str) -> tuple[Array, Array]:
    """Weight (inputs, outputs) and bias (outputs,) of a layer, in the units of the model."""
    return weights[f"{at}/weight"], weights[f"{at}/bias"]


@dataclass
class Graph:
    """Collects nodes and constants; names are counted, so that the bytes are always the same."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)

    def constant(self, value: Array | np.floating[Any]) -> str:
        """The name of a constant of any shape, kept as it is."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def numbers(self, *values: int) -> str:
        """The name of a row of whole numbers."""
        return self.constant(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: object) -> str:
        """The name of what `operator` makes of its inputs."""
        out = name or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], **attributes))
        return out

    def parts(self, x: str, count: int, axis: int) -> list[str]:
        """`x` in `count` equal parts."""
        names = [f"t{len(self.nodes)}_{part}" for part in range(count)]
        node = helper.make_node("Split", [x], names, axis=axis, num_outputs=count)
        self.nodes.append(node)
        return names

    def input(self, name: str, shape: tuple[int | str, ...], kind: int = TensorProto.FLOAT) -> str:
        """An input of the graph; a name in the shape is a length that may change."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: tuple[int | str, ...]) -> None:
        """An output of the graph, which a node has made."""
        self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def model(self, name: str) -> bytes:
        """The bytes of the ONNX file."""
        graph = helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 9
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    # --- layers

    def linear(self, x: str, weight: Array, bias: Array) -> str:
        """`x` (rows, in) times `weight` (out, in) in whole numbers, plus `bias`."""
        scale = (np.abs(weight).max(axis=1) / np.float32(_RANGE)).astype(np.float32)
        scale = np.where(scale == 0, np.float32(1), scale)
        whole = np.rint(weight / scale[:, None]).astype(np.int8).T
        made = [f"t{len(self.nodes)}_{part}" for part in ("whole", "scale", "zero")]
        self.nodes.append(helper.make_node("DynamicQuantizeLinear", [x], made))
        sums = self.add("MatMulInteger", made[0], self.constant(whole), made[2])
        scales = self.add("Mul", made[1], self.constant(scale))
        out = self.add("Mul", self.add("Cast", sums, to=TensorProto.FLOAT), scales)
        return self.add("Add", out, self.constant(bias.astype(np.float32)))

    def norm(self, x: str, weights: Mapping[str, Array], at: str) -> str:
        """`x` (rows, width) with its mean and spread taken off, row by row."""
        gain, offset = (self.constant(weights[f"{at}layer_norm/{w}"]) for w in ("gamma", "beta"))
        return self.add("LayerNormalization", x, gain, offset, axis=-1, epsilon=EPSILON)

    def dense(self, x: str, weights: Mapping[str, Array], at: str) -> str:
        """`x` (rows, width) and what two dense layers make of it, in the same shape."""
        inner = self.norm(x, weights, f"{at}ffn/")
        for number in (0, 1):
            inner = self.linear(inner, *layer(weights, f"{at}ffn/linear_{number}"))
            if not number:
                inner = self.add("Gelu", inner)
        return self.add("Add", x, inner)

    def heads(self, x: str, *, across: bool = False) -> str:
        """(rows, width) as (heads, rows, 64); `across`: as (heads, 64, rows)."""
        split = self.add("Reshape", x, self.numbers(0, -1, HEAD))
        return self.add("Transpose", split, perm=[1, 2, 0] if across else [1, 0, 2])

    def joined(self, x: str) -> str:
        """(heads, rows, 64) as (rows, width)."""
        rows = self.add("Transpose", x, perm=[1, 0, 2])
        return self.add("Reshape", rows, self.numbers(0, -1))
