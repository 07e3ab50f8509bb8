"""The tables of README and docs, made from the code: `make docs` writes them, a test compares."""

from __future__ import annotations

import dataclasses
import inspect
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from device import config, errors
from device.config.schema import REQUIRED, fields_of, limits

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "device" / "docs").glob("*.md")))
"""All that a stranger reads."""
BENCHMARKS_HEAD = ("| benchmark | figure | measured | |", "|---|---|---|---|")


def settings() -> str:
    """Every setting with default, limits and meaning."""
    rows = ["| setting | default | may be | meaning |", "|---|---|---|---|"]
    rows += [
        f"| `{path}` | {_default(default)} | {may_be} | {text} |"
        for path, default, may_be, text in _settings(config.Config, "")
    ]
    return "\n".join(rows)


def _settings(kind: type[Any], where: str) -> Iterator[tuple[str, Any, str, str]]:
    for name, hint, default, meaning in fields_of(kind):
        path = f"{where}{name}"
        if dataclasses.is_dataclass(hint):
            yield from _settings(hint, f"{path}.")  # type: ignore[arg-type]
            continue
        entries = [a for a in get_args(hint) if dataclasses.is_dataclass(a)]
        if entries:
            yield f"[[{path}]]", (), "", meaning.text
            yield from _settings(entries[0], f"[[{path}]] ")  # type: ignore[arg-type]
            continue
        yield path, default, limits(meaning), meaning.text


def _default(value: Any) -> str:
    if value is REQUIRED:
        return "*must be given*"
    if value in ((), "", None):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{list(value) if isinstance(value, tuple) else value}`"


def errors_table() -> str:
    """Every error with its exit code, message and mend."""
    found = [
        c
        for _, c in inspect.getmembers(errors, inspect.isclass)
        if issubclass(c, errors.KeepmumError) and c is not errors.KeepmumError
    ]
    rows = ["| exit code | what it says | the mend |", "|---|---|---|"]
    rows += [
        f"| {c.exit_code} | {_line(c.__doc__ or '')} | {_line(c.mend)} |"
        for c in sorted(found, key=lambda c: c.exit_code)
    ]
    return "\n".join(rows)


def _line(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split()).replace("|", "\\|")


def commands() -> str:
    """Every command with its first line of help."""
    from device.cli.app import app

    rows = ["| command | what it does |", "|---|---|"]
    for command in app.registered_commands:
        about = _line((command.callback.__doc__ if command.callback else "") or "").split(". ")[0]
        rows.append(f"| `keepmum {command.name}` | {about.rstrip('.')} |")
    for group in app.registered_groups:
        about = str(group.typer_instance.info.help if group.typer_instance else "")
        rows.append(f"| `keepmum {group.name} …` | {about.rstrip('.')} |")
    return "\n".join(rows)


def models() -> str:
    """Whose every model is, and under which licence; files of one model in one row."""
    with (ROOT / "models" / "manifest.toml").open("rb") as file:
        tables = tomllib.load(file)["model"]
    found: dict[tuple[str, str, str], list[str]] = {}
    for entry in tables:
        names = found.setdefault((entry["group"], entry["licence"], entry["origin"]), [])
        if entry["name"] not in names:
            names.append(entry["name"])
    rows = ["| models | licence | origin | group |", "|---|---|---|---|"]
    for (group, licence, origin), names in found.items():
        shown = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| {shown} | {licence} | {origin} | {group} |")
    return "\n".join(rows)


def benchmarks(old: str, folder: Path) -> str:
    """The table `old`, with the figures of every benchmark whose result lies in `folder`.

    A benchmark that has no result there keeps its rows and its stamp: one machine need not run
    them all, and the stamp says when each was run.
    """
    rows, stamps = _told(old)
    for path in folder.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        stamps[path.stem] = f"{record['date'][:10]}, {record['commit']}, {record['machine']}"
        notes = record.get("notes", {})
        rows[path.stem] = [
            f"| {path.stem} | `{figure}` | {value:.4g} | {notes.get(figure, '')} |"
            for figure, value in record["figures"].items()
        ]
    table = [row for _, found in sorted(rows.items()) for row in found]
    listed = [f"- {name}: {stamp}" for name, stamp in sorted(stamps.items())]
    return "\n".join([*BENCHMARKS_HEAD, *table, "", *listed])


def _told(table: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Rows and stamp of every benchmark that a table made by `benchmarks` tells of."""
    rows: dict[str, list[str]] = {}
    stamps: dict[str, str] = {}
    for line in table.splitlines():
        if line.startswith("- "):
            name, _, stamp = line.removeprefix("- ").partition(": ")
            stamps[name] = stamp
        elif line.startswith("| ") and line not in BENCHMARKS_HEAD:
            rows.setdefault(line.split(" | ")[0].removeprefix("| "), []).append(line)
    return rows, stamps


TABLES = {
    "settings": settings,
    "errors": errors_table,
    "commands": commands,
    "models": models,
}
"""Compared with the code by a test; the benchmarks' table is only written."""


def page_of(name: str) -> Path:
    """The page that holds a table's marks."""
    for page in PAGES:
        if f"<!-- {name} -->" in page.read_text(encoding="utf-8"):
            return page
    raise ValueError(f"no page has a place for the table of {name}")


def between(text: str, name: str) -> str:
    """The part of a page between a table's marks."""
    _, _, rest = text.partition(f"<!-- {name} -->\n")
    inside, mark, _ = rest.partition(f"\n<!-- /{name} -->")
    if not mark:
        raise ValueError(f"the page has no end for the table of {name}")
    return inside


def told(name: str) -> str:
    """A table as its page has it."""
    return between(page_of(name).read_text(encoding="utf-8"), name)


def write() -> None:
    """Put the tables into their pages."""
    made = {name: table() for name, table in TABLES.items()}
    made["benchmarks"] = benchmarks(told("benchmarks"), ROOT / "build" / "bench")
    for name, table in made.items():
        page = page_of(name)
        text = page.read_text(encoding="utf-8")
        new = text.replace(
            f"<!-- {name} -->\n{between(text, name)}\n<!-- /{name} -->",
            f"<!-- {name} -->\n{table}\n<!-- /{name} -->",
        )
        page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    write()
