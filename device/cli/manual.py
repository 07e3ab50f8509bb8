"""Manual pages, made from what the command line and the settings say of themselves.

keepmum.1 has every command with its options, keepmum.toml.5 every setting with its default and
limits. The language is man(7)'s.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from device import config
from device.config.schema import REQUIRED, fields_of, limits

HEAD = '.TH {name} {section} "" "keepmum" "keepmum"\n.SH NAME\n{name} \\- {about}\n'


def write(folder: Path, group: Any) -> list[Path]:
    """Write both pages into `folder`, made if it isn't there, and return their paths.

    `group`: the command line's root command.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {"keepmum.1": commands(group), "keepmum.toml.5": settings()}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def commands(group: Any) -> str:
    """keepmum(1): every command with its options."""
    lines = [
        HEAD.format(name="keepmum", section=1, about=_roff("a voice speaker that keeps mum")),
        ".SH SYNOPSIS\n.B keepmum\n.I COMMAND\n[\\fIOPTION\\fR ...]",
        ".SH COMMANDS",
        *_of(group, "keepmum"),
        ".SH SEE ALSO\n.BR keepmum.toml (5),\n.B keepmum help",
    ]
    return "\n".join(lines) + "\n"


def _of(group: Any, name: str) -> Iterator[str]:
    for word, command in sorted(getattr(group, "commands", {}).items()):
        if hasattr(command, "commands"):
            yield from _of(command, f"{name} {word}")
            continue
        yield f".SS {_roff(f'{name} {word}')}"
        yield _roff(" ".join((command.help or "").split()))
        for parameter in command.params:
            about = _roff(str(getattr(parameter, "help", "") or ""))
            shown = ", ".join(parameter.opts) if parameter.param_type_name == "option" else ""
            yield f".TP\n\\fB{_roff(shown or str(parameter.name).upper())}\\fR\n{about or '.'}"


def settings() -> str:
    """keepmum.toml(5): every setting with its default and limits."""
    lines = [
        HEAD.format(name="keepmum.toml", section=5, about=_roff("the settings of keepmum")),
        ".SH DESCRIPTION\nOne file, \\fI/etc/keepmum/keepmum.toml\\fR; "
        "each setting left away has its default.",
        ".SH SETTINGS",
        *_settings(config.Config, ""),
        ".SH SEE ALSO\n.BR keepmum (1)",
    ]
    return "\n".join(lines) + "\n"


def _settings(kind: type[Any], where: str) -> Iterator[str]:
    for name, hint, default, meaning in fields_of(kind):
        path = f"{where}{name}"
        entries = [a for a in get_args(hint) if dataclasses.is_dataclass(a)]
        if dataclasses.is_dataclass(hint):
            yield from _settings(hint, f"{path}.")  # type: ignore[arg-type]
        elif entries:
            yield from _settings(entries[0], f"[[{path}]] ")  # type: ignore[arg-type]
        else:
            shown = "must be given" if default is REQUIRED else f"default: {default!r}"
            may_be = limits(meaning)
            about = f"{meaning.text} ({shown}{f'; {may_be}' if may_be else ''})"
            yield f".TP\n\\fB{_roff(path)}\\fR\n{_roff(about)}"


def _roff(text: str) -> str:
    """Text in which no character means anything to troff."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    # groff reads bytes: what is not ASCII is named by its number
    safe = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in safe)
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
