"""Timers outlive the disk that they were on."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from device.hands.state import get, open_state, put


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_on_a_read_only_disk_the_state_goes_on_in_memory(tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path], check=True)
    try:
        with closing(open_state(tmp_path)) as state:
            put(state, "volume", 35)
        subprocess.run(["mount", "-o", "remount,ro", tmp_path], check=True)
        with closing(open_state(tmp_path)) as state:
            assert get(state, "volume", 0) == 35
            put(state, "volume", 40)
            assert get(state, "volume", 0) == 40
        with closing(open_state(tmp_path)) as state:
            assert get(state, "volume", 0) == 35
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)
