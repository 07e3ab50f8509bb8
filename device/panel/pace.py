"""How often ears may change the light: often enough for people, too rarely to tell anything.

A light is seen through windows. Ears that were taken over could speak with it, so what they say
passes a token bucket, which outlives their connections. It holds back going dark and never going
on: the light may listen longer than ears do, never less.
"""

from __future__ import annotations

from collections.abc import Callable

from device.mind.types import Lamp

BURST = 16
CHANGES_PER_ACTIVATION = 4
"""Listening to thinking to asleep, and once more for a question's answer."""
HOUR_S = 3600.0


class Pace:
    """The pattern of ears, as it may be shown."""

    def __init__(self, activations_per_hour: int, now: Callable[[], float]) -> None:
        self._interval = HOUR_S / (activations_per_hour * CHANGES_PER_ACTIVATION)
        self._now = now
        self._tokens = float(BURST)
        self._counted = now()
        self.shown: Lamp | None = None
        """None: there are no ears."""

    def show(self, wanted: Lamp | None) -> float | None:
        """Come as near to `wanted` as may be; seconds until more may be, or None if it is shown.

        Ears that come and go are let through: how often they may is the letter socket's to cap.
        """
        if wanted is self.shown:
            return None
        if None not in (wanted, self.shown) and wanted is not Lamp.LISTENING:
            now = self._now()
            gained = (now - self._counted) / self._interval
            self._tokens, self._counted = min(BURST, self._tokens + gained), now
            if self._tokens < 1:
                return (1 - self._tokens) * self._interval
            self._tokens -= 1
        self.shown = wanted
        return None
