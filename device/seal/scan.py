"""Searching memory for a canary: sound that can be told from anything else, sample by sample.

The canary is pseudo-random noise: any four samples in a row occur once. It is looked for as int16
(also off by a byte), int32, int64, float32 and float64 in the usual scales, as Python ints and
numpy scalars in a heap, and as rows of the mel spectrogram that the detectors compute, which a
vocoder turns back into sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from device.mind.types import RATE
from device.seal import pages

Words = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HASH_BITS = 24
_ROW = 32
"""Values of a mel row."""


def canary(seconds: float, seed: int = 0xC0FFEE, level: float = 1.0) -> NDArray[np.int16]:
    """Noise over the whole range times `level`, the same for the same seed; int16 (n,)."""
    top = int(32767 * level)
    drawn = np.random.default_rng(seed).integers(-top, top, int(RATE * seconds), endpoint=True)
    return drawn.astype(np.int16)


class _Table:
    """Eight-byte words that stand for samples, and which; a bitmap says no to nearly all others."""

    def __init__(self, words: Words, index: NDArray[np.int64]) -> None:
        order = np.argsort(words, kind="stable")
        self.words, self.index = words[order], index[order]
        self._maybe = np.zeros(1 << _HASH_BITS, bool)
        self._maybe[_hash(self.words)] = True

    def find(self, memory: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(places in `memory`, which sample begins there)."""
        at = np.flatnonzero(self._maybe[_hash(memory)])
        place = np.minimum(np.searchsorted(self.words, memory[at]), len(self.words) - 1)
        right = self.words[place] == memory[at]
        return at[right], self.index[place[right]]


_WIDE: Mapping[str, tuple[type[np.generic], float]] = {
    "int32": (np.int32, 1),
    "int64": (np.int64, 1),
    "float32": (np.float32, 1),
    "float32 / 32768": (np.float32, 32768),
    "float32 / 32767": (np.float32, 32767),
    "float64": (np.float64, 1),
    "float64 / 32768": (np.float64, 32768),
}
"""How samples are kept other than as int16: the type, and the scale that makes them whole again."""


@dataclass
class Found:
    """What a search found."""

    private: NDArray[np.bool_]
    """For each sample of the canary, whether it is in private memory."""
    shared: NDArray[np.bool_]
    """The same for memory shared with another process."""
    rows: set[int] = field(default_factory=set)
    encodings: dict[str, int] = field(default_factory=dict)
    searched: int = 0
    """Bytes looked at."""
    planted: set[int] = field(default_factory=set)
    """Processes in which the positive control was found."""
    barren: set[int] = field(default_factory=set)
    """Processes in which it was not: whatever else was not found there means nothing."""
    ended: set[int] = field(default_factory=set)
    """Processes that ended before they could be searched: what they held went with them."""

    @property
    def samples(self) -> int:
        """Unique samples in private memory."""
        return int(self.private.sum())

    @property
    def milliseconds(self) -> float:
        """The same as time."""
        return 1000 * self.samples / RATE

    def mark(self, encoding: str, index: NDArray[np.int64]) -> None:
        """Four samples from each of these places, (n,), on were found."""
        for step in range(4):
            self.private[index + step] = True
        if len(index):
            self.encodings[encoding] = self.encodings.get(encoding, 0) + 4 * len(index)

    def add(self, other: Found) -> None:
        """Take in what another process holds."""
        self.private |= other.private
        self.shared |= other.shared
        self.rows |= other.rows
        self.searched += other.searched
        self.planted |= other.planted
        self.barren |= other.barren
        self.ended |= other.ended
        for name, count in other.encodings.items():
            self.encodings[name] = self.encodings.get(name, 0) + count


class Searcher:
    """A canary, (n,) int16, prepared for searching, with the mel rows that detectors make of it."""

    def __init__(
        self,
        samples: NDArray[np.int16],
        mel: NDArray[np.float32] | None = None,
        plant: NDArray[np.int16] | None = None,
    ) -> None:
        """`plant`: what every process that will be searched was given, to show that it was."""
        self.samples = samples
        self._table = _Table(_quads(samples), np.arange(len(samples) - 3))
        self._mel = _mel_table(mel) if mel is not None and len(mel) else None
        self._plant = None
        if plant is not None:
            self._plant = _Table(_quads(plant), np.arange(len(plant) - 3))

    def search(self, pids: Iterable[int]) -> Found:
        """Look through all data of these processes (root).

        One that ends meanwhile is told apart. Raises PermissionError if one can't be read.
        """
        found = self._nothing()
        for pid in pids:
            try:
                part = self._search_process(pid)
            except (FileNotFoundError, ProcessLookupError):
                found.ended.add(pid)
                continue
            if not part.planted and not pages.alive(pid):
                part.ended.add(pid)
            elif self._plant is not None and not part.planted:
                part.barren.add(pid)
            found.add(part)
        return found

    def _search_process(self, pid: int) -> Found:
        found = self._nothing()
        types = _object_types(pid)
        for region, data in pages.contents(pid):
            part = self.search_bytes(data, types)
            if region.shared:
                part.shared, part.private = part.private, part.shared
            if self._plant is not None and len(_everywhere(data, self._plant)):
                part.planted.add(pid)
            found.add(part)
        return found

    def search_bytes(self, data: bytes, types: Mapping[str, int] | None = None) -> Found:
        """Look through one piece of memory."""
        found = self._nothing()
        found.searched = len(data)
        found.mark("int16", _everywhere(data, self._table))
        for name, (kind, scale) in _WIDE.items():
            _, index = self._table.find(_quads_of(data, kind, scale))
            found.mark(name, index)
        if self._mel is not None:
            found.rows = _mel_rows(data, self._mel)
        for name, address in (types or {}).items():
            self._search_objects(data, name, address, found)
        return found

    def _search_objects(self, data: bytes, name: str, address: int, found: Found) -> None:
        """Samples that are objects: neighbours in the heap that are neighbours in the canary."""
        values, places = _objects(data, name, address)
        if len(values) < 4:
            return
        close = np.abs(np.diff(places)) <= 16
        near = close[:-2] & close[1:-1] & close[2:] & (np.abs(values[:-3]) <= 32767)
        samples = np.clip(values, -32768, 32767).astype(np.int16)
        for way in (samples, samples[::-1]):  # a heap fills upwards or downwards
            words = _quads(np.ascontiguousarray(way))[near if way is samples else near[::-1]]
            _, index = self._table.find(words)
            found.mark(name, index)

    def _nothing(self) -> Found:
        size = len(self.samples)
        return Found(np.zeros(size, bool), np.zeros(size, bool))


