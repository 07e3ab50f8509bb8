"""A crowd at the panel's door: strangers, and hands that hold every place that they can get."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.installed.commands import STRANGER
from tests.seal.machine import ENTER, Machine

CROWD = """
import socket, sys
kept, n = [], 0
for path in ("/run/keepmum/panel.sock", "/run/keepmum/lamp.sock", "/run/keepmum/ask.sock"):
    for i in range(int(sys.argv[1])):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(1)
        try:
            s.connect(path)
            n += 1
            s.send(bytes([i % 256]) * (1 + i % 70))
        except OSError:
            n += 1  # turned away at the door counts as well
        kept.append(s)
        kept = kept[-100:]
print(n)
"""
HOLD = """
import socket, sys, time
kept = []
for path in ("/run/keepmum/panel.sock", "/run/keepmum/lamp.sock"):
    for _ in range(64):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.settimeout(1)
        try:
            s.connect(path)
        except OSError:
            continue
        kept.append(s)
print(len(kept), flush=True)
time.sleep(600)
"""


def comes(machine: Machine, each: int) -> int:
    """So many strangers at each door; how many came."""
    return int(machine.run("/usr/bin/python3", "-c", CROWD, str(each), user=STRANGER).stdout)


@contextmanager
def hands_hold_places(machine: Machine) -> Iterator[int]:
    """A process of the hands' user that holds what it can get; how many places that is."""
    holding = [*ENTER, "-t", str(machine.pid), "setpriv", "--reuid=keepmum-hands"]
    holding += ["--regid=keepmum-hands", "--init-groups", "/usr/bin/python3", "-c", HOLD]
    with subprocess.Popen(holding, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        try:
            yield int(held.stdout.readline())
        finally:
            for child in Path(f"/proc/{held.pid}/task/{held.pid}/children").read_text().split():
                os.kill(int(child), 9)
            held.kill()
