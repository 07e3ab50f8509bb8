"""Every command of the command line, tried on an installed speaker in every way it can go wrong.

The list of commands comes from the command line itself: one that is added is tried as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import typer

from device.cli.app import app
from tests.seal.machine import Machine

KEEPMUM = "/usr/local/bin/keepmum"
MEMBER, STRANGER = "member", "stranger"
BAD = "/srv/keepmum-bad"
SECONDS = 90
"""A command that goes on by itself is ended by Ctrl-C; any other has this long."""
RIGHT: dict[str, tuple[str, ...]] = {
    "say": ("what time is it",),
    "prove": ("--no-rehearse",),
    "export": ("--unencrypted",),
    "import": (f"{BAD}/nothing",),
    "forget": ("--yes",),
    "report": ("/tmp/keepmum-report.html",),
    "models fetch": ("alexa",),
    "sentences try": ("what time is it",),
}
"""What a command is given when nothing is wrong; left away: nothing."""
GO_ON = ("run", "demo", "watch", "listen", "calibrate")
DAEMONS = ("ears", "hands", "panel", "commands")
SIGNS = ("Traceback (most recent call last)", "fault of keepmum itself")
"""What nobody who uses a speaker should read."""
FILES = {
    "folder.toml": None,
    "latin.toml": '[general]\nname = "K\xfcche"\n'.encode("latin-1"),
    "broken.toml": b"[general\n",
    "unknown.toml": b"[general]\nnmae = 3\n[sound]\nvolume = 300\n",
    "kinds.toml": b"home = 3\ncommand = 1\n[wake]\nwords = 5\n",
    "away.toml": b'[home]\nbroker = "192.0.2.1"\n[media]\nmpd = "192.0.2.2"\n',
    "secrets.toml": b'[home]\nbroker = "192.0.2.1"\nsecrets = "/srv/keepmum-bad/latin.toml"\n',
    "nowhere.toml": b'[service]\nstate = "/srv/no/where"\nask = "/srv/no/ask"\n'
    b'names = "/srv/no/n"\n',
    "nomodels.toml": b'[wake]\nwords = ["hey_mycroft"]\n[models]\nfolder = "/srv/no"\n'
    b'[recognizer]\nengine = "vosk"\n',
    "french.toml": b'[general]\nlanguage = "fr"\n',
    "noise.bin": bytes(range(256)) * 8,
    "empty": b"",
}
"""Files that somebody might well hand to it; None is a folder."""


@dataclass(frozen=True)
class Case:
    """One command line, who gives it, and how things are."""

    words: tuple[str, ...]
    user: str = ""
    how: str = "right"
    stopped: bool = False
    """No service runs."""

    def __str__(self) -> str:
        return f"{self.user or 'root'}, {self.how}: keepmum {' '.join(self.words)}"


@dataclass
class Tried:
    """What became of the cases."""

    count: int = 0
    faults: list[str] = field(default_factory=list)
    """Those that ended in a traceback, a signal or never."""


def names() -> list[str]:
    """Every command of the command line, with its group's name before it."""
    root = typer.main.get_command(app)
    found: list[str] = []
    for name, command in getattr(root, "commands", {}).items():
        inside = getattr(command, "commands", None)
        found += [f"{name} {each}" for each in inside] if inside else [name]
    return found


def takes_settings(name: str) -> bool:
    """Whether the command has --config."""
    command = typer.main.get_command(app)
    for word in name.split():
        command = getattr(command, "commands", {})[word]
    return any("--config" in p.opts for p in command.params)


def cases() -> Iterator[Case]:
    """Every case, those that stop the services last."""
    for name in names():
        words = (*name.split(), *RIGHT.get(name, ()))
        for user in ("", MEMBER, STRANGER):
            yield Case(words, user)
        yield Case((*name.split(), "--help"), STRANGER, "help")
        yield Case((*words, "--frobnicate"), "", "unknown option")
        yield Case((*words, "one", "two", "three", "four"), "", "too many words")
        if takes_settings(name):
            for file in ("folder.toml", "latin.toml", "broken.toml", "kinds.toml", "gone.toml"):
                yield Case((*words, "--config", f"{BAD}/{file}"), MEMBER, "bad settings")
    yield from with_bad_files()
    for name in DAEMONS:
        yield Case((name,), STRANGER, "a daemon by hand")
        for file in ("folder.toml", "latin.toml"):
            yield Case((name, "--config", f"{BAD}/{file}"), "", "a daemon, bad settings")
    for name, user in itertools.product(names(), ("", MEMBER)):
        yield Case((*name.split(), *RIGHT.get(name, ())), user, "no service", stopped=True)
    yield Case(("panel",), "", "a daemon by hand", stopped=True)


def with_bad_files() -> Iterator[Case]:
    """Files that are not what they should be, and a network that isn't there."""
    bad = (f"{BAD}/noise.bin", f"{BAD}/empty", f"{BAD}/folder.toml", f"{BAD}/none", "/dev/null")
    for file in bad:
        yield Case(("import", file, "--yes"), "", "bad file")
        yield Case(("run", "--input", file), "", "bad file")
        yield Case(("models", "fetch", "vosk/fr", "--from", file), "", "bad file")
        yield Case(("export", "/tmp/x", "--passphrase-file", file), "", "bad file")
    for place in ("/srv/no/where/x", "/proc/x", BAD, "/etc/shadow"):
        yield Case(("report", place), MEMBER, "no such place")
        yield Case(("export", place, "--unencrypted"), MEMBER, "no such place")
        yield Case(("models", "fetch", "--folder", place), MEMBER, "no such place")
    settings = ("away", "secrets", "nowhere", "nomodels", "french", "unknown")
    for file, name in itertools.product(settings, ("doctor", "learn-names", "ledger", "config")):
        yield Case((name, "--config", f"{BAD}/{file}.toml"), "", "no network, odd settings")
    yield Case(("models", "fetch", "whisper"), "", "no network")
    yield Case(("ledger", "--since", "yesteryear"), "", "bad time")
    yield Case(("forget", "everything"), "", "bad kind")


def prepare(machine: Machine) -> None:
    """People and files to try with."""
    for user in (MEMBER, STRANGER):
        machine.run("useradd", "--create-home", user, check=False)
    machine.run("usermod", "-aG", "keepmum", MEMBER)
    for name, content in FILES.items():
        path = machine.root / BAD.lstrip("/") / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def attempt(machine: Machine, some: Iterable[Case], tried: Tried) -> None:
    """Try each case; services are stopped before the first that wants them to be."""
    stopped = False
    for case in some:
        if case.stopped and not stopped:
            machine.systemctl("stop", "keepmum-*.socket", "keepmum-*.service", "keepmum-mute.path")
            stopped = True
        tried.count += 1
        if why := _fault(machine, case):
            tried.faults.append(f"{case}: {why}")


def _fault(machine: Machine, case: Case) -> str:
    goes_on = case.words[0] in (*GO_ON, *DAEMONS)
    seconds = 6 if goes_on else SECONDS
    limit = ("timeout", "--signal=INT", "--kill-after=20", str(seconds))
    done = machine.run(*limit, KEEPMUM, *case.words, user=case.user, check=False)
    said = done.stdout + done.stderr
    for sign in SIGNS:
        if sign in said:
            return said[said.index(sign) :][-700:]
    if done.returncode == 137:
        return "it went on after Ctrl-C"
    if done.returncode == 124 and not goes_on:
        return f"not done after {seconds} s"
    if 128 < done.returncode < 160 and done.returncode != 130:
        return f"ended by signal {done.returncode - 128}"
    return ""
