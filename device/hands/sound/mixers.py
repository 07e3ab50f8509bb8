"""Where loudness is set: in the player itself, in PulseAudio, or in ALSA's mixer.

All three are held to the same tests as the fake. The programs that come with PulseAudio and ALSA
are called, a few times an hour; no library is loaded for it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from device.hands.sound.player import Player

DUCKED = 0.25
"""What other programs are left while the speaker listens or speaks."""
PROGRAM_SECONDS = 3.0
CONTROLS = ("Master", "Speaker", "Digital", "PCM", "Headphone")

log = logging.getLogger("keepmum.hands")


class Mixer(Protocol):
    """Something that sets how loud everything is, and other programs beside it."""

    async def set(self, percent: int) -> None:
        """Loudness of the loudspeaker, 0..100."""

    async def get(self) -> int:
        """The same, as it is now."""

    async def duck(self, ducked: bool) -> None:
        """Sound of other programs softer, or as it was; nothing where that can't be."""


class OwnMixer:
    """The player's level; knows nothing of other programs."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._percent = 100

    async def set(self, percent: int) -> None:
        """See `Mixer.set`; squared, since ears are not linear."""
        self._percent = percent
        self._player.level = (percent / 100) ** 2

    async def get(self) -> int:
        """See `Mixer.get`."""
        return self._percent

    async def duck(self, ducked: bool) -> None:
        """See `Mixer.duck`."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """What another program plays through PulseAudio."""

    index: int
    volume: int


class PulseMixer:
    """PulseAudio's (or PipeWire's) default sink, through pactl."""

    def __init__(self) -> None:
        self._ducked: list[_Stream] = []

    async def set(self, percent: int) -> None:
        """See `Mixer.set`."""
        await _run("pactl", "set-sink-volume", "@DEFAULT_SINK@", f"{percent}%")

    async def get(self) -> int:
        """See `Mixer.get`."""
        found = re.search(r"(\d+)%", await _run("pactl", "get-sink-volume", "@DEFAULT_SINK@"))
        return int(found[1]) if found else 0

    async def duck(self, ducked: bool) -> None:
        """See `Mixer.duck`; a program that left meanwhile needs nothing."""
        if ducked and not self._ducked:
            self._ducked = await self._others()
            for stream in self._ducked:
                await self._set_stream(stream, round(stream.volume * DUCKED))
        elif not ducked:
            for stream in self._ducked:
                await self._set_stream(stream, stream.volume)
            self._ducked = []

    async def _set_stream(self, stream: _Stream, volume: int) -> None:
        await _run("pactl", "set-sink-input-volume", str(stream.index), str(volume))

    async def _others(self) -> list[_Stream]:
        """What others play through the loudspeaker that this speaker speaks through."""
        listed = await _listed("sink-inputs")
        default = (await _run("pactl", "get-default-sink")).strip()
        here = {s["index"] for s in await _listed("sinks") if s["name"] == default}
        mine = str(os.getpid())
        return [
            _Stream(int(s["index"]), _loudest(s))
            for s in listed
            if s["sink"] in here and s["properties"].get("application.process.id") != mine
        ]


async def _listed(what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        await _run("pactl", "-f", "json", "list", what) or "[]"
    )
    return found


def _loudest(stream: dict[str, Any]) -> int:
    return max((int(c["value"]) for c in stream["volume"].values()), default=0)


class AlsaMixer:
    """A control of ALSA's mixer, through amixer; knows nothing of other programs."""

    def __init__(self, control: str) -> None:
        self._control = control

    async def set(self, percent: int) -> None:
        """See `Mixer.set`; -M maps percent to what is heard."""
        await _run("amixer", "-q", "-M", "sset", self._control, f"{percent}%")

    async def get(self) -> int:
        """See `Mixer.get`."""
        found = re.search(r"\[(\d+)%\]", await _run("amixer", "-M", "sget", self._control))
        return int(found[1]) if found else 0

    async def duck(self, ducked: bool) -> None:
        """See `Mixer.duck`."""


async def _run(*words: str) -> str:
    """What a program prints; one that fails prints nothing: it was a try, or its stream is gone."""
    if words[0] == "pactl" and not _server_is_there():
        return ""
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PROGRAM_SECONDS):
            out, _ = await process.communicate()
    except (TimeoutError, asyncio.CancelledError):
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        log.debug("%s ended with %d", " ".join(words[:2]), process.returncode)
        return ""
    return out.decode(errors="replace")


def _server_is_there() -> bool:
    """Whether there is a sound server to ask: pactl leaves folders behind where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    places = (Path(runtime, "pulse/native"), Path("/run/pulse/native"))
    return "PULSE_SERVER" in os.environ or any(place.exists() for place in places)


async def find(wanted: str, player: Player) -> Mixer:
    """The mixer that the settings name; auto takes PulseAudio's, else ALSA's, else the player."""
    if wanted in ("auto", "pulse") and shutil.which("pactl") and await _answers("pactl", "info"):
        return PulseMixer()
    if wanted in ("auto", "alsa") and shutil.which("amixer") and (control := await _control()):
        return AlsaMixer(control)
    return OwnMixer(player)


async def _answers(*words: str) -> bool:
    try:
        return bool(await _run(*words))
    except TimeoutError:
        return False


async def _control() -> str:
    """The control of the default card that loudness is usually set with; empty if none is."""
    try:
        listed = re.findall(r"Simple mixer control '([^']+)'", await _run("amixer", "scontrols"))
    except TimeoutError:
        return ""
    return next((c for c in CONTROLS if c in listed), "")
