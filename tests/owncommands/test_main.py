"""keepmum commands: the process itself, asked over its socket."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

from device.mind.types import FIRST_USER_INTENT
from device.owncommands import client
from device.owncommands.client import Status


def test_the_process_answers_and_ends_on_sigterm(tmp_path: Path) -> None:
    path = tmp_path / "commands.sock"
    file = tmp_path / "keepmum.toml"
    file.write_text(
        f'[service]\ncommands_socket = "{path}"\nnames = "{tmp_path}/none"\n'
        '[[command]]\nname = "hi"\nsentences = ["say hi"]\nrun = ["/bin/echo", "hi"]\n'
    )

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        process = subprocess.Popen(
            [sys.executable, "-m", "device", "commands", "--config", str(file)],
            env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
        )
        try:
            assert b"READY=1" in manager.recv(100)
            answer = asyncio.run(client.ask(str(path), FIRST_USER_INTENT, 5.0))
            assert answer == (Status.DONE, b"hi\n")
        finally:
            process.terminate()
        assert process.wait(10) == 0
