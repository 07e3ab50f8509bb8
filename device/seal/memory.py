"""What a process does about its own memory: nobody reads it, no disk sees it, freeing wipes it.

`harden` comes first in `main`, before anything that could be worth reading exists. `lock` keeps
pages out of swap. Freed memory is overwritten by glibc itself ("perturb"), if the process was
started with `wiping_environment`; `freed_memory_is_wiped` looks whether that is in force.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_libc = ctypes.CDLL(None, use_errno=True)

_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_PR_SET_NAME = 15
_PR_SET_NO_NEW_PRIVS = 38
_PR_GET_NO_NEW_PRIVS = 39
_MCL_CURRENT = 1
_MCL_FUTURE = 2
_MCL_ONFAULT = 4
_M_PERTURB = -6
_PERTURB = 170

_WIPING: Final[Mapping[str, str]] = {
    # freed blocks are overwritten by glibc; its per-thread cache would keep small ones as they are
    "GLIBC_TUNABLES": f"glibc.malloc.perturb={_PERTURB}:glibc.malloc.tcache_count=0",
    # Python's own allocator wipes nothing: every object comes from glibc instead
    "PYTHONMALLOC": "malloc",
    # onnxruntime >= 1.29 sends telemetry unless told not to before it is imported
    "ORT_DISABLE_TELEMETRY": "1",
    # a sealed process starts no thread, and a pool of a library's own would hold copies
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Locked:
    """What `lock` achieved: pages stay in RAM if `held`; otherwise `why` says what refused."""

    held: bool
    why: str = ""


def harden() -> None:
    """Nobody reads this process, it leaves no core and gains no privilege. Raises OSError.

    Not dumpable: without this, any process of the same user may read the memory, the sound in it
    included. Inherited by forked children; lost by exec.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def rename(name: str) -> None:
    """What the process is called in lists of processes: at most 15 characters."""
    _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()), 0, 0, 0)


def is_hardened() -> bool:
    """Whether what `harden` does is in force, asked of the kernel."""
    core = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    readable = _libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)
    return core and readable == 0 and _libc.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1


def lock() -> Locked:
    """Keep every page, now and later, out of swap. Not inherited by fork: a child locks anew.

    Pages are locked as they are first touched, so that untouched reservations cost nothing.
    """
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    if _libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0:
        return Locked(held=True)
    error = os.strerror(ctypes.get_errno())
    limit = "unlimited" if hard == resource.RLIM_INFINITY else f"{hard // 1024} KiB"
    return Locked(held=False, why=f"mlockall: {error} (limit {limit})")


def locked_bytes(pid: int | str = "self") -> int:
    """VmLck of a process in bytes, as the kernel counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmLck:"):
            return int(line.split()[1]) * 1024
    return 0


def wiping_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with the settings that make a new process wipe what it frees."""
    return {**environ, **_WIPING}


def exec_with_wiping() -> None:
    """Start this very command anew with `wiping_environment`, unless it already runs so.

    glibc reads its tunables and Python its allocator once, at exec: a process can't change them
    for itself. Under systemd the unit sets them and this does nothing.
    """
    if all(os.environ.get(name) == value for name, value in _WIPING.items()):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, sys.orig_argv, wiping_environment(os.environ))  # noqa: S606 (itself)


def wipe_from_now_on() -> None:
    """Make glibc wipe freed blocks of this running process, but for its small-block cache."""
    _libc.mallopt(_M_PERTURB, _PERTURB)


def freed_memory_is_wiped() -> bool:
    """Free marked blocks of C and of Python and look: nothing of the mark may still be there."""
    blocks = all(_freed_block_is_wiped(size) for size in (48, 500, 1000, 5000))
    return blocks and _freed_object_is_wiped()


_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = (ctypes.c_size_t,)
_libc.free.argtypes = (ctypes.c_void_p,)
_libc.free.restype = None
_MARK = 0x5B
_LINKS = 32
"""The allocator's own list pointers stand in the first bytes of a free block."""


def _freed_block_is_wiped(size: int) -> bool:
    length = size - _LINKS
    seen = (ctypes.c_ubyte * length)()
    block = _libc.malloc(size)
    guard = _libc.malloc(size)  # so that the block is not merged into the untouched top
    ctypes.memset(block, _MARK, size)
    _libc.free(block)
    ctypes.memmove(seen, block + _LINKS, length)
    _libc.free(guard)
    return bytes(seen).count(_MARK) <= length // 4


def _freed_object_is_wiped() -> bool:
    """Small objects are what sound becomes in careless code: look at one after its end."""
    seen = (ctypes.c_ubyte * 128)()
    mark = bytes([_MARK]) * 300
    start = id(mark) + 100
    del mark
    ctypes.memmove(seen, start, 128)
    return bytes(seen).count(_MARK) <= 32


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}, {value}): {os.strerror(code)}")
