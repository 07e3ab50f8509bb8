"""The filters that ears, the recognizer's parent and its children put on themselves.

Each is an allow-list, loaded by libseccomp on every thread at once; whatever is not on it fails
with EPERM. A filter can't be taken off, and a child forked under one keeps it and adds its own.
By the time of sealing everything is open; what may stay is reading what is open, memory that is
never executable, time, and writing to the few descriptors named, each with its longest message.
"""

from __future__ import annotations

import ctypes.util
import errno
import importlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from device.errors import NoSeal
from device.service import PR_SET_PDEATHSIG

LETTER_BYTES = 64
NOTIFY_BYTES = 16
"""`WATCHDOG=trigger`: the longest message that the service manager is sent after sealing."""
PULSE_BYTES = 1
"""What ears and the recognizer's parent write into their pulse."""
RESULT_BYTES = 64
"""A child's longest message: states of one byte, then one result of ids and numbers."""

_CALM = (
    # waiting and reading what is open
    *("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait"),
    *("close", "fstat", "lseek"),
    # threads that exist, signals, the end
    *("futex", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "sched_yield"),
    *("restart_syscall", "rseq", "set_robust_list", "membarrier", "exit", "exit_group"),
    # memory; mmap, mprotect, mremap and madvise have rules of their own
    *("brk", "munmap"),
    # time and chance
    *("clock_gettime", "clock_getres", "gettimeofday", "nanosleep", "clock_nanosleep"),
    *("getrandom", "getpid", "gettid", "getppid", "getuid", "sched_getaffinity", "getcpu"),
    *("getrusage", "times", "alarm", "setitimer", "getitimer"),
)
_READS = ("read", "readv")
_PROT_EXEC = 4
_MAP_ANONYMOUS = 0x20
_F_GETFD, _F_GETFL = 1, 3
_MADV_LAST = 19
"""MADV_KEEPONFORK; above are those for pages that are locked, or paged out at once."""
_FORK_FLAGS = 0x01200011
"""CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD: what glibc's fork asks for."""
_SIGKILL = 9
_RLIMIT_MEMLOCK = 8
_ALSA = ord("A") << 8
_PR_GET_DUMPABLE, _PR_SET_NNP, _PR_GET_NNP = 3, 38, 39


@dataclass(frozen=True, slots=True)
class Sound:
    """The descriptors that an open microphone is made of, by kind, as `opened_since` found them."""

    devices: tuple[int, ...] = ()
    """ALSA capture nodes: told to go on by ioctl. Not the card's controls, which hands have too."""
    sockets: tuple[int, ...] = ()
    """A sound server's: written and sent to, which is a way out. Tests only."""
    wakers: tuple[int, ...] = ()
    """Event descriptors and pipes between threads of this process."""

    @property
    def weaker(self) -> str:
        """Which promise a sound server weakens, or nothing."""
        return "sound comes through a server's socket, which can be written to" * bool(self.sockets)


@dataclass
class _Rules:
    """A filter being written; every method allows something."""

    lib: Any
    """pyseccomp, which has no types."""
    filter: Any = field(init=False)

    def __post_init__(self) -> None:
        self.filter = self.lib.SyscallFilter(self.lib.ERRNO(errno.EPERM))

    def allow(self, call: str, *conditions: object) -> None:
        self.filter.add_rule(self.lib.ALLOW, call, *conditions)

    def equal(self, argument: int, value: int) -> object:
        return self.lib.Arg(argument, self.lib.EQ, value)

    def masked(self, argument: int, mask: int, value: int) -> object:
        return self.lib.Arg(argument, self.lib.MASKED_EQ, mask, value)

    def at_most(self, argument: int, value: int) -> object:
        return self.lib.Arg(argument, self.lib.LE, value)

    def calm(self) -> None:
        """What every sealed process may do."""
        for call in _CALM:
            self.allow(call)
        self.allow(
            "mmap",
            self.masked(2, _PROT_EXEC, 0),
            self.masked(3, _MAP_ANONYMOUS, _MAP_ANONYMOUS),
        )
        self.allow("mprotect", self.masked(2, _PROT_EXEC, 0))
        # how often a page is mapped shows to all who have it: a page that ears share with hands is
        # mapped no second time (an old size of 0), and given back by none of madvise's ways that
        # work on locked memory
        self.allow("mremap", self.lib.Arg(1, self.lib.NE, 0))
        self.allow("madvise", self.at_most(2, _MADV_LAST))
        for query in (_F_GETFD, _F_GETFL):  # asking only: a duplicate would escape the pinned write
            self.allow("fcntl", self.equal(1, query))

    def read(self, *fds: int) -> None:
        """read() from these descriptors, or from all that are open if none is named."""
        for call in _READS:
            for fd in fds:
                self.allow(call, self.equal(0, fd))
            if not fds:
                self.allow(call)

    def write(self, fds: Mapping[int, int | None]) -> None:
        """write() to these descriptors, each at most so many bytes at a time."""
        for fd, longest in fds.items():
            limit = () if longest is None else (self.at_most(2, longest),)
            self.allow("write", self.equal(0, fd), *limit)

    def sound(self, sound: Sound) -> None:
        for fd in sound.devices:
            self.allow("ioctl", self.equal(0, fd), self.masked(1, 0xFF00, _ALSA))
        for fd in (*sound.sockets, *sound.wakers):
            self.allow("write", self.equal(0, fd))
        for fd in sound.sockets:
            for call in ("sendmsg", "sendto", "recvmsg", "recvfrom"):
                self.allow(call, self.equal(0, fd))
        if sound.sockets:
            self.allow("timerfd_settime")

    def load(self) -> None:
        """Put the filter on every thread of the process, for good."""
        self.filter.set_attr(self.lib.Attr.CTL_TSYNC, 1)
        self.filter.load()


