"""The search finds what is planted, in every encoding, and nothing where nothing is."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from device.seal.scan import Searcher, canary

SOUND = canary(2.0)
PIECE = SOUND[8_000:9_280]
MEL = np.random.default_rng(3).normal(-20, 15, (40, 32)).astype(np.float32)


@pytest.fixture(scope="module")
def searcher() -> Searcher:
    return Searcher(SOUND, MEL)


ENCODED: dict[str, NDArray[np.generic]] = {
    "int16": PIECE,
    "int32": PIECE.astype(np.int32),
    "int64": PIECE.astype(np.int64),
    "float32": PIECE.astype(np.float32),
    "float32 / 32768": PIECE.astype(np.float32) / np.float32(32768),
    "float32 / 32767": PIECE.astype(np.float32) / np.float32(32767),
    "float64": PIECE.astype(np.float64),
    "float64 / 32768": PIECE / 32768.0,
}


@pytest.mark.parametrize("name", ENCODED)
def test_every_encoding_of_a_frame_is_found_whole(searcher: Searcher, name: str) -> None:
    data = os.urandom(4096) + ENCODED[name].tobytes() + os.urandom(4096)
    found = searcher.search_bytes(data)
    assert found.encodings.keys() == {name}
    assert len(PIECE) - 8 <= found.samples <= len(PIECE)  # a zero sample is not looked at


def test_samples_off_by_a_byte_are_found(searcher: Searcher) -> None:
    found = searcher.search_bytes(b"x" * 4097 + PIECE.tobytes() + b"y" * 7)
    assert found.samples >= len(PIECE) - 4


def test_mel_rows_are_found_raw_and_scaled_and_nothing_else_is(searcher: Searcher) -> None:
    scaled = (MEL[5:9] / np.float32(10) + np.float32(2)).astype(np.float32)
    found = searcher.search_bytes(bytes(64) + MEL[:3].tobytes() + bytes(64) + scaled.tobytes())
    assert found.rows == {0, 1, 2, 5, 6, 7, 8}
    assert found.samples == 0


def test_other_sound_and_noise_are_not_taken_for_the_canary(searcher: Searcher) -> None:
    other = canary(2.0, seed=7)
    found = searcher.search_bytes(other.tobytes() + os.urandom(8 << 20))
    assert (found.samples, found.rows) == (0, set())


@pytest.mark.skipif(os.geteuid() != 0, reason="reading another process's memory needs root")
@pytest.mark.parametrize(
    ("keep", "least"),
    [
        ("piece", 1280),
        ("list(map(int, piece))", 1200),
        ("list(piece)", 1200),
        ("piece / 32768", 1280),
    ],
)
def test_another_process_is_searched_whatever_it_keeps_sound_as(
    searcher: Searcher, keep: str, least: int
) -> None:
    code = f"""
import os, sys
import numpy as np
from device.seal import memory
memory.harden()
ballast = list(range(10**6, 10**6 + 50_000))  # fills holes: what comes lies in a row
piece = np.zeros(1280, np.int16); os.readv(0, [piece])
kept = {keep}
if kept is not piece: piece.fill(0)
os.write(1, b'1'); os.read(0, 1)
"""
    target = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert target.stdin and target.stdout
    target.stdin.write(PIECE.tobytes())
    target.stdin.flush()
    assert target.stdout.read(1) == b"1"
    found = searcher.search([target.pid])
    target.communicate(b"1", timeout=20)
    assert least <= found.samples <= len(PIECE) + 200
