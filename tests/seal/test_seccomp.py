"""Each seal, put on by a real process: what it must still do, it does; the rest fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from device.seal import seccomp

PRELUDE = """
import errno, os, signal, socket, subprocess, threading
from device.errors import NoSeal
from device.seal import memory, seccomp
signal.alarm(30)
seccomp.prepare()
memory.harden(); memory.lock()
def refused(f):
    try: f()
    except PermissionError: return True
    except OSError as e: return errno.errorcode[e.errno]
    return False
said = []
def check(name, ok): said.append(f'{name}={ok}')
"""
FINISH = "\nos.write(1, ' '.join(said).encode()); os._exit(0)\n"


def run(code: str) -> set[str]:
    """The facts that a small sealed program found to be false."""
    program = [sys.executable, "-c", PRELUDE + code + FINISH]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout
    return {fact for fact in done.stdout.split() if not fact.endswith("=True")}


def test_ears_write_letters_up_to_their_length_and_reach_nothing_else() -> None:
    code = """
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
seccomp.seal_ears({1: None, a.fileno(): seccomp.LETTER_BYTES})
check('letter', os.write(a.fileno(), bytes(64)) == 64 and len(os.read(b.fileno(), 100)) == 64)
check('longer', refused(lambda: os.write(a.fileno(), bytes(65))))
check('other_descriptor', refused(lambda: os.write(b.fileno(), b'x')))
check('send', refused(lambda: a.send(b'x')))
check('sendmsg', refused(lambda: a.sendmsg([b'x'])))
check('receive_descriptors', refused(lambda: b.recvmsg(10, 100)))
check('stderr', refused(lambda: os.write(2, b'x')))
check('open', refused(lambda: os.open('/etc/passwd', os.O_RDONLY)))
check('create', refused(lambda: os.open('/tmp/x', os.O_CREAT | os.O_WRONLY)))
check('socket', refused(lambda: socket.socket(socket.AF_UNIX)))
check('inet', refused(lambda: socket.socket(socket.AF_INET)))
check('fork', refused(os.fork))
check('exec', refused(lambda: os.execv('/bin/true', ['true'])))
check('dup', refused(lambda: os.dup(1)))
check('pipe', refused(os.pipe))
check('kill', refused(lambda: os.kill(os.getppid(), 0)))
"""
    assert run(code) == set()


def test_a_thread_that_was_there_before_is_sealed_too_and_no_new_one_starts() -> None:
    code = """
go = threading.Event(); found = []
def body():
    go.wait(); found.append(refused(lambda: os.open('/etc/passwd', os.O_RDONLY)))
t = threading.Thread(target=body); t.start()
seccomp.seal_ears({1: None})
go.set(); t.join(); check('older_thread', found == [True])
try: threading.Thread(target=print).start(); check('new_thread', False)
except RuntimeError: check('new_thread', True)
"""
    assert run(code) == set()


def test_the_parent_forks_seals_its_child_harder_and_reaps_it() -> None:
    code = """
frames_r, frames_w = os.pipe(); result_r, result_w = os.pipe()
seccomp.seal_parent({1: None, frames_w: None, result_w: 64})
check('open', refused(lambda: os.open('/etc/passwd', os.O_RDONLY)))
check('exec', refused(lambda: os.execv('/bin/true', ['true'])))
check('socket', refused(lambda: socket.socket()))
child = os.fork()
if not child:
    held, hard = memory.lock().held, memory.is_hardened()
    seccomp.seal_child(frames_r, result_w)
    heard = os.read(frames_r, 4096)
    ok = (len(heard) == 2560 and refused(os.fork) and refused(lambda: os.open('/', os.O_RDONLY))
        and refused(lambda: os.read(result_r, 1)) and refused(lambda: os.write(1, b'x'))
        and refused(lambda: os.write(result_w, bytes(65))) and held and hard)
    os.write(result_w, b'ok' if ok else b'no'); os._exit(7)
