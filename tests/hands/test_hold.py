"""One state folder is one speaker's: a second one is told, and the next life isn't hindered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.errors import AnotherSpeaker
from device.hands import state

HOLD = "import sys; from pathlib import Path; from device.hands.state import hold"
HOLD += "; print(hold(Path(sys.argv[1])) >= 0, flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "HELD_S", 0.1)


def test_a_second_speaker_on_one_folder_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "True\n"
        with pytest.raises(AnotherSpeaker) as caught:
            state.hold(tmp_path)
        assert str(tmp_path) in caught.value.message
        first.kill()
    os.close(state.hold(tmp_path))


def test_a_hold_leaves_no_file_and_another_folder_is_free(tmp_path: Path) -> None:
    one, other = (state.hold(tmp_path / name) for name in ("one", "other"))
    assert min(one, other) >= 0
    assert not os.get_inheritable(one)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    os.close(one)
    os.close(other)


def test_a_disk_that_takes_nothing_is_no_other_speaker(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert state.hold(tmp_path / "file" / "below") == -1
