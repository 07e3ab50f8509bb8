"""What a device can be told."""

from __future__ import annotations

from enum import Enum, auto, unique


@unique
class Action(Enum):
    """What a device can be told."""

    ON = auto()
    OFF = auto()
    OPEN = auto()
    CLOSE = auto()
    LOCK = auto()
    UNLOCK = auto()
    START = auto()
    RUN = auto()
    """A scene or a script."""
    BRIGHTNESS = auto()
    """Value: percent."""
    COLOR = auto()
    """Value: a `Color`."""
    TEMPERATURE = auto()
    """Value: tenths of a degree."""
    PLAY = auto()
    PAUSE = auto()
    STOP = auto()
    NEXT = auto()
    PREVIOUS = auto()
