"""What harden, lock and wiping do, asked of the kernel or seen in the memory itself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from device.seal import memory


def run(code: str, environ: dict[str, str] | None = None) -> str:
    """The output of a small Python program in a process of its own."""
    program = [sys.executable, "-c", code]
    done = subprocess.run(
        program, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_hardened_process_is_not_dumpable_has_no_core_and_no_new_privileges() -> None:
    before, after = run(
        "from device.seal import memory as m; a=m.is_hardened(); m.harden(); "
        "print(a, m.is_hardened())"
    ).split()
    assert (before, after) == ("False", "True")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_process_of_the_same_user_cannot_read_a_hardened_one() -> None:
    code = """
import os, sys
from device.seal import memory
r, w = os.pipe(); done_r, done_w = os.pipe()
os.setuid(65534)
target = os.fork()
if not target:
    {harden}
    os.write(w, b'1'); os.read(done_r, 1); os._exit(0)
os.read(r, 1)
try:
    os.close(os.open(f'/proc/{{target}}/mem', os.O_RDONLY)); print('read')
except PermissionError:
    print('refused')
os.write(done_w, b'1'); os.waitpid(target, 0)
"""
    assert run(code.format(harden="memory._prctl(4, 1)")) == "read"
    assert run(code.format(harden="memory.harden()")) == "refused"


def test_locked_memory_is_counted_by_the_kernel() -> None:
    code = (
        "from device.seal import memory as m; l=m.lock(); b=bytearray(8<<20); "
        "print(l.held, m.locked_bytes() > 8<<20, l.why)"
    )
    held, counted, *why = run(code).split()
    assert (held, counted) == ("True", "True") or "limit" in why


def test_freed_memory_is_wiped_in_the_wiping_environment_and_the_check_sees_the_difference() -> (
    None
):
    code = "from device.seal import memory as m; print(m.freed_memory_is_wiped())"
    plain = {k: v for k, v in os.environ.items() if k not in memory.wiping_environment({})}
    assert run(code, plain) == "False"
    assert run(code, memory.wiping_environment(plain)) == "True"


def test_a_command_started_by_hand_starts_itself_anew_with_wiping() -> None:
    code = (
        "from device.seal import memory as m; m.exec_with_wiping(); "
        "print(m.freed_memory_is_wiped())"
    )
    plain = {k: v for k, v in os.environ.items() if k not in memory.wiping_environment({})}
    assert run(code, plain) == "True"


def test_large_blocks_are_wiped_without_a_new_start() -> None:
    code = (
        "from device.seal import memory as m; m.wipe_from_now_on(); "
        "print(m._freed_block_is_wiped(5000))"
    )
    plain = {k: v for k, v in os.environ.items() if k not in memory.wiping_environment({})}
    assert run(code, plain) == "True"
