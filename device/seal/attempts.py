"""Escapes, tried for real: what a program that took ears over would try first.

Each attempt is one system call with arguments that would work, made in a process of its own that
has sealed itself as ears do. Tried without the seal, most succeed; that is the control. What an
attempt makes it makes in a folder of its own, or not at all.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

_AT_FDCWD = -100


@dataclass(frozen=True, slots=True)
class Place:
    """What an attempt finds: descriptors that ears have, and a folder that the user can write."""

    letters: int
    """Connected socket; write() of up to 64 bytes is allowed."""
    other: int
    """A descriptor that is open for writing and not named in the seal."""
    file: int
    """A file that is open for reading."""
    folder: bytes


Call = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing to try."""

    name: str
    promise: int
    """The promise of the README that it would break, 1 to 5."""
    call: Callable[[Place], Call]


def _socket(name: str, family: int, kind: int) -> Attempt:
    return Attempt(f"socket {name}", 4, lambda p: ("socket", (family, kind, 0)))


def _try(name: str, promise: int, call: str, *arguments: object) -> Attempt:
    return Attempt(name, promise, lambda p: (call, arguments))


def _open(name: str, path: bytes, flags: int) -> Attempt:
    return Attempt(
        name, 4, lambda p: ("openat", (_AT_FDCWD, path.replace(b"@", p.folder), flags, 0o600))
    )


_BUFFER = ctypes.create_string_buffer(4096)
_VECTOR = ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(_BUFFER), 32), 64)
_MESSAGE = ctypes.create_string_buffer(
    struct.pack("PIPNPNi", 0, 0, ctypes.addressof(_VECTOR), 1, 0, 0, 0), 64
)
_TIMES = ctypes.create_string_buffer(64)

