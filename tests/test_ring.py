"""What is played goes one way: hands write, ears read, and the kernel lets nothing come back."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from device import ring
from device.ring import BYTES, SAMPLES, Reader, Writer, accept_offer


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def reader(writer: Writer) -> Reader:
    return Reader(writer.readable)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The letter socket: hands' end, ears' end."""
    hands, ears = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ears.setblocking(False)
    with hands, ears:
        yield hands, ears


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def ramp(first: int, length: int) -> ring.Sound:
    return (np.arange(first, first + length) % 30_000 + 1).astype(np.int16)


def read(reader: Reader, first: int, length: int) -> ring.Sound:
    out = np.full(length, -1, np.int16)
    reader.copy(first, out)
    return out


# --- what is there


@pytest.mark.parametrize("block", [1, 320, 441, 7999, 8000, 8001, 20_000])
def test_the_last_half_second_is_read_as_it_was_written(
    writer: Writer, reader: Reader, block: int
) -> None:
    for start in range(0, 3 * block, block):
        writer.write(ramp(start, block))
    end = 3 * block
    assert reader.written == end
    begin = max(0, end - SAMPLES)
    assert np.array_equal(read(reader, begin, end - begin), ramp(begin, end - begin))


def test_what_is_overwritten_or_not_yet_written_is_silence(writer: Writer, reader: Reader) -> None:
    writer.write(ramp(0, 10_000))
    assert not read(reader, 0, 2000).any()
    assert not read(reader, 10_000, 1280).any()
    assert not read(reader, -5000, 1280).any()
    assert np.array_equal(read(reader, 9000, 2000), [*ramp(9000, 1000), *[0] * 1000])
    assert np.array_equal(read(reader, 1990, 20), [*[0] * 10, *ramp(2000, 10)])


@pytest.mark.parametrize("samples", [1, 8000, 123_457])
def test_silence_counts_as_what_is_written(writer: Writer, reader: Reader, samples: int) -> None:
    writer.write(ramp(0, 8000))
    writer.silence(samples)
    writer.write(ramp(0, 100))
    assert reader.written == 8100 + samples
    assert np.array_equal(read(reader, 8000 + samples, 100), ramp(0, 100))
    assert not read(reader, 8000, min(samples, 7000)).any()


def test_a_wiped_ring_is_silent_and_goes_on(writer: Writer, reader: Reader) -> None:
    writer.write(ramp(0, 9000))
    writer.wipe()
    assert not read(reader, 1000, 8000).any()
    writer.write(ramp(0, 10))
    assert np.array_equal(read(reader, 9000, 10), ramp(0, 10))


@pytest.mark.parametrize("said", [0, 1, 2**63, 2**64 - 1])
def test_a_count_that_lies_is_no_danger(writer: Writer, reader: Reader, said: int) -> None:
    writer.write(ramp(0, 9000))
    writer._count[0] = said
    for first in (0, said - 4000, 2**64, -(2**64)):
        assert len(read(reader, first, 1280)) == 1280


def test_a_reader_that_is_overtaken_gets_silence_for_what_it_lost(
    writer: Writer, reader: Reader
) -> None:
    """Every sample says when it was written: none may stand where another was asked for."""
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            writer.write(ramp(writer.written, 640))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(300):
            first = reader.written - SAMPLES
            got = read(reader, first, 4000)
            there = got != 0
            assert np.array_equal(got[there], ramp(first, 4000)[there])
    finally:
        over.set()
        thread.join()


# --- no way back


