"""A whole conversation with the installed services, through real ALSA cards.

Run as root on a machine with an installed, running keepmum and the snd-aloop module (Mic and
Speaker, as sound.sh makes them), with the product's own Python:

    /opt/keepmum/venv/bin/python3 tests/lab/conversation.py [RATE CHANNELS]

The far side of Mic plays a faint noise and the demo's utterances at RATE and CHANNELS only (48000
2, as most USB microphones); the far side of Speaker is recorded. What the speaker's own socket
tells of each utterance is compared with what was said. Each line: what was said, what was seen.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from device import config, names
from device.cli.demo import LINES, Line, synthesize
from device.cli.watch import events
from device.data.describe import describe
from device.mind.types import Intent, Request

LISTENS_S, ANSWERS_S, NOTHING_S = 120.0, 45.0, 4.0
"""A machine in a machine is slow; that it answers is asked here, how soon is for benchmarks."""
LOUD = 300.0
"""RMS of a block that something is heard in; the cards themselves add nothing."""
Sound = NDArray[np.int16]
console = Console(highlight=False)


class Room(threading.Thread):
    """What the microphone hears: noise without end, and what is said into it."""

    def __init__(self, rate: int, channels: int) -> None:
        super().__init__(daemon=True)
        self.rate, self.channels = rate, channels
        self.said: queue.Queue[Sound] = queue.Queue()
        form = ["-t", "raw", "-f", "S16_LE", "-r", str(rate), "-c", str(channels)]
        self.card = subprocess.Popen(
            ["aplay", "-q", "-D", "hw:Mic,1", *form, "--buffer-time=200000"], stdin=subprocess.PIPE
        )

    def run(self) -> None:
        assert self.card.stdin is not None
        dice, rest = np.random.default_rng(0), np.zeros(0, np.int16)
        while self.card.poll() is None:
            block = dice.normal(0, 3, self.rate // 50)
            if not len(rest) and not self.said.empty():
                rest = self.said.get()
            now, rest = rest[: len(block)], rest[len(block) :]
            block[: len(now)] += now
            frames = np.repeat(block.clip(-32768, 32767).astype(np.int16), self.channels)
            self.card.stdin.write(frames.tobytes())
            self.card.stdin.flush()

    def say(self, path: Path) -> float:
        """Say a file once; how long it is, in seconds."""
        with wave.open(str(path)) as file:
            rate, data = int(file.getframerate()), file.readframes(file.getnframes())
        sound = np.frombuffer(data, np.int16)
        seconds = float(len(sound) / rate)
        at = np.arange(int(seconds * self.rate)) * rate / self.rate
        self.said.put(np.interp(at, np.arange(len(sound)), sound).astype(np.int16))
        return seconds


@contextmanager
def loudspeaker() -> Iterator[Path]:
    """What comes out of the loudspeaker's card, as raw 48 kHz stereo in a file."""
    with tempfile.TemporaryDirectory() as folder:
        heard = Path(folder, "heard.raw")
        form = ["-t", "raw", "-f", "S16_LE", "-r", "48000", "-c", "2"]
        card = subprocess.Popen(["arecord", "-q", "-D", "hw:Speaker,1", *form, str(heard)])
        yield heard
        card.terminate()
        card.wait()


def loud_seconds(heard: Path, begin: int) -> float:
    """Seconds in which something was heard, from a byte of the recording on."""
    sound = np.frombuffer(heard.read_bytes()[begin // 4 * 4 :], np.int16).astype(np.float64)
    blocks = sound[: len(sound) // 9600 * 9600].reshape(-1, 9600)
    loud = [bool(block.std() > LOUD) for block in blocks]
    return 0.1 * sum(loud)


class Told:
    """What the speaker tells of itself, as it comes."""

    def __init__(self, socket: Path) -> None:
        self.came: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._follow, args=(socket,), daemon=True).start()

    def _follow(self, socket: Path) -> None:
        for record in events(socket, 0.5):
            if record:
                self.came.put(record)

    def until(self, wanted: set[str], seconds: float) -> list[dict[str, Any]]:
        """Events until each wanted kind has come, or so long."""
        seen, left, end = [], set(wanted), time.monotonic() + seconds
        while left and (wait := end - time.monotonic()) > 0:
            try:
                seen.append(self.came.get(timeout=wait))
            except queue.Empty:
                break
            left.discard(seen[-1]["event"])
        return seen


def wanted(line: Line) -> set[str]:
    """The events after which an utterance is done with."""
    if line.intent is None:
        return {"ended"} if line.wakes else {"woke"}
    return {"ended", "quieted"} if line.intent is Intent.STOP else {"ended", "did", "hushed"}


def judge(line: Line, seen: list[dict[str, Any]], table: names.NameTable) -> str:
    """What is wrong; empty if nothing."""
    kinds = [record["event"] for record in seen]
    if ("woke" in kinds) != line.wakes:
        return "did not wake it" if line.wakes else "woke it"
    what = [record["what"] for record in seen if record["event"] == "command"]
    asked: list[str] = []
    if line.intent is not None:
        asked = [describe(Request(line.intent, tuple(line.slots.items())), table)]
    if what != asked:
        return f"was understood as {what or 'nothing'}"
    return "" if not asked or "did" in kinds else "was not acted on"


def main(rate: int = 48000, channels: int = 2) -> int:
    """Hold the conversation; 0 if all was as it should be."""
    settings = config.load(None)
    table = names.in_force(settings)
    words = {word.name.split("_")[-1] for word in settings.wake.all_words()}
    lines = [x for x in LINES if not x.wakes or any(w in x.text.lower() for w in words)]
    files = synthesize([line.text for line in lines], console)
    room, told, wrong = Room(rate, channels), Told(Path(settings.service.ask)), 0
    room.start()
    while not any(r.get("ears") and not r.get("deaf") for r in told.until({"house"}, LISTENS_S)):
        if room.card.poll() is not None:
            console.print("the far side of the microphone can't be played to")
            return 1
        subprocess.run(["systemctl", "start", "keepmum-ears"], check=False)
        time.sleep(2)
        told = Told(Path(settings.service.ask))
    with loudspeaker() as heard:
        rang: list[dict[str, Any]] = []
        for line, file in zip(lines, files, strict=True):
            if line.when and not any(r["event"] == line.when for r in rang):
                told.until({line.when}, ANSWERS_S)
            before = heard.stat().st_size if heard.exists() else 0
            seconds = room.say(file)
            rang = told.until(wanted(line), seconds + (ANSWERS_S if line.wakes else NOTHING_S))
            why = judge(line, rang, table)
            wrong += bool(why)
            said = f"{loud_seconds(heard, before):.1f} s heard"
            console.print(f"{line.text[:44]:44} {why or said:48} {'NOT' if why else 'ok'}")
    room.card.kill()
    console.print(f"{len(lines) - wrong} of {len(lines)} as they should be, at {rate} Hz")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])))
