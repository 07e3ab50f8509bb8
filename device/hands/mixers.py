"""Where loudness is set: in the player itself, in PulseAudio, or in ALSA's mixer."""

from __future__ import annotations

from device.hands.player import Player


class OwnMixer:
    """No mixer but the player's level; knows nothing of other programs."""

    def __init__(self, player: Player) -> None:
        self._player = player

    async def set(self, percent: int) -> None:
        """See `Mixer.set`; squared, since ears are not linear."""
        self._player.level = (percent / 100) ** 2

    async def duck(self, ducked: bool) -> None:
        """See `Mixer.duck`."""
