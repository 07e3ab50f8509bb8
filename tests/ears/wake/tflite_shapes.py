"""Shapes of the tensors in a TensorFlow Lite file, read from its flatbuffer.

Slots of the schema (tensorflow/lite/schema/schema.fbs): Model.subgraphs 2, SubGraph.tensors 0,
Tensor.shape 0, Tensor.name 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flatbuffers import encode, number_types
from flatbuffers.table import Table

STATE = re.compile(r"stream\w*/concat/ReadVariableOp$")
"""What is read back from a streaming layer's state."""


def state_shapes(file: Path) -> list[list[int]]:
    """The shapes of a microWakeWord model's states, [1, time, 1, channels], in layer order."""
    found = {name: shape for name, shape in _tensors(file) if STATE.search(name)}
    return [found[name] for name in sorted(found, key=_layer)]


def _layer(name: str) -> int:
    number = re.search(r"stream_?(\d*)/", name)
    return int(number[1] or 0) if number else 0


def _tensors(file: Path) -> Iterator[tuple[str, list[int]]]:
    data = bytearray(file.read_bytes())
    model = Table(data, encode.Get(number_types.UOffsetTFlags.packer_type, data, 0))
    for graph in _tables(model, 2):
        for tensor in _tables(graph, 0):
            at, count = _vector(tensor, 0)
            shape = [tensor.Get(number_types.Int32Flags, at + 4 * i) for i in range(count)]
            offset = tensor.Offset(4 + 2 * 3)
            yield (tensor.String(tensor.Pos + offset).decode() if offset else ""), shape


def _tables(table: Any, slot: int) -> Iterator[Any]:
    at, count = _vector(table, slot)
    for i in range(count):
        yield Table(table.Bytes, table.Indirect(at + 4 * i))


def _vector(table: Any, slot: int) -> tuple[int, int]:
    offset = table.Offset(4 + 2 * slot)
    return (table.Vector(offset), table.VectorLen(offset)) if offset else (0, 0)
