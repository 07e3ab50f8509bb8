"""keepmum ears, hands, panel, commands: what the units start; each sees only its own options."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from device.errors import NoLetterSocket

PANEL_S = 2.0
"""A panel whose sockets are just being made is waited for; without one there is no lamp."""


def run_daemon(name: str, arguments: list[str]) -> int:
    """Run one daemon until its end; raises KeepmumError."""
    return {"ears": _ears, "hands": _hands, "panel": _panel, "commands": _own}[name](arguments)


def _parser(name: str, about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"keepmum {name}", description=about)
    parser.add_argument("--config", type=Path, help="settings file")
    return parser


def _ears(arguments: list[str]) -> int:
    parser = _parser("ears", "Hear; the letter socket is passed in by the service manager.")
    parser.add_argument("--input", default="", help="a WAV file or a FIFO instead of a microphone")
    parser.add_argument("--unsealed", action="store_true", help="without the seal (benchmarks)")
    options = parser.parse_args(arguments)

    from device.seal import memory

    memory.exec_with_wiping()
    from device import names, service
    from device.config import salvage

    passed = service.passed_by_name()
    letters = passed.get("letters", next(iter(service.passed_sockets()), -1))
    if letters < 0:
        raise NoLetterSocket
    from device.ears.start import Given, live
    from device.panel import protocol

    settings, _ = salvage.load(options.config)

    def panel() -> int:
        path = settings.panel.lamp_socket
        line = protocol.await_panel(path, PANEL_S) if path else None
        return line.detach() if line else -1

    given = Given(
        letters=letters,
        panel=panel,
        source=options.input,
        sealed=not options.unsealed,
    )
    table, _ = names.usable(settings)
    live(settings, table, given)
    return 0


def _hands(arguments: list[str]) -> int:
    options = _parser("hands", "Act on letters; connects to the letter socket.").parse_args(
        arguments
    )
    from device import names
    from device.config import salvage
    from device.events import Kept
    from device.hands.start import run_hands
    from device.panel.protocol import LampLine

    settings, faulty = salvage.load(options.config)
    table, broken = names.usable(settings)
    found = {Kept.SETTINGS: faulty, Kept.NAMES: broken}
    path = settings.panel.lamp_socket
    lamp = LampLine(path) if path else None  # `keepmum run` has no panel
    run_hands(
        settings, table, options.config, lamp, tuple(k for k, is_so in found.items() if is_so)
    )
    return 0


def _panel(arguments: list[str]) -> int:
    options = _parser("panel", "Button, lamp and mute flag.").parse_args(arguments)
    from device.config import salvage
    from device.panel.start import main

    main(salvage.load(options.config)[0])
    return 0


def _own(arguments: list[str]) -> int:
    options = _parser("commands", "Run the owner's own commands.").parse_args(arguments)
    from device.owncommands.main import main

    return main(options.config)


if __name__ == "__main__":
    sys.exit(run_daemon(sys.argv[1], sys.argv[2:]))
