"""`keepmum run`: what can't begin ends with its sentence instead of beginning for ever."""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from device.cli import run
from device.config import Config
from device.errors import AnotherSpeaker, KeepmumError, ModelMissing, WrongSound
from device.standalone.supervisor import Process


def file(folder: Path, kind: str) -> Path:
    path = folder / "a.wav"
    match kind:
        case "folder":
            path.mkdir()
        case "text":
            path.write_text("hello")
        case "empty":
            path.touch()
        case "fifo":
            os.mkfifo(path)
        case "8000" | "16000":
            with wave.open(str(path), "wb") as out:
                out.setparams((1, 2, int(kind), 0, "NONE", ""))
                out.writeframes(bytes(3200))
    return path


@pytest.mark.parametrize("kind", ["folder", "text", "empty", "8000", "missing"])
def test_a_bad_file_ends_with_its_sentence_before_anything_begins(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(run, "stage", lambda *a, **k: begun.append(a))
    with pytest.raises(WrongSound):
        run.run(None, str(file(tmp_path, kind)))
    assert begun == []


@pytest.mark.parametrize("kind", ["fifo", "16000"])
def test_a_file_that_ears_can_read_is_taken(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = str(file(tmp_path, kind))
    begun: list[object] = []

    @contextmanager
    def stage(_: Config, *, source: str) -> Iterator[run.Scene]:
        begun.append(source)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(run, "stage", stage)
    with pytest.raises(KeyboardInterrupt):
        run.run(None, source)
    assert begun == [source]


@pytest.mark.parametrize(
    ("error", "again"),
    [(WrongSound, False), (ModelMissing, False), (AnotherSpeaker, False), (KeepmumError, True)],
)
def test_what_is_the_same_at_the_next_start_is_not_started_again(
    error: type[KeepmumError], again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process("ears", (), code=error.exit_code)
    monkeypatch.setattr(Process, "start", lambda self: None)
    assert run._again(process, Console(quiet=True)) is again
