"""What the loudspeaker is given, in memory that hands write and ears can only read.

A ring of half a second at the microphone's rate, and a count of all samples ever written to it.
Hands make it, seal it against any change of size and against every writer but the one mapping that
they have by then, and send a descriptor that was opened for reading alone, together with their
first byte on the letter socket. Ears map it, close the descriptor, and are sealed; from then on
they look at it whenever a frame of their own has come. There is nothing to wait on, nothing to
acknowledge, and no page that the kernel would let them write.

The writer tells nobody when it writes. It says first how far it will have come, which is what it
overwrites, and last how far it is; a reader that was overtaken sees it by reading the first again.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import select
import socket

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
SAMPLES = RATE // 2
"""Of the loudspeaker's sound the last half second, int16."""
HEADER = 64
"""Bytes before the samples: two counts of eight, how far it is and how far it will have come."""
BYTES = HEADER + 2 * SAMPLES
OFFER = b"\0"
"""The byte that goes with the descriptor: no hint."""
OFFER_WAIT_S = 1.0
"""Hands offer the ring as soon as they are connected; ears wait no longer for it."""

_F_SEAL_FUTURE_WRITE = 0x10
"""Linux 5.1; not in Python's fcntl."""
SEALS = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL | _F_SEAL_FUTURE_WRITE

Sound = NDArray[np.int16]
"""Sound: (n,) int16 samples at 16 kHz; a frame has 1280 of them, 80 ms."""


class Writer:
    """The hands' end: the only writable mapping there will ever be."""

    def __init__(self) -> None:
        fd = os.memfd_create("played", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(fd, BYTES)
            self._memory = mmap.mmap(fd, BYTES)
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
            self.readable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            os.close(fd)
        self._count = np.frombuffer(self._memory, np.uint64, 2)
        self._samples = np.frombuffer(self._memory, np.int16, SAMPLES, HEADER)
        self.written = 0
        """Samples ever written."""

    def write(self, sound: Sound) -> None:
        """Add samples, int16 (n,); only the last half second of them stays."""
        self._count[1] = self.written + len(sound)
        kept = sound[-SAMPLES:]
        at = (self.written + len(sound) - len(kept)) % SAMPLES
        first = min(len(kept), SAMPLES - at)
        self._samples[at : at + first] = kept[:first]
        self._samples[: len(kept) - first] = kept[first:]
        self.written += len(sound)
        self._count[0] = self.written

    def silence(self, samples: int) -> None:
        """Add so many samples of silence."""
        self.write(np.zeros(min(samples, SAMPLES), np.int16))
        self.written += max(0, samples - SAMPLES)
        self._count[:] = self.written

    def offer(self, ears: socket.socket) -> None:
        """Send it to ears that were just connected to; ears that are gone are noticed elsewhere."""
        socket.send_fds(ears, [OFFER], [self.readable])

    def wipe(self) -> None:
        """Overwrite the sound; the count goes on."""
        self._samples[:] = 0


class Reader:
    """The ears' end. After construction there is no descriptor, and no way to write."""

    def __init__(self, fd: int) -> None:
        """Map what hands offered. Raises OSError if it could be changed under our feet."""
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
        if seals & SEALS != SEALS or os.fstat(fd).st_size != BYTES:
            raise OSError("the ring is not sealed")
        self._address = _map(fd)
        memory = memoryview((ctypes.c_char * BYTES).from_address(self._address)).cast("B")
        self._count = np.frombuffer(memory, np.uint64, 2)
        self._samples = np.frombuffer(memory, np.int16, SAMPLES, HEADER)
        for array in (self._count, self._samples):
            array.flags.writeable = False

    @property
    def written(self) -> int:
        """Samples ever written, as the writer says."""
        return int(self._count[0])

    def copy(self, first: int, out: Sound) -> None:
        """The samples from number `first` on, into `out`, int16 (n,).

        Those that are overwritten, or not written yet, are zeros.
        """
        out[:] = 0
        begin, end = self._there(first, len(out))
        if begin < end:
            places = (begin % SAMPLES + np.arange(end - begin)) % SAMPLES
            out[begin - first : end - first] = self._samples[places]
            again, _ = self._there(first, len(out))
            out[: max(0, min(again, end) - first)] = 0

    def _there(self, first: int, length: int) -> tuple[int, int]:
        """Which of the samples `first` to `first + length` are in the ring now."""
        oldest = int(self._count[1]) - SAMPLES
        return max(first, oldest, 0), min(first + length, self.written)


def _map(fd: int) -> int:
    """Map it, to be read only; the address. Python's own mmap would keep the descriptor."""
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype, size = ctypes.c_void_p, ctypes.c_size_t
    call.argtypes = (ctypes.c_void_p, size, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    address = call(None, BYTES, mmap.PROT_READ, mmap.MAP_SHARED, fd, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "the ring can't be mapped")
    return int(address)


def accept_offer(connection: int, wait_s: float = OFFER_WAIT_S) -> Reader | None:
    """The ring that hands offer first of all on the letter socket, or None if there is none.

    connection: its descriptor. A hint of hands that offer nothing stays to be read.
    """
    if not select.select([connection], [], [], wait_s)[0]:
        return None
    with socket.socket(fileno=os.dup(connection)) as line:
        try:
            if line.recv(1, socket.MSG_PEEK) != OFFER:
                return None
            _, fds, _, _ = socket.recv_fds(line, 1, 1)
        except OSError:
            return None
    try:
        return Reader(fds[0]) if fds else None
    except (OSError, ValueError):
        return None
    finally:
        for fd in fds:
            os.close(fd)
