"""Settings with faults: what is well in them, so that a broken file costs itself and no more.

The services start on what `salvage` gives; every command of `keepmum` that a person types is told
all faults instead (`config.load`). A section that can't be read has its defaults, and in it every
switch that would open something stands the other way; of a list of tables (devices, own commands)
only the faulty ones are left out.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import re
import tomllib
from pathlib import Path
from typing import Any

from device import config as whole
from device.config import Config
from device.config.schema import Fault, fields_of, holds_tables, read
from device.errors import BrokenConfig, NoConfig, UnreadableConfig

MOST_PARTS = 4000
"""Tables of a file; one that has more is not taken apart."""
log = logging.getLogger("keepmum")
_HEADER = re.compile(r"^\s*\[", re.MULTILINE)


def load(path: Path | None = None) -> tuple[Config, bool]:
    """The settings as far as they can be read, and whether anything had to be left out.

    Raises NoConfig for a file that was named and isn't there.
    """
    try:
        return whole.load(path), False
    except NoConfig:
        raise
    except (BrokenConfig, UnreadableConfig) as error:
        log.error("%s %s", error, error.remedy)
    file = path or whole.DEFAULT_PATH
    config, found = salvage(text_of(file)), salvage(text_of(whole.learned_file(file)))
    return whole.with_learned(config, found.home), True


def text_of(path: Path) -> str:
    """What can be read of a file: one that is not UTF-8 is Latin-1, as old editors write it."""
    try:
        with path.open("rb") as file:
            content = file.read(whole.MAX_BYTES)
    except OSError:
        return ""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def salvage(text: str) -> Config:
    """What is well in a TOML text of settings. Never raises for what it finds in it."""
    table, lost = _tables(text)
    config, faults = read(Config, table)
    for _ in range(len(fields_of(Config)) + 2):
        config = _narrowed(config, {_section(f) for f in faults} | lost)
        faults = whole.check(config)
        if not faults:
            return config
        config, lost = _without(config, faults), set()
    return _narrowed(Config(), {name for name, _, _, _ in fields_of(Config)})


def _tables(text: str) -> tuple[dict[str, Any], set[str]]:
    """The tables of a text of which each can be read alone, and the names of those that can't."""
    try:
        return tomllib.loads(text), set()
    except (ValueError, RecursionError):
        pass
    cuts = [0, *(m.start() for m in _HEADER.finditer(text)), len(text)]
    parts = [text[a:b] for a, b in itertools.pairwise(cuts)]
    everything = {name for name, _, _, _ in fields_of(Config)}
    if len(parts) > MOST_PARTS:
        return {}, everything
    kept: dict[str, Any] = {}
    lost: set[str] = set()
    for part in parts:
        try:
            _merge(kept, tomllib.loads(part))
        except (ValueError, RecursionError):
            named = re.match(r"\s*\[+\s*([A-Za-z_]+)", part)
            lost |= {named[1]} if named else everything if part.strip() else set()
    return kept, lost


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Tables of the same name are one, and lists of tables go on; raises ValueError for others."""
    for key, value in more.items():
        there = into.setdefault(key, value)
        if there is value:
            continue
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value)
        elif isinstance(there, list) and isinstance(value, list):
            there += value
        else:
            raise ValueError(f"{key} is there twice")


def _section(fault: Fault) -> str:
    return re.split(r"[.\[]", fault.where)[0]


def _narrowed(config: Config, sections: set[str]) -> Config:
    """Sections in which something can't be read open nothing that they could leave closed."""
    for name, hint, _, _ in fields_of(Config):
        if name in sections and dataclasses.is_dataclass(hint):
            part = getattr(config, name)
            closed = {
                field: meaning.wider < 0
                for field, kind, _, meaning in fields_of(type(part))
                if kind is bool and meaning.wider
            }
            config = _with(config, **{name: _with(part, **closed)})
    return config


def _without(config: Config, faults: list[Fault]) -> Config:
    """The settings less what does not fit together: entries of lists, else single values."""
    gone: dict[tuple[str, ...], set[int]] = {}
    for fault in faults:
        found = re.match(r"([a-z_]+)(?:\.([a-z_]+))?(?:\[(\d+)\])?", fault.where)
        assert found is not None
        names = tuple(name for name in found.groups()[:2] if name)
        gone.setdefault(names, set()).update({int(found[3])} if found[3] else set())
    for names, places in gone.items():
        section = names[0]
        if len(names) == 1:
            config = _with(config, **{section: _less(getattr(config, section), places)})
            continue
        part = getattr(config, section)
        if places:
            kept = _less(getattr(part, names[1]), places)
            config = _with(config, **{section: _with(part, **{names[1]: kept})})
        else:
            lists = {n: getattr(part, n) for n, h, _, _ in fields_of(type(part)) if holds_tables(h)}
            lists.pop(names[1], None)
            config = _with(config, **{section: _with(type(part)(), **lists)})
            config = _narrowed(config, {section})
    return config


def _less(entries: tuple[Any, ...], places: set[int]) -> tuple[Any, ...]:
    return tuple(e for i, e in enumerate(entries, 1) if i not in places)


def _with(part: Any, **changed: Any) -> Any:
    return dataclasses.replace(part, **changed)
