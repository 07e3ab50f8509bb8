"""sudo make install, sudo make uninstall [PURGE=1]: `python3 -m device.cli.install WHAT`."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LOCK = Path("/run/keepmum-install.lock")
FAILED = 64
OLDEST_PYTHON = (3, 11)


def unfit() -> str:
    """Why this machine can't have keepmum; empty if it can. Before anything that it can't load."""
    if sys.maxsize < 2**32:
        return (
            f"this system is a 32-bit one ({os.uname().machine})\n"
            "  Use the 64-bit Raspberry Pi OS (a Pi 3 or newer runs it): the libraries of the "
            "wake word and of speech exist for 64-bit systems only."
        )
    python = tuple(sys.version_info)
    if python < OLDEST_PYTHON:
        return (
            f"this system has Python {python[0]}.{python[1]}\n"
            "  keepmum needs 3.11 or newer: Debian 12, Raspberry Pi OS of 2023, or newer."
        )
    return ""


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other installation is going on, for as long as the block lasts."""
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def install(only: str | None) -> int:
    """Every step that is left to do, or one alone."""
    from device.cli.install import steps

    for what, step in steps.STEPS:
        if only in (None, step.__name__):
            print(what, flush=True)
            step()
    if only is None:
        steps.doctor()
    return 0


def uninstall(*, purge: bool) -> int:
    """Take everything away, and say what stays."""
    from device.cli.install.removing import uninstall as take_away

    stays = list(take_away(purge=purge))
    print("keepmum is gone. What stays: " + "; ".join(stays) + ".")
    return 0


def main(arguments: Sequence[str]) -> int:
    """install [--only STEP], or uninstall [--purge]."""
    parser = argparse.ArgumentParser(prog="install")
    parser.add_argument("what", choices=("install", "uninstall"))
    parser.add_argument("--purge", action="store_true", help="uninstall: the state as well")
    parser.add_argument("--only", metavar="STEP", help="one step alone")
    options = parser.parse_args(arguments)
    if why := unfit():
        return _say(why, FAILED)
    if os.geteuid() != 0:
        return _say("this needs root\n  Run it with sudo.", 63)
    from device.cli.install.system import Failed

    try:
        with alone() as mine:
            if not mine:
                return _say("another installation is going on\n  Wait for it to end.", FAILED)
            if options.what == "uninstall":
                return uninstall(purge=options.purge)
            return install(options.only)
    except Failed as error:
        return _say(f"{error}\n  Mend that and run it again; what ran goes on running.", FAILED)
    except OSError as error:
        return _say(f"{error}\n  Mend that and run it again; what ran goes on running.", FAILED)
    except KeyboardInterrupt:
        return _say("stopped\n  What ran goes on running; run it again to finish.", 130)


def _say(text: str, code: int) -> int:
    print(f"keepmum: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
