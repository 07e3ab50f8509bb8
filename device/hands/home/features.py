"""Which orders an entity of Home Assistant doesn't take, read from its state.

`supported_features` is a sum of bits, other ones in every domain
(https://developers.home-assistant.io/docs/core/entity). A service that an entity doesn't support
is refused by Home Assistant: it isn't learnt as something that can be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device.hands.home.actions import Action
from device.hands.home.services import known

_OPEN_CLOSE = {Action.OPEN: 1, Action.CLOSE: 2}
_NEEDS: Mapping[str, Mapping[Action, int]] = {
    "cover": _OPEN_CLOSE,
    "valve": _OPEN_CLOSE,
    "fan": {Action.OFF: 16, Action.ON: 32},
    "siren": {Action.ON: 1, Action.OFF: 2},
    "climate": {Action.TEMPERATURE: 1, Action.OFF: 128, Action.ON: 256},
    "water_heater": {Action.TEMPERATURE: 1, Action.ON: 8, Action.OFF: 8},
    "vacuum": {Action.START: 8192, Action.OFF: 16, Action.STOP: 8, Action.PAUSE: 4},
    "media_player": {
        **{Action.ON: 128, Action.OFF: 256, Action.PLAY: 16384, Action.PAUSE: 1},
        **{Action.STOP: 4096, Action.NEXT: 32, Action.PREVIOUS: 16},
    },
}
"""The bit of each order that needs one."""


def cannot(domain: str, about: Mapping[str, Any]) -> tuple[Action, ...]:
    """The orders of its domain that an entity with these attributes doesn't take. One that isn't
    there at the moment tells no features, and is taken to take all.
    """
    told = about.get("supported_features")
    if not isinstance(told, int):
        return ()
    return tuple(action for action, bit in _NEEDS.get(domain, {}).items() if not told & bit)


def useless(domain: str, about: Mapping[str, Any]) -> bool:
    """Whether an entity that could be told something takes no order at all."""
    orders = known(domain)
    return bool(orders) and orders <= set(cannot(domain, about))
