"""The commands that README and docs tell a person to type, taken out of them and parsed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from device.cli.app import app

PLACEHOLDERS = {"TEXT": "text", "NAME": "alexa", "FILE": "file", "KIND": "ledger", "TOPIC": "home"}
"""What stands in the docs for something of the reader's own."""
WRAPPERS = ("sudo ", ".venv/bin/", "/opt/keepmum/venv/bin/")


def commands_in(page: Path) -> Iterator[list[str]]:
    """The words after each `keepmum` on a page, in code blocks and in the text."""
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"^```(?:sh|console)?\n(.*?)^```", text, re.M | re.S))
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    for line in [*re.split(r"\n|&&", blocks), *inline]:
        command = line.strip().removeprefix("$ ")
        for wrapper in WRAPPERS:
            command = command.removeprefix(wrapper)
        if command == "keepmum" or command.startswith("keepmum "):
            words = shlex.split(_filled(command), comments=True)
            yield words[1:]


def _filled(command: str) -> str:
    """Without what a person leaves away or fills in."""
    command = re.sub(r"\[[^\]]*\]|…|\{[^}]*\}", " ", command)
    return re.sub(r"\b[A-Z]{4,}\b", lambda m: PLACEHOLDERS.get(m[0], "x"), command)


def fault(words: list[str]) -> str:
    """Why the command line does not know these words; empty if it does. Nothing is run."""
    group: Any = typer.main.get_command(app)
    name = "keepmum"
    rest = [word for word in words if word not in ("--help", "--version")]
    while rest and hasattr(group, "commands"):
        if rest[0] not in group.commands:
            return f"{name} has no command {rest[0]}"
        name, group, rest = f"{name} {rest[0]}", group.commands[rest[0]], rest[1:]
    if hasattr(group, "commands"):
        return ""  # a group by itself shows its help
    options = {option for parameter in group.params for option in parameter.opts}
    options |= {option for parameter in group.params for option in parameter.secondary_opts}
    unknown = [word for word in rest if word.startswith("-") and word.split("=")[0] not in options]
    return f"{name} has no option {unknown[0]}" if unknown else ""
