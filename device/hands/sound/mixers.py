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
from typing import Any, Protocol

from device.hands.sound.player import Player
from device.soundcards import Card, served

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
    """A playback control of one card, through amixer; knows nothing of other programs.

    It can't turn up a microphone: a control that has both is told to mean playback.
    """

    def __init__(self, control: str, card: str = "") -> None:
        """card: its id; empty for ALSA's default."""
        self._control = control
        self._card = ("-c", card) if card else ()

    async def set(self, percent: int) -> None:
        """See `Mixer.set`; -M maps percent to what is heard."""
        words = ("sset", self._control, "playback", f"{percent}%")
        await _run("amixer", *self._card, "-q", "-M", *words)

    async def get(self) -> int:
        """See `Mixer.get`."""
        told = await _run("amixer", *self._card, "-M", "sget", self._control)
        found = re.search(r"Playback [^\n\[]*\[(\d+)%\]", told)
        return int(found[1]) if found else 0

    async def duck(self, ducked: bool) -> None:
        """See `Mixer.duck`."""


async def _run(*words: str) -> str:
    """What a program prints; one that fails prints nothing: it was a try, or its stream is gone."""
    if words[0] == "pactl" and not served():  # it leaves folders behind where there is none
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


async def find(wanted: str, player: Player, card: Card | None = None) -> Mixer:
    """The mixer that the settings name; auto takes PulseAudio's, else ALSA's, else the player.

    card: the loudspeaker's; None if it is a sound server's. Each mixer is of what is played to.
    """
    if card is None and wanted in ("auto", "pulse") and await _answers("pactl", "info"):
        return PulseMixer()
    there = card.id if card else ""
    if wanted in ("auto", "alsa") and (card or wanted == "alsa"):
        control = await _control(there)
        if control:
            return AlsaMixer(control, there)
    return OwnMixer(player)


async def _answers(*words: str) -> bool:
    if shutil.which(words[0]) is None:
        return False
    try:
        return bool(await _run(*words))
    except TimeoutError:
        return False


async def _control(card: str) -> str:
    """The playback control that loudness is usually set with; empty if the card has none."""
    if shutil.which("amixer") is None:
        return ""
    try:
        told = await _run("amixer", *(("-c", card) if card else ()), "scontents")
    except TimeoutError:
        return ""
    blocks = re.split(r"^Simple mixer control ", told, flags=re.MULTILINE)[1:]
    playing = [b.split("'")[1] for b in blocks if re.search(r"Capabilities:.*\bp?volume\b", b)]
    return next((c for c in CONTROLS if c in playing), playing[0] if card and playing else "")
