"""Who has the audio: people who speak, the speaker's own voice, a ring, a station, or nobody.

The parts say what they do; whoever must step back, light up or tell the ears follows that. It is
one value (`Audio`), and everything else is computed from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from device.mind.types import Hint, Lamp

LAMPS = {
    Hint.QUIET: Lamp.ASLEEP,
    Hint.SPEAKING: Lamp.SPEAKING,
    Hint.AFAR: Lamp.SPEAKING,
    Hint.RINGING: Lamp.RINGING,
    Hint.RADIO: Lamp.ASLEEP,
}
"""What the light shows of what the loudspeaker does."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Audio:
    """What is going on, in sound."""

    listening: bool = False
    """Sound is being taken in."""
    speaking: bool = False
    afar: bool = False
    """What is being said has words that others wrote."""
    ringing: bool = False
    radio: bool = False
    """A station plays."""
    music: bool | None = None
    """Whether any music plays; None if that isn't known."""

    @property
    def loud(self) -> Hint:
        """What the loudspeaker does: rings, speaks, plays a station, or is quiet."""
        if self.ringing:
            return Hint.RINGING
        if self.speaking:
            return Hint.AFAR if self.afar else Hint.SPEAKING
        return Hint.RADIO if self.radio else Hint.QUIET

    @property
    def voices(self) -> bool:
        """Somebody speaks: people or the speaker. A ring waits and music steps back."""
        return self.listening or self.speaking

    @property
    def busy(self) -> bool:
        """People or the speaker speak, or it rings: other programs' sound steps back."""
        return self.listening or self.loud.own


class Focus:
    """Keeps what the parts say of themselves, and calls those that follow it."""

    def __init__(self) -> None:
        self.now = Audio()
        self._free = asyncio.Event()
        self._free.set()
        self._followers: list[Callable[[], None]] = []

    def follow(self, what: Callable[[Audio], T], then: Callable[[T], object]) -> None:
        """Call `then(what(audio))` each time that value is another one."""
        last = what(self.now)

        def look() -> None:
            nonlocal last
            value = what(self.now)
            if value != last:
                last = value
                then(value)

        self._followers.append(look)

    def listen(self, listening: bool) -> None:
        """Sound begins or ceases to be taken in."""
        if listening:
            self._free.clear()
        else:
            self._free.set()
        self._set(replace(self.now, listening=listening))

    def speak(self, speaking: bool, afar: bool) -> None:
        """The voice begins or ends."""
        self._set(replace(self.now, speaking=speaking, afar=afar))

    def ring(self, ringing: bool) -> None:
        """Ringing begins or ends."""
        self._set(replace(self.now, ringing=ringing))

    def play(self, music: bool | None, radio: bool) -> None:
        """Music begins or ends, and whether it is a station."""
        self._set(replace(self.now, music=music, radio=radio))

    async def free(self) -> None:
        """Wait until nobody is listened to."""
        await self._free.wait()

    def _set(self, audio: Audio) -> None:
        self.now = audio
        for look in self._followers:
            look()