os.write(frames_w, bytes(2560))
check('child', os.read(result_r, 64) == b'ok')
check('reaped', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7)
"""
    assert run(code) == set()


def test_a_child_that_hangs_is_ended_by_its_alarm_or_by_the_parent() -> None:
    code = """
r, w = os.pipe()
seccomp.seal_parent({1: None})
child = os.fork()
if not child:
    seccomp.seal_child(r, w); signal.alarm(1); os.read(r, 1); os._exit(0)
check('alarm', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGALRM)
child = os.fork()
if not child:
    seccomp.seal_child(r, w); os.read(r, 1); os._exit(0)
os.kill(child, signal.SIGKILL)
check('killed', os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL)
check('other_signals', refused(lambda: os.kill(os.getpid(), signal.SIGUSR1)))
"""
    assert run(code) == set()


def test_nothing_executable_can_be_mapped() -> None:
    code = """
import ctypes, mmap
seccomp.seal_ears({1: None})
check('anonymous', len(mmap.mmap(-1, 4096)) == 4096)
check('executable', refused(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)))
"""
    assert run(code) == set()


@pytest.mark.usefixtures("sound")
def test_sound_and_inference_go_on_in_sealed_ears() -> None:
    code = """
from pathlib import Path
import numpy as np
import onnxruntime as ort
from pymicro_features import MicroFrontend
from device.ears.capture.microphone import PyAudioMicrophone
from device.modelstore import ModelStore
options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
model = ort.InferenceSession(str(ModelStore(None).path('silero/silero_vad.onnx')), options)
feeds = {i.name: np.zeros([d if isinstance(d, int) else 1 for d in i.shape],
    np.int64 if 'int64' in i.type else np.float32) for i in model.get_inputs()}
if 'input' in feeds: feeds['input'] = np.zeros((1, 576), np.float32)
if 'sr' in feeds: feeds['sr'] = np.array(16000, np.int64)
model.run(None, feeds)
features = MicroFrontend()
before = seccomp.descriptors()
microphone = PyAudioMicrophone('default')
sound = seccomp.opened_since(before)
check('server_is_seen', bool(sound.sockets) and bool(sound.weaker))
seccomp.seal_ears({1: None, 2: None}, sound)
for _ in range(5):
    frame = microphone.read()
    check('frame', frame.shape == (1280,))
    features.process_samples(frame.tobytes()[:320])
    model.run(None, feeds)
check('still_sealed', refused(lambda: os.open('/etc/passwd', os.O_RDONLY)))
"""
    assert run(code) == set()


def test_the_filters_can_be_made_for_a_raspberry_pi_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """libseccomp translates for another processor, and writes the filter down."""
    library = seccomp._library()
    made: list[str] = []

    class ForPi(library.SyscallFilter):  # type: ignore[name-defined,misc]
        def __init__(self, action: int) -> None:
            super().__init__(action)
            self.remove_arch(library.system_arch())
            self.add_arch(library.Arch.AARCH64)

    def write_down(rules: seccomp._Rules) -> None:
        with (tmp_path / "filter").open("w+") as file:
            rules.filter.export_pfc(file)
        made.append((tmp_path / "filter").read_text())

    here = dict(vars(library))
    monkeypatch.setattr(
        seccomp, "_library", lambda: SimpleNamespace(**(here | {"SyscallFilter": ForPi}))
    )
    monkeypatch.setattr(seccomp, "_load", write_down)
    sound = seccomp.Sound(devices=(9,), sockets=(10,), wakers=(11,))
    seccomp.seal_ears({5: seccomp.LETTER_BYTES}, sound)
    seccomp.seal_parent({6: seccomp.RESULT_BYTES})
    seccomp.seal_child(7, 8)
    for text in made:
        assert "aarch64" in text and "ppoll" in text and "pselect6" in text
        assert not [call for call in ("openat", "execve", "socket(") if call in text]
    assert len(made) == 3
