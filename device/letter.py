"""All that crosses from ears to hands, and back.

Ears write letters: one `write()` of at most 64 bytes on a sequenced-packet socket. Hands answer
with single bytes, the hints. A letter is a version, a kind and big-endian integers; there is no
place for a string or for sound. What does not parse is refused before it is looked at:

    hello    version u8, kind u8, boot id u64, digest of the name table 8 bytes
    woke     version u8, kind u8, number u32, cause u8, score u8 (16 steps)
    command  version u8, kind u8, number u32, intent u16, count u8, count x (slot u8, value i32)
    ended    version u8, kind u8, number u32, outcome u8, taken in u16 (tenths of a second)
    fault    version u8, kind u8, code u8
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, unique

from device.errors import MalformedLetter
from device.mind.types import SCORE_STEPS, Outcome, Request, Slot

VERSION = 1
MAX_BYTES = 64
MAX_SLOTS = 6


@unique
class FaultCode(IntEnum):
    """What is the matter with hearing, told by ears, who have no log; or with the loudspeaker and
    the names, noted by hands (`OF_HANDS`: no letter may say these)."""

    MICROPHONE_LOST = 1
    MICROPHONE_SILENT = 2
    RECOGNIZER_CRASHED = 3
    RECOGNIZER_HUNG = 4
    VAD_MISSING = 5
    SOUND_DROPPED = 6
    SEAL_WEAKER = 7
    NAMES_DIFFER = 8
    FEATURES_IN_WINDOWS = 9
    """The wake word model has other layers: features are computed window by window."""
    MICROPHONE_ABSENT = 10
    MICROPHONE_BUSY = 11
    """Another program has it."""
    MICROPHONE_DENIED = 12
    """This user may not open it."""
    MICROPHONE_UNCLEAR = 13
    """There are several, and none was chosen."""
    SOUND_CLIPPED = 14
    TOO_SLOW = 15
    """Sound comes faster than this machine can look at it."""
    RECOGNIZER_SLOW = 16
    """A command was not understood within its time."""
    SOUND_WELL = 17
    """What was the matter with the microphone's sound is over."""
    LOUDSPEAKER_ABSENT = 18
    LOUDSPEAKER_BUSY = 19
    LOUDSPEAKER_WELL = 20
    WAKE_WORD_BROKEN = 21
    """A model of the household's own can't be used; its word wakes nobody."""
    NAME_TAKEN = 22
    """Another speaker on the home's broker has this one's name."""

    @classmethod
    def in_words(cls, code: int) -> str:
        """A code for people; one that isn't known here (an older ledger's, a newer one's), too."""
        known = {int(fault): fault.name for fault in cls}
        return known.get(code, f"FAULT_{code}").replace("_", " ").lower()


OF_HANDS = frozenset(
    (
        FaultCode.NAMES_DIFFER,
        FaultCode.LOUDSPEAKER_ABSENT,
        FaultCode.LOUDSPEAKER_BUSY,
        FaultCode.LOUDSPEAKER_WELL,
        FaultCode.NAME_TAKEN,
    )
)
"""What hands find out themselves and note beside the ears' letters."""
DEAF = frozenset(
    (
        FaultCode.MICROPHONE_LOST,
        FaultCode.MICROPHONE_SILENT,
        FaultCode.MICROPHONE_ABSENT,
        FaultCode.MICROPHONE_BUSY,
        FaultCode.MICROPHONE_DENIED,
        FaultCode.MICROPHONE_UNCLEAR,
    )
)
"""While one of these holds, nothing can be heard."""
IMPAIRED = frozenset((FaultCode.SOUND_DROPPED, FaultCode.SOUND_CLIPPED, FaultCode.TOO_SLOW))
"""While one of these holds, not all is heard."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first letter of a life of the ears."""

    boot: int
    names: bytes


