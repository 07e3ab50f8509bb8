"""keepmum say goes to the speaker that runs, and starts none that could be taken for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hands.process import Hands, listening, settings


def say(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device", "say", *words, "--config", str(file)]
    # not this user's own running speaker
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(file.parent / "none")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=120
    )


def test_it_is_done_by_the_running_hands_and_the_reply_is_printed(tmp_path: Path) -> None:
    with listening(tmp_path / "s") as server:
        hands = Hands(file := settings(tmp_path), server)
        done = say(file, "set a timer for ten minutes")
        assert (done.returncode, done.stdout) == (0, "10 minutes, starting now.\n"), done
        done = say(file, "how much time is left")
        assert "left" in done.stdout, done
        assert "10 minutes" in done.stdout or "9 minutes" in done.stdout
        hands.end(kill=False)
        hands.close()


@pytest.mark.parametrize(
    ("text", "code", "out", "err"),
    [
        ("what time is it", 0, "It's ", "No speaker runs"),
        ("set a timer for ten minutes", 93, "", "need a speaker that runs"),
        ("louder", 0, "(volume.up)", "No speaker runs"),
    ],
)
def test_without_a_running_speaker_it_is_said_and_no_timer_is_promised(
    tmp_path: Path, text: str, code: int, out: str, err: str
) -> None:
    done = say(settings(tmp_path), text)
    assert done.returncode == code, done
    assert out in done.stdout
    assert err in done.stderr
    assert not (tmp_path / "state").exists(), "nothing is kept of it"
