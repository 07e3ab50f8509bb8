"""The two pipes between ears and a recognizer child, byte by byte.

Ears to child, a pipe of one page that holds one record at a time, however large the machine's
pages are (4 KiB, or 16 on a Raspberry Pi 5): in packet mode each write has a page of its own. It is
written without blocking. A record is a kind byte, followed by the 2,560 bytes of a frame if the
kind is FRAME or QUIET. A record is shorter than PIPE_BUF, so it arrives whole or is not written at
all:

    FRAME     80 ms of sound with speech in it
    QUIET     80 ms of sound without
    ASKED     before the first: what follows answers the speaker's own question
    STRICT    before the first, to a stop spotter: the speaker itself speaks
    END       the command is over: answer
    CANCEL    nobody waits for an answer any more
    ABANDON   written when a child died early: everything before it is nobody's

Child and parent to ears, one pipe (writes shorter than PIPE_BUF are in order):

    1 .. 4    Progress, one byte each, from the child
    RESULT    intent u16, count u8, 6 x (slot u8, value i32), from the child; intent 0: none
    SPOTTED   the stop word was said, from the stop spotter's child
    READY     from the parent: models are loaded and the first child waits
    GONE      from the parent: the child has exited and every page of it is gone
    CRASHED   the same, but it died of something; HUNG: of the alarm

Nothing is acted on before GONE: a result that was read belongs to a process that may still hold
sound. There is no place for a word in either direction.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from enum import IntEnum, unique

from device.letter import MAX_SLOTS
from device.mind.types import FRAME_BYTES, Progress, Request, Slot

PAGE = os.sysconf("SC_PAGESIZE")
RECORD_BYTES = 1 + FRAME_BYTES


@unique
class Mark(IntEnum):
    """Kinds of records from ears to a child."""

    FRAME = 0x46
    QUIET = 0x51
    ASKED = 0x3F
    STRICT = 0x53
    END = 0x45
    CANCEL = 0x43
    ABANDON = 0x41


@unique
class Word(IntEnum):
    """Kinds of records to ears, the states of `Progress` apart."""

    RESULT = 0x10
    SPOTTED = 0x11
    READY = 0x20
    GONE = 0x21
    CRASHED = 0x22
    HUNG = 0x23


SOUND = (Mark.FRAME, Mark.QUIET)
_RESULT = struct.Struct(">HB" + MAX_SLOTS * "Bi")
Said = Progress | Word | Request | None
"""What a record to ears means; a result is its request, or None if nothing was understood."""


def make() -> tuple[int, int]:
    """A pipe of one page for bytes: (end to read from, end to write to)."""
    return _sized(*os.pipe())


def make_for_records() -> tuple[int, int]:
    """A pipe that holds one record: whatever is read at once is what was written at once.

    A child that is slower than the sound so leaves it in the backlog of ears, which is wiped as it
    drains: a page of the kernel's is not.
    """
    return _sized(*os.pipe2(os.O_DIRECT | os.O_CLOEXEC))


def _sized(reading: int, writing: int) -> tuple[int, int]:
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PAGE)
    return reading, writing


def pack_result(request: Request | None) -> bytes:
    """The RESULT record; ValueError if the request doesn't fit (more than six slots, say)."""
    if request is None:
        request = Request(0)
    if len(request.slots) > MAX_SLOTS:
        raise ValueError("too many slots")
    flat = [part for slot in request.slots for part in slot]
    flat += [0] * (2 * MAX_SLOTS - len(flat))
    try:
        return bytes([Word.RESULT]) + _RESULT.pack(request.intent, len(request.slots), *flat)
    except struct.error as error:
        raise ValueError("a slot's value is out of range") from error


def unpack(waiting: bytearray) -> Iterator[Said]:
    """Take whole records off the front of `waiting`; ValueError at a byte that means nothing."""
    while waiting:
        kind = waiting[0]
        if kind == Word.RESULT:
            if len(waiting) < 1 + _RESULT.size:
                return
            request = _request(waiting[1 : 1 + _RESULT.size])
            del waiting[: 1 + _RESULT.size]
            yield request
            continue
        del waiting[:1]
        yield Progress(kind) if kind <= max(Progress) else Word(kind)


def _request(body: bytearray) -> Request | None:
    intent, count, *flat = _RESULT.unpack(body)
    if count > MAX_SLOTS:
        raise ValueError("too many slots")
    pairs = list(zip(flat[::2], flat[1::2], strict=True))[:count]
    return Request(intent, tuple((Slot(s), v) for s, v in pairs)) if intent else None


def read_record(pipe: int) -> tuple[Mark, bytes] | None:
    """Wait for the next record of a child's pipe; None if the ears are gone."""
    record = os.read(pipe, RECORD_BYTES)
    if not record:
        return None
    mark = Mark(record[0])
    return (mark, record[1:]) if mark in SOUND else (mark, b"")
