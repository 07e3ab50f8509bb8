"""The positive control of a search: something known is put into the processes that are searched.

A search that finds nothing proves nothing, unless it would have found. So the processes are started
with a text in their environment that is, byte for byte, sound: 64 printable characters, 32 samples.
The kernel keeps it on their stacks and forked children inherit it; the search must find it in every
process by the very table, page by page, that finds a canary. And every encoding that is searched
for is planted in a piece of memory, and must be found there.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

VARIABLE = "KEEPMUM_PLANT"
_LETTERS = string.ascii_letters + string.digits


def grow() -> str:
    """A text that is nowhere else."""
    return "".join(secrets.choice(_LETTERS) for _ in range(64))


def samples_of(text: str) -> NDArray[np.int16]:
    """The text as (n,) int16 samples, as it lies in memory."""
    return np.frombuffer(text.encode("ascii"), np.int16)


def encoded(sound: NDArray[np.int16]) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of sound in every encoding that a search knows."""
    yield "int16", sound.tobytes()
    yield "int16, off by a byte", b"." + sound.tobytes()
    for kind in (np.int32, np.int64, np.float32, np.float64):
        yield np.dtype(kind).name, sound.astype(kind).tobytes()
    for name, scaled in (
        ("float32 / 32768", sound.astype(np.float32) / np.float32(32768)),
        ("float32 / 32767", sound.astype(np.float32) / np.float32(32767)),
        ("float64 / 32768", sound / 32768.0),
    ):
        yield name, scaled.tobytes()