def _everywhere(data: bytes, table: _Table) -> NDArray[np.int64]:
    """Which samples of the table begin at words of `data`; sound may be off by a byte."""
    counts = ((shift, max(0, len(data) - shift) // 8) for shift in (0, 1))
    words = (np.frombuffer(data, np.uint64, count, shift) for shift, count in counts)
    return np.concatenate([table.find(each)[1] for each in words])


def _hash(words: Words) -> NDArray[np.int64]:
    return ((words * _MIX) >> np.uint64(64 - _HASH_BITS)).astype(np.int64)


def _quads(x: NDArray[np.int16]) -> Words:
    """Four neighbours as one word, beginning at every sample."""
    u = x.view(np.uint16).astype(np.uint64)
    words: Words = u[:-3] | u[1:-2] << np.uint64(16) | u[2:-1] << np.uint64(32)
    return words | u[3:] << np.uint64(48)


def _quads_of(data: bytes, kind: type[np.generic], scale: float) -> Words:
    """The same of what could be samples of another type: whole numbers in range, four in a row."""
    values = np.frombuffer(data, kind, len(data) // np.dtype(kind).itemsize)
    if np.issubdtype(kind, np.floating):
        with np.errstate(all="ignore"):
            scaled = values * np.dtype(kind).type(scale)
            whole = np.rint(scaled)
            fits = (np.abs(scaled - whole) < 0.01) & (np.abs(whole) <= 32768)
    else:
        whole, fits = values, (values >= -32768) & (values <= 32767)
    fits &= values != 0
    at = np.flatnonzero(fits[:-3] & fits[1:-2] & fits[2:-1] & fits[3:])
    words = np.zeros(len(at), np.uint64)
    for step in range(4):
        sample = np.clip(whole[at + step], -32768, 32767).astype(np.int16).view(np.uint16)
        words |= sample.astype(np.uint64) << np.uint64(16 * step)
    return words


def _mel_table(mel: NDArray[np.float32]) -> _Table:
    """Rows (n, 32) as pairs of neighbours; raw, and as openWakeWord scales them (x / 10 + 2)."""
    scaled = (mel / np.float32(10) + np.float32(2)).astype(np.float32)
    words, index = [], []
    for rows in (np.ascontiguousarray(mel, np.float32), scaled):
        b = rows.view(np.uint32).astype(np.uint64)
        words.append((b[:, :-1] | b[:, 1:] << np.uint64(32)).ravel())
        index.append(np.arange(rows.size).reshape(rows.shape)[:, :-1].ravel())
    return _Table(np.concatenate(words), np.concatenate(index))


def _mel_rows(data: bytes, table: _Table) -> set[int]:
    """Rows of which at least eight values stand in a row, at either alignment of a float."""
    rows: set[int] = set()
    for shift in (0, 4):
        count = max(0, len(data) - shift) // 8
        at, index = table.find(np.frombuffer(data, np.uint64, count, shift))
        if not len(at):
            continue
        linked = (np.diff(at) == 1) & (np.diff(index) == 2)
        group = np.concatenate(([0], np.cumsum(~linked)))
        rows |= {int(i) for i in index[np.bincount(group)[group] >= 4] // _ROW}
    return rows


def _object_types(pid: int) -> dict[str, int]:
    """Addresses of the types of Python ints and numpy's int16 in that process."""
    types = {"Python int": id(int), "numpy.int16": id(np.int16)}
    twins = {name: pages.twin_address(pid, address) for name, address in types.items()}
    return {name: address for name, address in twins.items() if address is not None}


def _objects(data: bytes, name: str, address: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(values, places in words) of objects of a type: the word behind the type's address."""
    words = np.frombuffer(data, np.uint64, len(data) // 8)
    at = np.flatnonzero(words[:-2] == np.uint64(address)) if len(words) > 2 else np.zeros(0, int)
    if name == "numpy.int16":
        values = (words[at + 1] & np.uint64(0xFFFF)).astype(np.uint16).view(np.int16)
        return values.astype(np.int64), at
    size = words[at + 1].view(np.int64)
    digit = (words[at + 2] & np.uint64(0x3FFFFFFF)).astype(np.int64)
    # one digit; up to Python 3.11 the size is its sign, later its low bits say 0 plus, 2 minus
    plus, minus = (size == 1) | (size == 8), (size == -1) | (size == 10)
    single = plus | minus
    return np.where(minus, -digit, digit)[single], at[single]
