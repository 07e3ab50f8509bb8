"""An enemy in place of ears: their descriptors, their seal, and every call that might let out.

Run as `python -m tests.seal.enemy sealed|free`; prints (attempts, {descriptor: what succeeded}).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from device.ears.recognize.pipes import RECORD_BYTES, make_for_records
from device.letter import MAX_BYTES
from device.seal import memory, seccomp

Arguments = Callable[[int], tuple[int, ...]]
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
buffer = ctypes.create_string_buffer(8192)
address = ctypes.create_string_buffer(b"\x01\x00\x00abcd")
BUF, ADDR = ctypes.addressof(buffer), ctypes.addressof(address)
vector = (ctypes.c_void_p * 2)(BUF, 1)
vec = ctypes.addressof(vector)
message = (ctypes.c_void_p * 7)(0, 0, vec, 1, 0, 0, 0)
msg = ctypes.addressof(message)
LETTERS, THEIRS = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
LAMP, PANEL = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
LISTENING = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
pulse, frames, answers, microphone = os.pipe(), make_for_records(), os.pipe(), os.pipe()
null = os.open(os.devnull, os.O_RDWR)
fds = {
    "letters": LETTERS.fileno(),
    "lamp": LAMP.fileno(),
    "pulse": pulse[1],
    "frames": frames[1],
    "answers": answers[0],
    "listening": LISTENING.fileno(),
    "null": null,
    "microphone": microphone[0],
}
peers = {
    "letters": THEIRS.fileno(),
    "lamp": PANEL.fileno(),
    "pulse": pulse[0],
    "frames": frames[0],
}
MODES = {fd: os.fstat(fd).st_mode & 0o7777 for fd in fds.values()}
CALLS: list[tuple[str, str, Arguments]] = [
    ("write 1", "write", lambda f: (f, BUF, 1)),
    ("write 64", "write", lambda f: (f, BUF, 64)),
    ("write 65", "write", lambda f: (f, BUF, 4000 if f == frames[1] else 65)),
    ("pwrite", "pwrite64", lambda f: (f, BUF, 1, 0)),
    ("writev", "writev", lambda f: (f, vec, 1)),
    ("pwritev", "pwritev", lambda f: (f, vec, 1, 0, 0)),
    ("pwritev2", "pwritev2", lambda f: (f, vec, 1, -1, -1, 0)),
    ("sendto", "sendto", lambda f: (f, BUF, 1, 0, 0, 0)),
    ("sendmsg", "sendmsg", lambda f: (f, msg, 0)),
    ("sendmmsg", "sendmmsg", lambda f: (f, msg, 1, 0)),
    ("recvmsg", "recvmsg", lambda f: (f, msg, 0)),
    ("recvfrom", "recvfrom", lambda f: (f, BUF, 1, 0x42, 0, 0)),
    ("shutdown", "shutdown", lambda f: (f, 1)),
    ("connect", "connect", lambda f: (f, ADDR, 7)),
    ("bind", "bind", lambda f: (f, ADDR, 7)),
    ("listen", "listen", lambda f: (f, 1)),
    ("accept4", "accept4", lambda f: (f, 0, 0, 0)),
    ("setsockopt", "setsockopt", lambda f: (f, 1, 16, BUF, 4)),
    ("getsockopt", "getsockopt", lambda f: (f, 1, 17, BUF, ADDR)),
    ("getpeername", "getpeername", lambda f: (f, BUF, ADDR)),
    ("ioctl FIONREAD", "ioctl", lambda f: (f, 0x541B, BUF)),
    ("ioctl FIONBIO", "ioctl", lambda f: (f, 0x5421, BUF)),
    ("ioctl FIOASYNC", "ioctl", lambda f: (f, 0x5452, BUF)),
    ("ioctl TIOCSTI", "ioctl", lambda f: (f, 0x5412, BUF)),
    ("fcntl F_DUPFD", "fcntl", lambda f: (f, 0, 60)),
    ("fcntl F_SETFL", "fcntl", lambda f: (f, 4, 2048)),
    ("fcntl F_SETOWN", "fcntl", lambda f: (f, 8, 1)),
    ("fcntl F_SETSIG", "fcntl", lambda f: (f, 10, 10)),
    ("fcntl F_SETPIPE_SZ", "fcntl", lambda f: (f, 1031, 65536)),
    ("fcntl F_SETLK", "fcntl", lambda f: (f, 6, BUF)),
    ("fcntl F_SETLEASE", "fcntl", lambda f: (f, 1024, 1)),
    ("flock", "flock", lambda f: (f, 6)),
    ("fsync", "fsync", lambda f: (f,)),
    ("fdatasync", "fdatasync", lambda f: (f,)),
    ("ftruncate", "ftruncate", lambda f: (f, 0)),
    ("fallocate", "fallocate", lambda f: (f, 0, 0, 1)),
    # to the mode that it has: without the seal it succeeds, and /dev/null is everybody's
    ("fchmod", "fchmod", lambda f: (f, MODES[f])),
    ("fchown", "fchown", lambda f: (f, -1, -1)),
    ("utimensat", "utimensat", lambda f: (f, 0, 0, 0)),
    ("fsetxattr", "fsetxattr", lambda f: (f, ADDR, BUF, 1, 0)),
    ("dup", "dup", lambda f: (f,)),
    ("dup3", "dup3", lambda f: (f, 61, 0)),
    ("splice", "splice", lambda f: (microphone[0], 0, f, 0, 1, 2)),
    ("tee", "tee", lambda f: (microphone[0], f, 1, 2)),
    ("vmsplice", "vmsplice", lambda f: (f, vec, 1, 2)),
    ("sendfile", "sendfile", lambda f: (f, null, 0, 1)),
    ("copy_file_range", "copy_file_range", lambda f: (null, 0, f, 0, 1, 0)),
    ("mmap shared", "mmap", lambda f: (0, 4096, 3, 1, f, 0)),
    ("epoll_ctl", "epoll_ctl", lambda f: (f, 1, f, BUF)),
    ("fadvise64", "fadvise64", lambda f: (f, 0, 0, 4)),
    ("readahead", "readahead", lambda f: (f, 0, 1)),
    ("pidfd_getfd", "pidfd_getfd", lambda f: (f, 1, 0)),
    ("close", "close", lambda f: (f,)),
]


def attempt(numbers: dict[str, int]) -> dict[str, list[str]]:
    """Every call with every descriptor; what did not fail."""
    done: dict[str, list[str]] = {}
    for what, fd in fds.items():
        done[what] = []
        for name, _, arguments in CALLS:
            if numbers[name] < 0:
                continue
            values = (ctypes.c_long(a) for a in arguments(fd))
            if _libc.syscall(ctypes.c_long(numbers[name]), *values) >= 0:
                done[what].append(name)
            if what in peers:
                with suppress(OSError):
                    os.read(peers[what], 65536)
    return done


def main(kind: str) -> None:
    """Seal, or don't, and try."""
    signal.alarm(120)
    seccomp.prepare()
    for fd in (*fds.values(), *peers.values()):
        os.set_blocking(fd, False)
    numbers = {name: seccomp.number_of(call) for name, call, _ in CALLS}
    memory.harden()
    if kind == "sealed":
        writes: dict[int, int | None] = {fds["letters"]: MAX_BYTES, fds["lamp"]: 1}
        writes |= {fds["pulse"]: seccomp.PULSE_BYTES, fds["frames"]: RECORD_BYTES}
        seccomp.seal_ears(writes | {1: None})  # standard output: to tell what was found
    done = attempt(numbers)
    os.write(1, repr((len(CALLS) * len(fds), done)).encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
