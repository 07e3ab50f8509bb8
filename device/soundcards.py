"""The sound cards of this machine, by names that stay: which one is meant, and whether it is free.

A card's number is the order in which the kernel met it and changes when a plug is pulled; its id
(`hw:CARD=Device`) stays. Which card `default` stands for is chosen once, written down by root
(`keepmum devices --choose`, `make install`), and read by ears and hands: a card that is gone is
waited for, and no other takes its place.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from device.errors import CardUnclear, KeepmumError, NoLoudspeaker, NoMicrophone

Kind = Literal["Input", "Output"]
SYSTEM = Path("/sys/class/sound")
NODES = Path("/dev/snd")
NOUNS: dict[Kind, str] = {"Input": "microphone", "Output": "loudspeaker"}
_LETTERS: dict[Kind, str] = {"Input": "c", "Output": "p"}
_NAME = re.compile(r"(?:plug)?hw:(?:CARD=)?(?P<card>[^,]+)(?:,(?:DEV=)?(?P<device>\d+))?")
_FAR = re.compile("hdmi|displayport", re.IGNORECASE)
"""Outputs that end at a screen, which is often off, or none: the last choice."""


class State(Enum):
    """Whether a device can be opened now."""

    FREE = "free"
    BUSY = "another program is using it"
    DENIED = "this user may not open it"
    ABSENT = "it is not there"


@dataclass(frozen=True, slots=True)
class Card:
    """A device of a sound card that records (Input) or plays (Output)."""

    kind: Kind
    number: int
    """Today's; another one after a plug was pulled."""
    device: int
    id: str
    product: str = ""

    @property
    def name(self) -> str:
        """Its name for ALSA and for the settings, the same after every start."""
        return f"hw:CARD={self.id},DEV={self.device}"

    @property
    def node(self) -> Path:
        """Its file."""
        return NODES / f"pcmC{self.number}D{self.device}{_LETTERS[self.kind]}"

    def state(self) -> State:
        """Whether this process could open it now. It is opened for that, and closed at once."""
        way = os.O_RDONLY if self.kind == "Input" else os.O_WRONLY
        try:
            os.close(os.open(self.node, way | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            return _STATES.get(error.errno or 0, State.ABSENT)
        return State.FREE


_STATES = {
    errno.EBUSY: State.BUSY,
    errno.EAGAIN: State.BUSY,
    errno.EACCES: State.DENIED,
    errno.EPERM: State.DENIED,
}


def cards(kind: Kind, system: Path = SYSTEM) -> list[Card]:
    """Every device of a card that records or plays, in the kernel's order."""
    found = []
    for entry in sorted(system.glob(f"pcmC*D*{_LETTERS[kind]}")):
        numbers = re.fullmatch(r"pcmC(\d+)D(\d+)[cp]", entry.name)
        if numbers is None:
            continue
        card = system / f"card{numbers[1]}"
        if identity := _line(card / "id"):
            product = _line(card / "device/../product") or _line(card / "device/product")
            found.append(Card(kind, int(numbers[1]), int(numbers[2]), identity, product))
    return sorted(found, key=lambda c: (c.number, c.device))


def _line(path: Path) -> str:
    """The line in a file of the kernel's; empty if there is none (a card that was just pulled)."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def served() -> bool:
    """Whether a sound server, or a configuration of one's own, decides what `default` is.

    Never so in the units: they see neither.
    """
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    sockets = (runtime / "pulse/native", runtime / "pipewire-0", Path("/run/pulse/native"))
    named = any(word in os.environ for word in ("PULSE_SERVER", "ALSA_CONFIG_PATH"))
    return named or any(_is_there(path) for path in sockets)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that the unit may not look into
        return False


def meant(
    kind: Kind, device: str | int, chosen: str = "", found: Sequence[Card] | None = None
) -> Card | None:
    """The card that the settings mean; None if it is no card but a name that PortAudio may know.

    chosen: what was written down for `default`. Raises NoMicrophone or NoLoudspeaker if the card
    isn't there, CardUnclear if it could be several.
    """
    there = cards(kind) if found is None else list(found)
    wanted = str(device)
    if wanted == "default":
        if served():
            return None
        if chosen:
            return _named(kind, chosen, there)
        if len(there) > 1:
            raise CardUnclear(what=f"{NOUNS[kind]}s", names=_list(there))
        if not there:
            raise absent(kind, device, there)
        return there[0]
    fit = [c for c in there if _fits(c, wanted)]
    if len({c.id for c in fit}) > 1:
        raise CardUnclear(what=f"{NOUNS[kind]}s called {wanted}", names=_list(fit))
    if fit:
        return fit[0]
    if _NAME.fullmatch(wanted):
        raise absent(kind, device, there)
    return None


def _named(kind: Kind, name: str, there: Sequence[Card]) -> Card:
    for card in there:
        if card.name == name:
            return card
    raise absent(kind, name, there)


def _fits(card: Card, wanted: str) -> bool:
    if wanted == card.name:
        return True
    if parts := _NAME.fullmatch(wanted):
        return parts["card"] in (card.id, str(card.number)) and (
            parts["device"] is None or int(parts["device"]) == card.device
        )
    if wanted.isdecimal():
        return int(wanted) == card.number
    return wanted.lower() in (card.id.lower(), card.product.lower()) or (
        len(wanted) > 2 and wanted.lower() in f"{card.id} {card.product}".lower()
    )


def absent(kind: Kind, device: str | int, there: Sequence[Card]) -> KeepmumError:
    """The error for a card that isn't there, with those that are."""
    text = f"There are: {_list(there)}." if there else "There is none at all."
    error = NoMicrophone if kind == "Input" else NoLoudspeaker
    return error(device=device, there=text)


def _list(there: Sequence[Card]) -> str:
    return ", ".join(f"{c.name} {c.product}".strip() for c in there)


# --- what was chosen for `default`


def chosen(file: str | Path) -> dict[str, str]:
    """The names that were written down: of the microphone, of the loudspeaker, each if any was.

    A file that can't be read is none: `default` is then clear only where there is one card.
    """
    try:
        read = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {k: v for k, v in read.items() if k in NOUNS.values() and isinstance(v, str)}


def choose(file: str | Path, names: dict[str, str]) -> None:
    """Write down what `default` stands for, whole or not at all. Raises OSError."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def best(kind: Kind, there: Sequence[Card], beside: Card | None = None) -> Card | None:
    """The likeliest of several: the card that has the microphone too, no screen, the first."""

    def rank(card: Card) -> tuple[bool, bool, int, int]:
        other = beside is None or card.id != beside.id
        return other, bool(_FAR.search(f"{card.id} {card.product}")), card.number, card.device

    return min(there, key=rank, default=None)
