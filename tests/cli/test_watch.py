"""keepmum watch stays through every restart of the hands."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from device.cli import watch


def test_a_restart_of_the_hands_is_shown_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "REFRESH_S", 0.01)
    path = tmp_path / "ask"

    def lives() -> None:
        for name in ("first", "second"):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
                server.listen()
                asker, _ = server.accept()
                with asker:
                    asker.recv(4096)
                    asker.sendall(json.dumps({"event": name, "at": 1.0}).encode() + b"\n")
            path.unlink()

    thread = threading.Thread(target=lives)
    thread.start()
    while not path.exists():
        continue
    events = watch.events(path, None)
    assert [next(events)["event"] for _ in range(3)] == ["first", "away", "second"]
    thread.join()
