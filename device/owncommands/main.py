"""keepmum commands: the process that runs the owner's own commands, and nothing else."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path

from device import names, service
from device.config import salvage
from device.owncommands import client, runner


def main(config_file: Path | None) -> int:
    """Answer on the socket that was passed in, or on one of our own; until SIGTERM."""
    config, _ = salvage.load(config_file)
    commands = client.by_number(config, names.usable(config)[0])
    passed = service.passed_by_name().get("commands")
    if passed is None:
        listener = runner.listen(Path(config.service.commands_socket))
    else:
        listener = socket.socket(fileno=passed)
    asyncio.run(_serve(runner.Runner(commands), listener))
    return 0


async def _serve(running: runner.Runner, listener: socket.socket) -> None:
    work = asyncio.ensure_future(running.serve(listener))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    service.Notifier().ready()
    await asyncio.wait([work])