def test_ears_have_no_way_to_write_into_it(writer: Writer) -> None:
    """Neither by the descriptor they are given, nor by one that they reopen, nor by memory."""
    fd = writer.readable
    with pytest.raises(OSError):
        os.write(fd, b"x")
    with pytest.raises(OSError):
        mmap.mmap(fd, BYTES)
    with pytest.raises(OSError):
        os.ftruncate(fd, 0)
    again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)  # the file itself may be opened
    try:
        for change in (lambda: os.write(again, b"x"), lambda: mmap.mmap(again, BYTES)):
            with pytest.raises(PermissionError):
                change()
        with pytest.raises(PermissionError):
            os.ftruncate(again, 2 * BYTES)
        with pytest.raises(PermissionError):
            fcntl.fcntl(again, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    finally:
        os.close(again)


def test_the_readers_memory_cannot_be_made_writable(reader: Reader) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    page = ctypes.c_void_p(reader._address)
    assert libc.mprotect(page, ctypes.c_size_t(BYTES), mmap.PROT_READ | mmap.PROT_WRITE) == -1
    with pytest.raises(ValueError, match="read-only"):
        reader._samples[0] = 1


def test_writing_by_force_ends_the_process_and_changes_nothing(writer: Writer) -> None:
    code = (
        "import ctypes, sys; from device.ring import Reader\n"
        "found = Reader(int(sys.argv[1])); ctypes.memset(found._address, 7, 8)"
    )
    before = writer._samples.tobytes(), int(writer._count[0])
    done = subprocess.run(
        [sys.executable, "-c", code, str(writer.readable)],
        pass_fds=(writer.readable,),
        capture_output=True,
        check=False,
    )
    assert done.returncode == -11
    assert (writer._samples.tobytes(), int(writer._count[0])) == before


SEALED = """
import ctypes, mmap, sys
from device.ring import BYTES, Reader
from device.seal import seccomp
found = Reader(int(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
libc.mremap.restype = ctypes.c_void_p
seccomp.prepare()
seccomp.seal_ears({1: None})
at, size = ctypes.c_void_p(found._address), ctypes.c_size_t(BYTES)
said = []
again = libc.mremap(at, ctypes.c_size_t(0), size, 1)
said.append(again == ctypes.c_void_p(-1).value)
for advice in (20, 21, 24):  # COLD, PAGEOUT, DONTNEED_LOCKED
    said.append(libc.madvise(at, size, advice) == -1 and ctypes.get_errno() == 1)
said.append(libc.mprotect(at, size, mmap.PROT_READ | mmap.PROT_WRITE) == -1)
grown = bytearray(1 << 20); grown += bytes(1 << 24)  # what an allocator needs goes on
print(all(said), said)
"""


def test_sealed_ears_cannot_show_hands_how_often_a_page_is_mapped(writer: Writer) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEALED, str(writer.readable)],
        pass_fds=(writer.readable,),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("True"), done.stdout + done.stderr


# --- how it is handed over


def test_it_is_offered_first_of_all_and_leaves_no_descriptor(
    writer: Writer, line: tuple[socket.socket, socket.socket]
) -> None:
    hands, ears = line
    before = descriptors()
    writer.offer(hands)
    hands.send(b"\x02")
    found = accept_offer(ears.fileno())
    assert found
    assert ears.recv(1) == b"\x02"
    assert descriptors() == before
    writer.write(ramp(0, 500))
    assert np.array_equal(read(found, 0, 500), ramp(0, 500))
    assert re.search(r"r--s .*memfd:played", Path("/proc/self/maps").read_text())


def test_hands_that_offer_nothing_are_heard_all_the_same(
    line: tuple[socket.socket, socket.socket],
) -> None:
    hands, ears = line
    assert accept_offer(ears.fileno(), wait_s=0.01) is None
    hands.send(b"\x03")
    assert accept_offer(ears.fileno()) is None
    assert ears.recv(1) == b"\x03"
    hands.send(ring.OFFER)  # the byte without a descriptor
    assert accept_offer(ears.fileno()) is None


@pytest.mark.parametrize("fault", ["unsealed", "small", "pipe", "file"])
def test_a_ring_that_could_be_changed_under_ears_is_not_taken(
    line: tuple[socket.socket, socket.socket], fault: str, tmp_path: Path
) -> None:
    """One that shrinks would end ears in the middle of a frame."""
    hands, ears = line
    fd = os.memfd_create("bad", os.MFD_ALLOW_SEALING)
    match fault:
        case "unsealed":
            os.ftruncate(fd, BYTES)
        case "small":
            os.ftruncate(fd, BYTES - 4096)
            fcntl.fcntl(fd, fcntl.F_ADD_SEALS, ring.SEALS)
        case "pipe":
            os.dup2(os.pipe()[0], fd)
        case "file":
            (tmp_path / "f").write_bytes(bytes(BYTES))
            os.dup2(os.open(tmp_path / "f", os.O_RDONLY), fd)
    before = descriptors()
    socket.send_fds(hands, [ring.OFFER], [fd])
    assert accept_offer(ears.fileno()) is None
    assert descriptors() == before
    os.close(fd)
