"""The weights of Whisper as CTranslate2 keeps them for faster-whisper (its binary format 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device.errors import UnknownWeights

Array = NDArray[Any]

FORMAT = 6
_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}
_FLOATS = (0, 4)


def weights_of(data: bytes) -> dict[str, Array]:
    """The weights in a CTranslate2 `model.bin`, by name, as float32
    of any shape. Raises UnknownWeights."""
    try:
        return dict(_weights(_Reader(data)))
    except struct.error as error:
        raise UnknownWeights from error


def _weights(reader: _Reader) -> Iterator[tuple[str, Array]]:
    if reader.number("I") != FORMAT or reader.text() != "WhisperSpec":
        raise UnknownWeights
    reader.number("I")
    for _ in range(reader.number("I")):
        name = reader.text()
        shape = [reader.number("I") for _ in range(reader.number("B"))]
        kind = reader.number("B")
        values = reader.values(kind, reader.number("I"))
        if shape:
            if kind not in _FLOATS:
                raise UnknownWeights
            yield name, values.astype(np.float32).reshape(shape)


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

    def values(self, kind: int, size: int) -> Array:
        if kind not in _TYPES or self._at + size > len(self._data):
            raise UnknownWeights
        kind_of = np.dtype(_TYPES[kind])
        self._at += size
        return np.frombuffer(self._data, kind_of, size // kind_of.itemsize, self._at - size)