def prepare() -> None:
    """Load libseccomp while files may still be opened; the seals need it later. Raises NoSeal."""
    _library()


def number_of(call: str) -> int:
    """The number of a system call on this machine; negative if it has none of that name."""
    lib = _library()
    return int(lib.resolve_syscall(lib.Arch.NATIVE, call))


def descriptors() -> dict[int, str]:
    """Every open descriptor of this process and what it is, in the kernel's words."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[int(entry.name)] = str(entry.readlink())
        except FileNotFoundError:  # the descriptor that listed the folder
            continue
    return found


def opened_since(before: Iterable[int]) -> Sound:
    """What opening the microphone has opened: call `descriptors` before and this after."""
    known = set(before)
    new = {fd: what for fd, what in descriptors().items() if fd not in known}
    return Sound(
        devices=tuple(fd for fd, what in new.items() if what.startswith("/dev/snd/pcm")),
        sockets=tuple(fd for fd, what in new.items() if what.startswith("socket:")),
        wakers=tuple(fd for fd, what in new.items() if what.startswith(("pipe:", "anon_inode:"))),
    )


def seal_ears(write_fds: Mapping[int, int | None], sound: Sound | None = None) -> None:
    """Seal ears: no open, exec, socket, fork or thread; write() only as `write_fds` says.

    write_fds: descriptor -> longest message in bytes (None: any), e.g. {letters: LETTER_BYTES,
    pulse: PULSE_BYTES, frames: FRAME_BYTES + 1, lamp: 1}. Raises NoSeal.
    """
    rules = _Rules(_library())
    rules.calm()
    rules.read()
    rules.write(write_fds)
    rules.sound(sound or Sound())
    rules.allow("tgkill", rules.equal(0, os.getpid()))
    rules.allow("wait4")  # the recognizer's parent is reaped when it dies; ears then exit
    _load(rules)


def seal_parent(write_fds: Mapping[int, int | None]) -> None:
    """Seal the recognizer's parent: it may fork, kill and reap its children, and nothing else.

    Its children lock their memory (a lock isn't inherited) and put on a harder seal. A child keeps
    this filter below its own, so `write_fds` must name the descriptors that children answer on.
    Raises NoSeal.
    """
    rules = _Rules(_library())
    rules.calm()
    rules.read()
    rules.write(write_fds)
    rules.allow("clone", rules.equal(0, _FORK_FLAGS))
    rules.allow("wait4")
    rules.allow("kill", rules.equal(1, _SIGKILL))
    # for the child: its end with the parent's, its lock, and its own harder seal
    rules.allow("mlockall")
    rules.allow("prlimit64", rules.equal(0, 0), rules.equal(1, _RLIMIT_MEMLOCK))
    rules.allow("prlimit64", rules.equal(0, 0), rules.equal(2, 0))  # asking only
    for option in (_PR_GET_DUMPABLE, _PR_SET_NNP, _PR_GET_NNP):
        rules.allow("prctl", rules.equal(0, option))
    rules.allow("prctl", rules.equal(0, PR_SET_PDEATHSIG), rules.equal(1, _SIGKILL))
    rules.allow("seccomp")
    _load(rules)


def seal_pulse(read_fds: Iterable[int], notify_fd: int) -> None:
    """Seal the pulse: two pipes in, fixed messages to the service manager out. Raises NoSeal."""
    rules = _Rules(_library())
    rules.calm()
    rules.read(*read_fds)
    rules.write({notify_fd: NOTIFY_BYTES})
    _load(rules)


def seal_child(read_fd: int, write_fd: int) -> None:
    """Seal a one-command child, hardest: frames in, states and one result out, exit.

    Raises NoSeal.
    """
    rules = _Rules(_library())
    rules.calm()
    rules.read(read_fd)
    rules.write({write_fd: RESULT_BYTES})
    _load(rules)


def _load(rules: _Rules) -> None:
    try:
        rules.load()
    except OSError as error:
        raise NoSeal(why=str(error)) from error


def _library() -> Any:
    """pyseccomp, with its library named: it would run ldconfig to find it, and ears run nothing."""
    find = ctypes.util.find_library
    lookup: Any = {"seccomp": "libseccomp.so.2"}.get
    ctypes.util.find_library = lookup
    try:
        return importlib.import_module("pyseccomp")
    except (ImportError, OSError, RuntimeError) as error:
        raise NoSeal(why=f"libseccomp can't be loaded: {error}") from error
    finally:
        ctypes.util.find_library = find
