"""The voice: text becomes sound, by a program of its own, sentence by sentence.

Piper is GPL-3 and heavy, so it runs as a separate program that stays warm; espeak-ng is started
for each sentence, which takes it a few milliseconds. Neither is told anything that was heard: a
reply is made of phrases, names and numbers.
"""

from __future__ import annotations

import asyncio
import importlib.util
import io
import os
import re
import shutil
import sys
import tempfile
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import numpy as np

from device.config import Voice as Settings
from device.errors import NoVoice
from device.hands.sound.chimes import Pcm
from device.hands.voice.phones import ENVIRONMENT

SENTENCE_SECONDS = 20.0
"""No sentence takes a voice longer than this, unless it hangs."""
PREFIX = "keepmum-voice-"
MIN_CLAUSE = 8
"""Letters of the shortest beginning that is said by itself."""


class Voice(Protocol):
    """Something that can say a sentence."""

    name: str

    async def warm(self) -> None:
        """Be ready before anybody waits for a sentence."""

    async def say(self, sentence: str) -> tuple[Pcm, int]:
        """The sound of one sentence, (n,) int16, and its rate; raises NoVoice."""

    async def close(self) -> None:
        """End whatever was started."""


class Espeak:
    """espeak-ng: small, quick, a robot."""

    name = "espeak-ng"

    def __init__(self, language: str, speed: float) -> None:
        words_a_minute = str(round(165 * speed))
        self._program = ("espeak-ng", "-v", language, "-s", words_a_minute, "--stdin", "--stdout")

    async def warm(self) -> None:
        """See `Voice.warm`; there is nothing to do."""

    async def say(self, sentence: str) -> tuple[Pcm, int]:
        """See `Voice.say`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._program,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=ENVIRONMENT,
            )
        except OSError as error:
            raise NoVoice(engine=self.name, why=error.strerror) from error
        try:
            async with asyncio.timeout(SENTENCE_SECONDS):
                out, _ = await process.communicate(sentence.encode())
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.wait()
            raise
        if process.returncode or len(out) < 44:
            raise NoVoice(engine=self.name, why=f"it ended with {process.returncode}")
        # a stream's header has no length; the sound is all that follows it
        return _samples(out[44:]), int.from_bytes(out[24:28], "little")

    async def close(self) -> None:
        """See `Voice.close`; nothing is kept running."""


class Piper:
    """Piper, kept warm: a line of text in, the name of a WAV file out, in a folder in memory."""

    name = "piper"

    def __init__(
        self, model: Path, speed: float, program: tuple[str, ...] = (sys.executable, "-m", "piper")
    ) -> None:
        self._program = (*program, "--model", str(model), "--length-scale", f"{1 / speed:.3f}")
        self.patience = SENTENCE_SECONDS
        self._process: asyncio.subprocess.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._turn = asyncio.Lock()

    async def warm(self) -> None:
        """See `Voice.warm`; the program loads its model meanwhile."""
        async with self._turn:
            await self._ready()

    async def _ready(self) -> None:
        if self._process is None or self._process.returncode is not None:
            await self.close()
            await self._start()

    async def _start(self) -> None:
        memory = _memory_folder()
        if memory:
            _clear_after_kills(Path(memory))
        self._folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=memory)
        self._process = await asyncio.create_subprocess_exec(
            *self._program,
            *("--output-dir", self._folder.name),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    async def say(self, sentence: str) -> tuple[Pcm, int]:
        """See `Voice.say`; one sentence at a time, and a voice that died is started anew."""
        async with self._turn:
            await self._ready()
            # a caller who no longer wants it must not leave the answer for the next one
            work = asyncio.ensure_future(self._one(sentence))
            work.add_done_callback(lambda done: done.cancelled() or done.exception())
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])
                raise
            except TimeoutError as error:
                await self.close()
                raise NoVoice(engine=self.name, why="it takes too long") from error
            except NoVoice:
                await self.close()
                raise

    async def _one(self, sentence: str) -> tuple[Pcm, int]:
        if self._process is None or self._process.stdin is None or self._process.stderr is None:
            raise NoVoice(engine=self.name, why="it does not run")
        self._process.stdin.write(" ".join(sentence.split()).encode() + b"\n")
        async with asyncio.timeout(self.patience):
            while line := await self._process.stderr.readline():
                if found := re.search(r"Wrote (.+\.wav)$", line.decode(errors="replace").strip()):
                    return await asyncio.to_thread(_read_and_remove, Path(found[1]))
        raise NoVoice(engine=self.name, why="it ended")

    async def close(self) -> None:
        """See `Voice.close`."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class NoSpeech:
    """Says nothing: chimes and the ring are all there is."""

    name = "none"

    async def warm(self) -> None:
        """See `Voice.warm`; there is nothing to do."""

    async def say(self, sentence: str) -> tuple[Pcm, int]:
        """See `Voice.say`."""
        return np.zeros(0, dtype=np.int16), 22_050

    async def close(self) -> None:
        """See `Voice.close`."""