@dataclass(frozen=True, slots=True)
class Woke:
    """A wake word's score crossed its threshold, or the button was pressed."""

    number: int
    cause: int
    """Index of the wake word in the settings, `BUTTON` or `FOLLOW_UP`."""
    score: int
    """0..15."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was asked."""

    number: int
    request: Request


@dataclass(frozen=True, slots=True)
class Ended:
    """The last letter of an activation: the sound that was taken in is gone."""

    number: int
    outcome: Outcome
    tenths: int
    """Tenths of a second of sound taken in."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something is the matter with the ears."""

    code: FaultCode


Letter = Hello | Woke | Command | Ended | Fault

_HELLO = struct.Struct(">BBQ8s")
_WOKE = struct.Struct(">BBIBB")
_COMMAND = struct.Struct(">BBIHB")
_SLOT = struct.Struct(">Bi")
_ENDED = struct.Struct(">BBIBH")
_FAULT = struct.Struct(">BBB")


def pack(letter: Letter) -> bytes:
    """The bytes of a letter, at most `MAX_BYTES`; ValueError if a field is out of its range."""
    try:
        match letter:
            case Hello(boot, names):
                return _HELLO.pack(VERSION, 1, boot, names)
            case Woke(number, cause, score):
                return _WOKE.pack(VERSION, 2, number, cause, score)
            case Command(number, request):
                head = _COMMAND.pack(VERSION, 3, number, request.intent, len(request.slots))
                if len(request.slots) > MAX_SLOTS:
                    raise ValueError("too many slots for a letter")
                return head + b"".join(_SLOT.pack(s, v) for s, v in request.slots)
            case Ended(number, outcome, tenths):
                return _ENDED.pack(VERSION, 4, number, outcome, min(tenths, 0xFFFF))
            case Fault(code):
                return _FAULT.pack(VERSION, 5, code)
    except struct.error as error:
        raise ValueError(f"a field of {type(letter).__name__} is out of range") from error


def unpack(data: bytes) -> Letter:
    """The letter in `data`; raises MalformedLetter for anything that `pack` would not write."""
    if not 3 <= len(data) <= MAX_BYTES:
        raise MalformedLetter(why=f"{len(data)} bytes")
    if data[0] != VERSION:
        raise MalformedLetter(why=f"version {data[0]}, not {VERSION}")
    reader = _READERS.get(data[1])
    if reader is None:
        raise MalformedLetter(why=f"unknown kind {data[1]}")
    try:
        letter = reader(data)
    except (struct.error, ValueError) as error:
        raise MalformedLetter(why=f"kind {data[1]} does not parse") from error
    return letter


def _read_hello(data: bytes) -> Letter:
    _, _, boot, names = _HELLO.unpack(data)
    return Hello(boot, names)


def _read_woke(data: bytes) -> Letter:
    _, _, number, cause, score = _WOKE.unpack(data)
    if score >= SCORE_STEPS:
        raise ValueError("score")
    return Woke(number, cause, score)


def _read_command(data: bytes) -> Letter:
    _, _, number, intent, count = _COMMAND.unpack_from(data)
    if count > MAX_SLOTS or len(data) != _COMMAND.size + count * _SLOT.size:
        raise ValueError("slots")
    slots = tuple((Slot(s), v) for s, v in _SLOT.iter_unpack(data[_COMMAND.size :]))
    if len(dict(slots)) != count:
        raise ValueError("a slot twice")
    return Command(number, Request(intent, slots))


def _read_ended(data: bytes) -> Letter:
    _, _, number, outcome, tenths = _ENDED.unpack(data)
    return Ended(number, Outcome(outcome), tenths)


def _read_fault(data: bytes) -> Letter:
    code = FaultCode(_FAULT.unpack(data)[2])
    if code in OF_HANDS:
        raise ValueError("not for ears to say")
    return Fault(code)


_READERS: dict[int, Callable[[bytes], Letter]] = {
    1: _read_hello,
    2: _read_woke,
    3: _read_command,
    4: _read_ended,
    5: _read_fault,
}
