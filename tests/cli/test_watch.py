"""keepmum watch stays through every restart of the hands."""

from __future__ import annotations

import json
import socket
import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from device.cli import watch
from tests import pictures


def test_a_restart_of_the_hands_is_shown_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "REFRESH_S", 0.01)
    path = tmp_path / "ask"

    listening = threading.Event()

    def lives() -> None:
        for name in ("first", "second"):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
                server.listen()
                listening.set()
                asker, _ = server.accept()
                with asker:
                    asker.recv(4096)
                    asker.sendall(json.dumps({"event": name, "at": 1.0}).encode() + b"\n")
            path.unlink()

    thread = threading.Thread(target=lives, daemon=True)
    thread.start()
    assert listening.wait(10)  # its path is there a moment earlier
    events = watch.events(path, None)
    assert [next(events)["event"] for _ in range(3)] == ["first", "away", "second"]
    thread.join()


@pytest.mark.parametrize("width", [40, 80, 120])
def test_words_stay_whole_at_every_width(width: int) -> None:
    for _, scene in pictures.scenes():
        console = Console(width=width, file=StringIO(), color_system=None)
        console.print(watch.picture(scene))
        shown = console.file.getvalue()  # type: ignore[attr-defined]
        assert max(map(len, shown.splitlines())) <= width
        for waking in scene.wakings:
            assert waking.word in shown
            assert all(word in shown for word in waking.what.replace(",", " ").split())