NETWORK = (
    _socket("TCP", socket.AF_INET, socket.SOCK_STREAM),
    _socket("UDP", socket.AF_INET, socket.SOCK_DGRAM),
    _socket("TCP over IPv6", socket.AF_INET6, socket.SOCK_STREAM),
    _socket("UDP over IPv6", socket.AF_INET6, socket.SOCK_DGRAM),
    _socket("local stream", socket.AF_UNIX, socket.SOCK_STREAM),
    _socket("local datagram", socket.AF_UNIX, socket.SOCK_DGRAM),
    _socket("packet", socket.AF_PACKET, socket.SOCK_RAW),
    _socket("netlink", socket.AF_NETLINK, socket.SOCK_RAW),
    _socket("vsock", socket.AF_VSOCK, socket.SOCK_STREAM),
    _socket("bluetooth", 31, socket.SOCK_RAW),
    _socket("kernel crypto", socket.AF_ALG, socket.SOCK_SEQPACKET),
    _try("socket pair", 4, "socketpair", socket.AF_UNIX, socket.SOCK_STREAM, 0, _BUFFER),
)
FILES = (
    _open("read a file", b"/etc/passwd", os.O_RDONLY),
    _open("open a folder", b"/", os.O_RDONLY | os.O_DIRECTORY),
    _open("create a file", b"@/raw", os.O_CREAT | os.O_WRONLY),
    _open("append to a file", b"@/old", os.O_WRONLY | os.O_APPEND),
    _open("create a file without a name", b"@", os.O_TMPFILE | os.O_WRONLY),
    _open("create in shared memory", b"/dev/shm/keepmum-probe", os.O_CREAT | os.O_RDWR),
    _open("own memory as a file", b"/proc/self/mem", os.O_RDWR),
    Attempt("openat2", 4, lambda p: ("openat2", (_AT_FDCWD, b"/etc/passwd", bytes(24), 24))),
    _try("file in memory", 4, "memfd_create", b"sound", 0),
    Attempt("make a folder", 4, lambda p: ("mkdirat", (_AT_FDCWD, p.folder + b"/d", 0o700))),
    Attempt("name a link", 4, lambda p: ("symlinkat", (b"sound", _AT_FDCWD, p.folder + b"/l"))),
    Attempt(
        "rename a file",
        4,
        lambda p: (
            "renameat2",
            (_AT_FDCWD, p.folder + b"/old", _AT_FDCWD, p.folder + b"/o", 0),
        ),
    ),
    Attempt("delete a file", 4, lambda p: ("unlinkat", (_AT_FDCWD, p.folder + b"/old", 0))),
    Attempt(
        "change a file's mode", 4, lambda p: ("fchmodat", (_AT_FDCWD, p.folder + b"/old", 0o604))
    ),
    Attempt(
        "set a file's times",
        4,
        lambda p: ("utimensat", (_AT_FDCWD, p.folder + b"/old", _TIMES, 0)),
    ),
    Attempt("cut a file", 4, lambda p: ("truncate", (p.folder + b"/old", 0))),
    Attempt("name a pipe", 4, lambda p: ("mknodat", (_AT_FDCWD, p.folder + b"/p", 0o10600, 0))),
    _try("watch files", 4, "inotify_init1", 0),
    _try("change folder", 4, "chdir", b"/tmp"),
    _try("mount", 4, "mount", b"none", b"/mnt", b"tmpfs", 0, None),
    _try("chroot", 4, "chroot", b"/"),
)
PROCESSES = (
    _try("run a program", 4, "execve", b"/bin/true", None, None),
    _try("fork", 4, "clone", signal.SIGCHLD, None, None, None, None),
    _try("clone3", 4, "clone3", struct.pack("8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64),
    Attempt("signal the parent", 4, lambda p: ("kill", (os.getppid(), 0))),
    _try("be traced", 2, "ptrace", 0, 0, None, None),
    Attempt(
        "read a process's memory",
        2,
        lambda p: ("process_vm_readv", (os.getpid(), _VECTOR, 1, _VECTOR, 1, 0)),
    ),
    Attempt(
        "write a process's memory",
        2,
        lambda p: ("process_vm_writev", (os.getpid(), _VECTOR, 1, _VECTOR, 1, 0)),
    ),
    Attempt("handle of a process", 4, lambda p: ("pidfd_open", (os.getppid(), 0))),
    _try("become readable", 2, "prctl", 4, 1, 0, 0, 0),
    Attempt(
        "allow a core", 2, lambda p: ("prlimit64", (0, 4, struct.pack("QQ", 0, 1 << 30), None))
    ),
    _try("own name as a message", 3, "prctl", 15, b"sound", 0, 0, 0),
    _try("own priority as a message", 3, "setpriority", 0, 0, 19),
    _try("leave the user namespace", 4, "unshare", 0x10000000),
    _try("enter a namespace", 4, "setns", 0, 0),
    _try("personality", 4, "personality", 0),
)
DESCRIPTORS = (
    Attempt("letter of 65 bytes", 3, lambda p: ("write", (p.letters, _BUFFER, 65))),
    Attempt("write elsewhere", 3, lambda p: ("write", (p.other, _BUFFER, 1))),
    Attempt("write at a place", 3, lambda p: ("pwrite64", (p.other, _BUFFER, 1, 0))),
    Attempt("gathered write", 3, lambda p: ("writev", (p.letters, _VECTOR, 1))),
    Attempt("sendto", 3, lambda p: ("sendto", (p.letters, _BUFFER, 32, 0, None, 0))),
    Attempt("sendmsg, descriptors included", 3, lambda p: ("sendmsg", (p.letters, _MESSAGE, 0))),
    Attempt("recvmsg, descriptors included", 5, lambda p: ("recvmsg", (p.letters, _MESSAGE, 0x40))),
    Attempt("duplicate a descriptor", 3, lambda p: ("dup", (p.letters,))),
    Attempt("duplicate onto another", 3, lambda p: ("dup3", (p.other, p.letters, 0))),
    Attempt("duplicate by fcntl", 3, lambda p: ("fcntl", (p.letters, 0, 40))),
    Attempt("sendfile", 3, lambda p: ("sendfile", (p.other, p.file, None, 8))),
    Attempt("splice", 3, lambda p: ("splice", (p.file, None, p.other, None, 8, 0))),
    Attempt("vmsplice", 3, lambda p: ("vmsplice", (p.other, _VECTOR, 1, 0))),
    _try("pipe", 3, "pipe2", _BUFFER, 0),
    _try("event descriptor", 3, "eventfd2", 0, 0),
    _try("timer descriptor", 3, "timerfd_create", 0, 0),
    _try("epoll", 3, "epoll_create1", 0),
    Attempt("typed into a terminal", 3, lambda p: ("ioctl", (p.other, 0x5412, b"x"))),
    Attempt("ask how much waits", 3, lambda p: ("ioctl", (p.file, 0x541B, _BUFFER))),
)
MEMORY = (
    _try("executable memory", 4, "mmap", None, 4096, 7, 0x22, -1, 0),
    Attempt("a file as memory", 4, lambda p: ("mmap", (None, 4096, 1, 2, p.file, 0))),
    _try("shared memory", 2, "shmget", 0, 4096, 0o1600),
    _try("message queue", 3, "msgget", 0, 0o1600),
    _try("semaphores", 3, "semget", 0, 1, 0o1600),
    _try("named queue", 3, "mq_open", b"keepmum-probe", 0o102, 0o600, None),
    _try("unlock the memory", 2, "munlockall"),
    _try("page faults to oneself", 2, "userfaultfd", 1),
)
KERNEL = (
    _try("io_uring", 4, "io_uring_setup", 4, _BUFFER),
    _try("bpf", 4, "bpf", 0, _BUFFER, 64),
    _try("performance counters", 4, "perf_event_open", _BUFFER, 0, -1, -1, 0),
    _try("keyring", 3, "add_key", b"user", b"keepmum", b"x", 1, -3),
    _try("landlock", 4, "landlock_create_ruleset", None, 0, 1),
    _try("another filter", 4, "seccomp", 2, 0, struct.pack("I", 0x7FFF0000)),
    _try("kernel's log", 3, "syslog", 10, None, 0),
    _try("host name as a message", 3, "sethostname", b"sound", 5),
    _try("set the clock", 3, "clock_settime", 0, _TIMES),
)
ATTEMPTS = (*NETWORK, *FILES, *PROCESSES, *DESCRIPTORS, *MEMORY, *KERNEL)
