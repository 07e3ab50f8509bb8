"""A second pair of ears, spoken to through a pipe, with its hands and panel played by the proof.

Sound that goes in is known sample by sample, so that it can be searched for in memory: quiet noise
over everything makes any four samples in a row occur once.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device import service
from device.config import Config
from device.config.text import dump
from device.errors import EarsSilent
from device.letter import Ended, Letter, unpack
from device.mind.types import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, RATE
from device.modelstore import ModelStore
from device.panel.protocol import PRESSED
from device.ring import Sound, Writer
from device.seal import pages, plant
from device.seal.memory import wiping_environment
from device.seal.scan import Found, Searcher, canary

NOISE = 0.01
"""Level of the noise that makes every sample recognizable: some 40 dB below full scale."""
START_S = 20.0
_OVERLAP = 480


@dataclass
class Rehearsal:
    """Running ears and the ends of their channels."""

    pid: int
    microphone: int
    letters: socket.socket
    panel: socket.socket
    plant: str
    """What stands in the environment of all its processes: a search must find it in each."""
    notify: socket.socket
    """Where the service manager would be told."""
    played: Writer
    """What the hands that are played here have to offer: silence, until it is written to."""
    said: list[Letter] = field(default_factory=list)
    _due: float = 0.0

    def processes(self) -> list[int]:
        """Ears, the recognizer's parent, and its children."""
        return pages.family(self.pid)

    def feed(self, sound: Sound) -> None:
        """Sound into the microphone, at the pace of time; letters are taken in meanwhile.

        Raises EarsSilent.
        """
        frames = np.zeros(-(-len(sound) // FRAME_SAMPLES) * FRAME_SAMPLES, np.int16)
        frames[: len(sound)] = sound
        self._due = max(self._due, time.monotonic())
        for frame in frames.reshape(-1, FRAME_SAMPLES):
            self._due += FRAME_SECONDS
            try:
                os.write(self.microphone, frame.tobytes())
            except BrokenPipeError as error:
                raise EarsSilent(seconds=0) from error
            self._hear(max(0.0, self._due - time.monotonic()))

    def notified(self) -> list[bytes]:
        """What the service manager was told since the last look."""
        said = []
        self.notify.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                said.append(self.notify.recv(100))
        return said

    def press(self) -> None:
        """The button: ears begin to take in at their next frame."""
        self.panel.send(PRESSED)

    def settle(self, seconds: float = 3.0) -> None:
        """Wait until ears have taken everything out of the pipe and wait for more.

        Raises EarsSilent.
        """
        deadline = time.monotonic() + seconds
        while self._waiting_bytes() or not _sleeps(self.pid):
            if not pages.alive(self.pid):
                raise EarsSilent(seconds=0)
            if time.monotonic() > deadline:
                raise EarsSilent(seconds=seconds)
            self._hear(0.01)

    def until_ended(self, more: Callable[[], Sound], seconds: float = 15.0) -> Ended:
        """Feed what `more` gives, frame by frame, until the activation has ended.

        Raises EarsSilent.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.feed(more())
            for letter in self.said:
                if isinstance(letter, Ended):
                    self.said.remove(letter)
                    return letter
        raise EarsSilent(seconds=seconds)

    def search(self, searcher: Searcher) -> Found:
        """Look through the memory of all processes while they wait for sound."""
        self.settle()
        return searcher.search(self.processes())

    def _waiting_bytes(self) -> int:
        answer = fcntl.ioctl(self.microphone, termios.FIONREAD, bytes(4))
        return int(struct.unpack("i", answer)[0])

    def _hear(self, seconds: float) -> None:
        ready, _, _ = select.select([self.letters, self.panel], [], [], seconds)
        if self.letters in ready:
            data = self.letters.recv(65)
            if not data:
                raise EarsSilent(seconds=0)
            self.said.append(unpack(data))
        if self.panel in ready:
            self.panel.recv(1)  # a lamp pattern


@contextmanager
def rehearsal(settings: Config, *program: str, sealed: bool = True) -> Iterator[Rehearsal]:
    """Ears of their own, ready and listening; ended with the block. Raises EarsSilent."""
    with tempfile.TemporaryDirectory(prefix="keepmum-rehearsal-") as folder:
        place = Path(folder)
        os.mkfifo(place / "microphone")
        letters = service.listen(str(place / "letters.sock"))
        panel = service.listen(str(place / "panel.sock"))
        line = replace(settings.panel, lamp_socket=f"{place}/panel.sock")
        panelled = replace(settings, panel=line)
        (place / "keepmum.toml").write_text(dump(panelled, comments=False), encoding="utf-8")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(place / "notify"))
        planted = plant.grow()
        pid = _spawn(place, letters, program, planted, sealed=sealed)
        running = None
        try:
            running = _meet(pid, place, panel, notify, planted)
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
            os.waitpid(pid, 0)
            for end in (letters, panel, notify, *((running.letters,) if running else ())):
                end.close()
            if running:
                os.close(running.microphone)


def _spawn(
    place: Path,
    letters: socket.socket,
    program: tuple[str, ...],
    planted: str,
    *,
    sealed: bool,
) -> int:
    command = [*(program or (sys.executable, "-m", "device")), "ears"]
    command += ["--config", str(place / "keepmum.toml"), "--input", str(place / "microphone")]
    command += [] if sealed else ["--unsealed"]
    environment = dict(os.environ) if program else wiping_environment(os.environ)
    pid = os.fork()
    if pid == 0:
        with suppress(BaseException):
            high = os.dup2(letters.fileno(), 100)
            os.dup2(high, service.FIRST_PASSED, inheritable=True)
            environment |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
            environment["NOTIFY_SOCKET"] = str(place / "notify")
            environment[plant.VARIABLE] = planted
            os.execvpe(command[0], command, environment)  # noqa: S606 - no shell
        os._exit(127)
    return pid


def _meet(
    pid: int, place: Path, panel: socket.socket, notify: socket.socket, planted: str
) -> Rehearsal:
    """Play hands and panel until ears say that they are ready."""
    letters = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    letters.connect(str(place / "letters.sock"))
    played = Writer()
    played.offer(letters)
    panel.settimeout(START_S)
    notify.settimeout(START_S)
    try:
        line, _ = panel.accept()
        microphone = _open_when_read(place / "microphone")
        while b"READY=1" not in notify.recv(64):
            continue
    except TimeoutError as error:
        raise EarsSilent(seconds=START_S) from error
    return Rehearsal(pid, microphone, letters, line, planted, notify, played)


def _open_when_read(fifo: Path) -> int:
    """The writing end of the microphone, as soon as ears have opened theirs."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            end = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(end, True)
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 2 * FRAME_BYTES)
            return end
        time.sleep(0.02)
    raise TimeoutError


def _sleeps(pid: int) -> bool:
    """Whether every thread of the process waits for something."""
    try:
        states = [
            (task / "stat").read_text().rsplit(")", 1)[1].split()[0]
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except (FileNotFoundError, ProcessLookupError):  # a thread, or all of it, ended meanwhile
        return False
    return all(state == "S" for state in states)


# --- what goes in


def recognizable(sound: Sound, seed: int) -> Sound:
    """`sound` with noise over it that occurs nowhere else."""
    noise = canary(len(sound) / RATE + 0.1, seed, NOISE)[: len(sound)].astype(np.int32)
    both: NDArray[np.int32] = np.clip(sound.astype(np.int32) + noise, -32768, 32767)
    return both.astype(np.int16)


def mel_rows(config: Config, sound: Sound) -> NDArray[np.float32]:
    """The mel rows, (n, 32), that the detectors make of `sound`, as openWakeWord's own model
    gives them."""
    from device.ears.wake.inference import open_onnx

    model = open_onnx(ModelStore.of(config).path("openwakeword/melspectrogram.onnx"))
    name = model.get_inputs()[0].name
    window = np.zeros((1, _OVERLAP + FRAME_SAMPLES), np.float32)
    rows = []
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        window[0, _OVERLAP:] = sound[start : start + FRAME_SAMPLES]
        rows.append(model.run(None, {name: window})[0].reshape(-1, 32))
        window[0, :_OVERLAP] = window[0, -_OVERLAP:]
    return np.concatenate(rows) if rows else np.zeros((0, 32), np.float32)