def _memory_folder() -> str | None:
    """A folder in memory: what is said never reaches a disk."""
    folders = (os.environ.get("RUNTIME_DIRECTORY", ""), "/dev/shm")  # noqa: S108 - a private one in it
    return next((f for f in folders if f and os.access(f, os.W_OK)), None)


def _clear_after_kills(memory: Path) -> None:
    """Remove the folders of hands that were killed; those of processes that run are left."""
    for folder in memory.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).is_dir():
            # ignoring what another start removes at the same time, or another user owns
            shutil.rmtree(folder, ignore_errors=True)


def _read_and_remove(path: Path) -> tuple[Pcm, int]:
    data = path.read_bytes()
    path.unlink()
    with wave.open(io.BytesIO(data)) as file:
        return _samples(file.readframes(file.getnframes())), file.getframerate()


def _samples(data: bytes) -> Pcm:
    return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)


def sentences(text: str) -> list[str]:
    """The text cut after . ! ? so that the first sentence is heard while the next is made.

    The first sentence is cut after a comma too: people wait for it, and both halves ("5 minutes,"
    and "starting now.") are likelier to have been said before.
    """
    parts = [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]
    if parts and (comma := parts[0].find(", ", MIN_CLAUSE)) >= 0:
        parts[:1] = [parts[0][: comma + 1], parts[0][comma + 2 :].lstrip()]
    return parts


def voice(settings: Settings, language: str, model: Path | None) -> Voice:
    """The voice that the settings name; auto: Piper if it is all there. Raises NoVoice."""
    piper = importlib.util.find_spec("piper") is not None
    match settings.engine:
        case "none":
            return NoSpeech()
        case "piper" if not piper or model is None:
            raise NoVoice(engine="piper", why="its program or its model is missing")
        case "piper" | "auto" if piper and model is not None:
            return Piper(model, settings.speed)
    if shutil.which("espeak-ng") is None:
        if settings.engine == "auto":
            return NoSpeech()
        raise NoVoice(engine="espeak-ng", why="it is not installed")
    return Espeak("fr" if language == "fr" else "en-us", settings.speed)


class Memory:
    """The sound of sentences said before, the least used forgotten first; in memory only."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._sounds: dict[str, tuple[Pcm, int]] = {}

    def get(self, sentence: str) -> tuple[Pcm, int] | None:
        """The sound of a sentence, if it is remembered."""
        found = self._sounds.pop(sentence, None)
        if found is not None:
            self._sounds[sentence] = found
        return found

    def forget(self) -> None:
        """Let go of every sentence."""
        self._sounds.clear()
        self._size = 0

    def put(self, sentence: str, sound: tuple[Pcm, int]) -> None:
        """Remember, unless it alone is more than a quarter of all there is room for."""
        if sound[0].nbytes > self._limit // 4 or sentence in self._sounds:
            return
        self._sounds[sentence] = sound
        self._size += sound[0].nbytes
        while self._size > self._limit:
            oldest = next(iter(self._sounds))
            self._size -= self._sounds.pop(oldest)[0].nbytes


async def spoken(text: str, voice: Voice, memory: Memory) -> AsyncIterator[tuple[Pcm, int]]:
    """The sound of a text, sentence by sentence."""
    for sentence in sentences(text):
        sound = memory.get(sentence)
        if sound is None:
            sound = await voice.say(sentence)
            memory.put(sentence, sound)
        yield sound
