"""The timeline of `keepmum run` and `keepmum demo`: events as lines for people."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from device.config import Config
from device.letter import FaultCode
from device.names import compile_names
from device.standalone.timeline import Timeline


@pytest.mark.parametrize(
    ("code", "words"), [(FaultCode.SEAL_WEAKER, "seal weaker"), (250, "fault 250")]
)
def test_a_fault_is_told_in_words(code: int, words: str) -> None:
    out = io.StringIO()
    timeline = Timeline(Console(file=out, width=80), (), compile_names(Config()))
    timeline.show({"event": "fault", "at": 5.0, "code": int(code)})
    assert out.getvalue().split() == ["0.00", "s", "fault", *words.split()]
