"""Whatever ends a command is a sentence with its mend, and holds nothing that it was about."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.cli import ending
from device.errors import FileTrouble, NoConfig, OwnFault

SECRET = "what somebody said"


def keepmum(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "device", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environ}
    )


def failure(error: Exception) -> Exception:
    """The error, raised from a line of our own."""
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - it is what the test is about
        return caught


def test_a_known_error_stays_as_it_is() -> None:
    known = NoConfig(file="x")
    assert ending.as_error(known) is known


def test_a_file_that_cannot_be_used_is_named() -> None:
    error = ending.as_error(failure(PermissionError(13, "Permission denied", "/somewhere")))
    assert isinstance(error, FileTrouble)
    assert "/somewhere" in error.message and "Permission denied" in error.message


def test_a_fault_of_our_own_says_its_place_and_nothing_that_it_was_about() -> None:
    error = ending.as_error(failure(ValueError(SECRET)))
    assert isinstance(error, OwnFault)
    assert "ValueError" in error.message
    assert SECRET not in error.message + error.remedy


def test_the_rest_is_shown_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ending.as_error(failure(ValueError(SECRET)))
    assert SECRET not in capsys.readouterr().err
    monkeypatch.setenv(ending.SHOW, "1")
    ending.as_error(failure(ValueError(SECRET)))
    assert SECRET in capsys.readouterr().err


@pytest.mark.parametrize("command", ["config", "doctor", "ledger"])
@pytest.mark.parametrize("content", ["folder", "latin", "missing"])
def test_settings_that_cannot_be_read_end_in_a_sentence(
    command: str, content: str, tmp_path: Path
) -> None:
    """The services go on without them: tests/config/test_salvage.py."""
    file = tmp_path / "keepmum.toml"
    if content == "folder":
        file.mkdir()
    elif content == "latin":
        file.write_bytes('[general]\nname = "Küche"\n'.encode("latin-1"))
    done = keepmum(command, "--config", str(file))
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode in (1, 11, 13)
    assert done.returncode != 1 or command == "doctor"


def test_a_report_to_nowhere_names_the_place(tmp_path: Path) -> None:
    settings = tmp_path / "keepmum.toml"
    settings.write_text(f'[service]\nstate = "{tmp_path}"\nask = "{tmp_path}/ask.sock"\n')
    where = tmp_path / "nowhere" / "page.html"
    done = keepmum("report", str(where), "--config", str(settings))
    assert done.returncode == FileTrouble.exit_code
    assert str(where) in done.stderr and "Traceback" not in done.stderr


def test_a_reader_that_goes_away_ends_it_in_silence() -> None:
    """`keepmum sentences list | head -1`."""
    command = f"{sys.executable} -m device sentences list | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode in (0, 1, ending.BROKEN_PIPE)  # 1 is Rich's
