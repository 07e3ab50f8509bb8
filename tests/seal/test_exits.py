"""Every descriptor of sealed ears × every call that could let something out by it, tried.

An enemy in place of ears: a process with the descriptors that ears have and the seal that ears put
on. What it may do is the table below, and nothing else; the table is what `exits` counts.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ALLOWED = {
    "letters": {"write 1", "write 64", "close"},
    "lamp": {"write 1", "close"},
    "pulse": {"write 1", "close"},
    "frames": {"write 1", "write 64", "close"},
    "answers": {"close"},
    "listening": {"close"},
    "null": {"close"},
    "microphone": {"close"},
}
"""Frames go to the recognizer's child, which has no way out but back to ears."""


def tried(kind: str) -> tuple[int, dict[str, set[str]]]:
    """(attempts, what succeeded by descriptor) of a process with or without the seal."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.seal.enemy", kind],
        capture_output=True,
        timeout=120,
        check=True,
        cwd=ROOT,
    )
    count, found = ast.literal_eval(done.stdout.decode())
    return count, {what: set(names) for what, names in found.items()}


def test_sealed_ears_can_do_what_is_counted_and_nothing_else_with_any_descriptor() -> None:
    count, found = tried("sealed")
    assert count >= 400
    assert {what: names - ALLOWED[what] for what, names in found.items()} == {
        what: set() for what in ALLOWED
    }
    for what in ("letters", "lamp", "pulse", "frames"):
        assert "write 1" in found[what]


@pytest.mark.parametrize("what", ["letters", "lamp", "pulse"])
def test_without_the_seal_the_same_attempts_find_ways_out(what: str) -> None:
    _, found = tried("free")
    assert len(found[what] - ALLOWED[what]) >= 5
