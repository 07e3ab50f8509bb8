"""What a skill is: what is done for a kind of request, and how much depends on its being meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum

from device.hands.context import Context
from device.hands.voice.replies import Reply, Which
from device.mind.types import Request

Skill = Callable[[Request, Context], Awaitable[Reply]]
"""Does what a request asks for, and answers."""
Choose = Callable[[Which, Request, Context], Awaitable[Reply]]
"""Does what was asked with the thing that the answer to `Which` names."""


class Risk(Enum):
    """How bad it is if it was not meant."""

    NONE = "nothing changes"
    SOME = "something changes, and a word changes it back: asked if the owner wants that"
    ASK = "somebody could come in, or something is lost: always asked first"


Judge = Callable[[Request, Context], Risk]
"""The risk of a request where it depends on what is asked for."""
