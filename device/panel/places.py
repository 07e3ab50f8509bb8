"""Who is connected to the panel. Places belong to users: nobody can take another's.

A room has a few places of its own, and so has every person; whoever wants one more loses their own
oldest. Ears that start anew before their last connection was seen to end are let in at once, and a
person who opens a thousand connections is only ever in their own way.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from device.mind.types import Lamp
from device.panel.protocol import Role

PLACES = 2
"""Connections that a user may have at a time."""
PEOPLE = 16
"""Connections of all people together; root comes on top."""
MOST = 2 * PLACES + PEOPLE + PLACES


@dataclass(eq=False)
class Visitor:
    """A connection: who is there, and the pattern they named last."""

    line: socket.socket
    role: Role
    uid: int
    lamp: Lamp | None = None


@dataclass
class Places:
    """Everybody who is connected, the newest last."""

    taken: list[Visitor] = field(default_factory=list)

    def seat(self, visitor: Visitor) -> list[Visitor]:
        """Let a visitor in; those who have to go for it."""
        own = [v for v in self.taken if v.uid == visitor.uid and v.role is visitor.role]
        leaving = own[: max(0, len(own) + 1 - PLACES)]
        people = [v for v in self.taken if v.role is Role.PERSON and v.uid and v not in leaving]
        if visitor.role is Role.PERSON and visitor.uid and len(people) >= PEOPLE:
            leaving += people[:1]
        self.taken.append(visitor)
        return leaving

    def leave(self, visitor: Visitor) -> None:
        """A visitor is gone."""
        self.taken.remove(visitor)

    def of(self, role: Role) -> list[Visitor]:
        """Those of a role, the newest last."""
        return [v for v in self.taken if v.role is role]

    def lamp(self, role: Role) -> Lamp | None:
        """The pattern of the newest connection of a room; None without one."""
        visitors = self.of(role)
        return (visitors[-1].lamp or Lamp.ASLEEP) if visitors else None
