"""What a person sees of the speaker."""

from __future__ import annotations

from enum import Enum, unique


@unique
class Light(Enum):
    """What a person sees."""

    ASLEEP = "asleep"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    RINGING = "ringing"
    MUTED = "muted"
    BROKEN = "broken"
