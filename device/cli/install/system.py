"""The machine that is installed on: its places, its programs, and a file in one step."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

HOME = Path("/opt/keepmum")
SHELF = HOME / "models"
"""Models that the owner fetched; an upgrade never touches them."""
SETTINGS = Path("/etc/keepmum")
UNITS = Path("/etc/systemd/system")
SYSUSERS = Path("/etc/sysusers.d/keepmum.conf")
TMPFILES = Path("/etc/tmpfiles.d/keepmum.conf")
COMMAND = Path("/usr/local/bin/keepmum")
STATE = tuple(Path(f"/var/lib/keepmum{each}") for each in ("", "-panel", "-commands"))
GROUP = "keepmum"
CHECKOUT = Path(__file__).resolve().parents[3]
PYTHON = "/usr/bin/python3"
NEWS_S = 15.0
"""A long step says this often, where no terminal shows its last line, that it goes on."""


class Failed(Exception):
    """A step did not succeed: what it was and why."""


def say(text: str) -> None:
    """One line about what is being done."""
    print(f"  {text}", flush=True)


def run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program; raises Failed with the end of what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not there") from error
    if check and done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-6:]
        raise Failed(_ended(command, done.returncode, said))
    return done


def run_shown(*command: str) -> None:
    """Run a program that takes long and show what it is at; raises Failed as `run` does."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not there") from error
    last: deque[str] = deque(maxlen=6)
    over = threading.Event()
    threading.Thread(target=_tell, args=(last, over), daemon=True).start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            _show(line.strip(), last)
        process.wait()
    finally:
        over.set()
        _clear()
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode:
        raise Failed(_ended(command, process.returncode, last))


def _show(line: str, last: deque[str]) -> None:
    """What a program says, in one line of the terminal that the next one takes the place of."""
    if line:
        last.append(line)
        if sys.stdout.isatty():
            print(f"\r\033[K  {line[:70]}", end="", flush=True)


def _clear() -> None:
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def _tell(last: deque[str], over: threading.Event) -> None:
    """Where no terminal shows every line: say now and then that it goes on."""
    began = time.monotonic()
    while not sys.stdout.isatty() and not over.wait(NEWS_S):
        at = last[-1][:70] if last else ""
        say(f"{time.monotonic() - began:.0f} s: {at}")


def _ended(command: Iterable[str], code: int, said: Iterable[str]) -> str:
    return f"{' '.join(command)} ended with {code}: " + " | ".join(said)


def write(file: Path, text: str) -> None:
    """A file for all to read, in one step: the old one or the new one, whenever power goes."""
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8") as out:
        out.write(text)
        os.fchmod(out.fileno(), 0o644)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
