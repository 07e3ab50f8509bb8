"""keepmum commands: the process itself, asked over its socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from device.hands import runner
from device.hands.runner import Status
from device.mind.types import FIRST_USER_INTENT


def test_the_process_answers_and_ends_on_sigterm(tmp_path: Path) -> None:
    path = tmp_path / "commands.sock"
    file = tmp_path / "keepmum.toml"
    file.write_text(
        f'[service]\ncommands_socket = "{path}"\nnames = "{tmp_path}/none"\n'
        '[[command]]\nname = "hi"\nsentences = ["say hi"]\nrun = ["/bin/echo", "hi"]\n'
    )

    async def story() -> tuple[Status, bytes]:
        async with asyncio.timeout(20):
            while not path.exists():
                await asyncio.sleep(0.02)
        return await runner.ask(str(path), FIRST_USER_INTENT, 5.0)

    process = subprocess.Popen([sys.executable, "-m", "device", "commands", "--config", str(file)])
    try:
        assert asyncio.run(story()) == (Status.DONE, b"hi\n")
    finally:
        process.terminate()
    assert process.wait(10) == 0
