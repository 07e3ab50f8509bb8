"""All that a report is made of, and the card that each part of it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from device.data.ledgerreader import Row, View, midnight
from device.data.proof import Proof


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is made of."""

    speaker: str
    now: int
    """Milliseconds since 1970."""
    days: int
    keep_days: int
    texts: bool
    home: bool
    """Whether a home's broker is told what the speaker does."""
    view: View
    amounts: Mapping[str, str]
    """How much there is of each kind of part, in words."""
    proof: Proof | None
    """The last result of `keepmum prove`, if there is one."""

    @property
    def since(self) -> int:
        """Midnight of the first day shown."""
        return midnight(self.now, self.days - 1)

    @property
    def rows(self) -> list[Row]:
        """Activations of the days shown."""
        return [r for r in self.view.rows if r.at >= self.since]


def card(title: str, about: str, content: str, *, wide: bool = False) -> str:
    """A card as HTML: a heading, a sentence about it, and its content (HTML too)."""
    style = ' class="wide"' if wide else ""
    return f'<section{style}><h2>{title}</h2><p class="about">{about}</p>{content}</section>'
