"""No surprise from libraries: a whole conversation under strace, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from device.mind.types import RATE
from tests import voices
from tests.seal.tracing import IN_MEMORY, Trace, converse, read

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("strace") is None,
    reason="an empty network namespace needs root, and strace must be there",
)


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    folder, state = tmp_path_factory.mktemp("talk"), tmp_path_factory.mktemp("state")
    pause = np.zeros(2 * RATE, np.int16)
    short = np.zeros(RATE // 4, np.int16)
    said = ("what time is it", "set a timer for ten minutes", "the train was late this morning")
    parts = [p for text in said for p in (voices.say("alexa"), short, voices.say(text), pause)]
    sound = folder / "a conversation.wav"
    voices.save(sound, np.concatenate([pause, *parts, pause]))
    return converse(sound, folder, state)


def test_no_process_makes_an_internet_socket_or_asks_for_a_name(trace: Trace) -> None:
    assert trace.sockets == []


def test_ears_and_recognizer_write_no_file(trace: Trace) -> None:
    assert trace.by("ears") == []


def test_hands_write_in_their_state_folder_alone(trace: Trace) -> None:
    assert [p for p in trace.by("hands") if not p.startswith(IN_MEMORY)] == []


def test_the_conversation_was_one(trace: Trace, tmp_path: Path) -> None:
    assert trace.written.keys() >= set()
    log = tmp_path / "trace"
    log.write_text(
        '1 execve("/x/python", ["/x/python", "-m", "device", "ears"], 0x1) = 0\n'
        '1 openat(AT_FDCWD, "/root/.cache/x", O_WRONLY|O_CREAT, 0600) = 5\n'
        "1 clone(child_stack=NULL, flags=SIGCHLD) = 2\n"
        "2 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3\n"
    )
    planted = read(log, tmp_path, tmp_path / "state")
    assert planted.by("ears") == ["/root/.cache/x"]
    assert planted.sockets == ["ears: socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = 3"]


TELEMETRY = os.environ.get("KEEPMUM_TELEMETRY", "")


@pytest.mark.skipif(
    not TELEMETRY,
    reason="needs a library that reports home: pip install --target FOLDER 'onnxruntime>=1.29', "
    "then KEEPMUM_TELEMETRY=FOLDER",
)
def test_a_version_of_onnxruntime_that_reports_home_is_caught(tmp_path: Path) -> None:
    log, model = tmp_path / "trace", voices.models("silero/silero_vad.onnx")
    code = "import onnxruntime as o, sys, time; o.InferenceSession(sys.argv[1]); time.sleep(2)"
    words = [sys.executable, "-c", code, str(model.path("silero/silero_vad.onnx"))]
    traced = ["unshare", "--net", "strace", "-f", "-qq", "-s", "200", "-o", str(log), *words]
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"PYTHONPATH": TELEMETRY, "HOME": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    subprocess.run(traced, env=environment, check=True, timeout=60)
    trace = read(log, tmp_path, tmp_path / "state")
    assert any(".onnxruntime" in path for path in trace.by("supervisor")) or trace.sockets
