"""Every way to end that a person meets: one sentence, its mend, its exit code, and no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from device import service
from device.letter import Fault, FaultCode, Hello, Letter, unpack
from device.standalone.virtualsound import VirtualSound
from tests.voices import models

SEQPACKET = (socket.AF_UNIX, socket.SOCK_SEQPACKET)


def keepmum(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "device", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run_ears(
    letters: socket.socket, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Real ears with a listening letter socket passed to them as a service manager does."""
    become = (
        "import os, sys\n"
        f"os.dup2({letters.fileno()}, 3)\n"
        "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'device', 'ears', *sys.argv[1:]])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", become, *words],
        env={**os.environ, **environment},
        pass_fds=(letters.fileno(),),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ears(folder: Path, settings: str, *words: str, **environment: str) -> tuple[int, str]:
    """How ears with these settings end, hands being there; exit code and what they say."""
    file = folder / "keepmum.toml"
    file.write_text(settings, encoding="utf-8")
    path = str(folder / "letters.sock")
    with service.listen(path) as letters, socket.socket(*SEQPACKET) as hands:
        hands.connect(path)
        done = run_ears(letters, "--config", str(file), *words, **environment)
    return done.returncode, done.stderr


def test_a_broken_config_lists_all_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "keepmum.toml"
    file.write_text("[listen]\nsilence = 1\npatience_s = 99.0\n")
    done = keepmum("config", "--config", str(file))
    assert done.returncode == 10
    assert "2 faults" in done.stderr
    assert "did you mean silence_s" in done.stderr
    assert "`keepmum config` prints every setting" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = keepmum("config", "--config", str(tmp_path / "none.toml"))
    assert done.returncode == 11
    assert "none.toml" in done.stderr


def test_an_unknown_wake_word_names_those_there_are(tmp_path: Path) -> None:
    models()
    code, text = ears(tmp_path, '[wake]\nwords = ["alexia"]', "--input", os.devnull)
    assert code == 22
    assert "did you mean alexa?" in text
    assert "hey_jarvis" in text


def test_a_missing_model_of_ones_own_is_told_to_the_hands_and_ears_go_on(tmp_path: Path) -> None:
    models()
    settings = '[[wake.word]]\nname = "mine"\nopenwakeword = "mine.onnx"\n'
    code, text = ears(tmp_path, settings, "--input", os.devnull)
    assert (code, "mine.onnx" in text) == (33, False), "they end with their sound, as ever"


def test_an_altered_model_is_refused(tmp_path: Path) -> None:
    store = models()
    name = "openwakeword/alexa_v0.1.onnx"
    (tmp_path / "models" / "openwakeword").mkdir(parents=True)
    altered = bytearray(store.path(name).read_bytes())
    altered[1000] ^= 1
    (tmp_path / "models" / name).write_bytes(altered)
    settings = f'[models]\nfolder = "{tmp_path / "models"}"'
    code, text = ears(tmp_path, settings, "--input", os.devnull)
    assert code == 21
    assert f"keepmum models fetch {name}" in text


def test_ears_without_a_microphone_tell_hands_and_wait_until_they_go(
    tmp_path: Path, sound: VirtualSound
) -> None:
    models()
    file = tmp_path / "keepmum.toml"
    file.write_text('[microphone]\ndevice = "jabra"', encoding="utf-8")
    path = str(tmp_path / "letters.sock")
    told: list[Letter] = []

    def hear() -> None:
        with socket.socket(*SEQPACKET) as hands:
            hands.connect(path)
            told.extend(unpack(hands.recv(64)) for _ in range(2))

    with service.listen(path) as letters:
        other = threading.Thread(target=hear)
        other.start()
        run_ears(letters, "--config", str(file), **sound.environment)
        other.join()
    assert isinstance(told[0], Hello)
    assert told[1] == Fault(FaultCode.MICROPHONE_ABSENT)


def test_ears_without_a_letter_socket_say_how_to_start_them() -> None:
    done = keepmum("ears")
    assert done.returncode == 53
    assert "keepmum run" in done.stderr


def test_a_lost_microphone_ends_sealed_ears_with_its_own_code(
    tmp_path: Path, own_sound: VirtualSound
) -> None:
    models()
    path = str(tmp_path / "letters.sock")

    def hang_up() -> None:
        with socket.socket(*SEQPACKET) as hands:
            hands.connect(path)
            hands.recv(64)  # hello: they listen
            own_sound.stop()
            while hands.recv(64):
                pass

    with service.listen(path) as letters:
        other = threading.Thread(target=hang_up)
        other.start()
        done = run_ears(letters, **own_sound.environment)
        other.join()
    assert done.returncode == 31


def test_a_text_that_nobody_understands_is_told_so() -> None:
    done = keepmum("say", "brew me a small latte with soy milk")
    assert done.returncode == 47
    assert "keepmum sentences list" in done.stderr


@pytest.mark.parametrize("words", [("frobnicate",), ("run", "--no-such-option")])
def test_a_wrong_command_line_is_explained(words: tuple[str, ...]) -> None:
    done = keepmum(*words)
    assert done.returncode == 2
    assert "No such" in done.stderr


def test_help_shows_every_command_on_one_page() -> None:
    done = keepmum("--help")
    assert done.returncode == 0
    for command in ("run", "demo", "doctor", "say", "mute", "models", "sentences", "forget"):
        assert command in done.stdout
