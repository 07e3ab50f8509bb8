"""Bringing an export back: whose it is, what it would open wider, and putting it in place.

Run by root with the units stopped. Nothing is written before all of it was read and checked.
Settings come as a whole file; whatever in it isn't narrower is listed first, to be agreed to.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from device import config as settings
from device.config import Config
from device.config.schema import fields_of
from device.data import inventory, ledger, tables
from device.data.archive import Archive, Entry
from device.data.export import Places
from device.data.inventory import Part
from device.errors import OtherHousehold, WrongArchive
from device.language import sentencefile
from device.names import NameTable

APART = frozenset({"wake.words", "wake.word", "models.folder", "command"})
"""Settings that are compared in words of their own."""
FILE_NAME = re.compile(r"\w[\w. -]{0,80}\.ya?ml")


def check_owner(archive: Archive, places: Places, *, new_device: bool) -> None:
    """Refuse an archive of another household, or a new device that already belongs to one.

    Raises OtherHousehold.
    """
    ours = inventory.household_id(places.state)
    if ours == archive.household:
        return
    if ours is None and new_device and not holds_anything(places.state):
        return
    raise OtherHousehold(theirs=archive.household[:8], ours=ours[:8] if ours else "not yet named")


def holds_anything(state: Path) -> bool:
    """Whether a household has used this speaker: a row in any of its tables, or a file."""
    for part in inventory.PARTS:
        if part.kind == "volume":
            continue
        if part.database:
            dumped = tables.dump(state / part.database, part.tables)
            if any(table["rows"] for table in dumped.values()):
                return True
        elif inventory.files_of(part, state):
            return True
    return False


def settings_of(archive: Archive, present: Config) -> Config:
    """The settings in an archive; those in force if it has none. Raises BrokenConfig."""
    learned = archive.files.get("settings/learned.toml")
    found = Config() if learned is None else _parsed(learned, "learned.toml")
    entry = archive.files.get("settings/keepmum.toml")
    coming = present if entry is None else _parsed(entry, "keepmum.toml")
    return settings.with_learned(coming, found.home)


def _parsed(entry: Entry, name: str) -> Config:
    return settings.parse(_text(entry, name), f"the archive's {name}")


def _text(entry: Entry, name: str) -> str:
    try:
        return entry.content.decode()
    except UnicodeDecodeError as error:
        raise WrongArchive(file=name, why=f"byte {error.start} is not UTF-8") from error


def widens(archive: Archive, present: Config, places: Places) -> list[str]:
    """What the archive would open wider than it is now, one sentence each."""
    coming = settings_of(archive, present)
    found = [*_changed(present, coming), *_wider_words(present, coming)]
    if coming.models.folder != present.models.folder:
        found.append(
            f"Models come from another folder: {coming.models.folder or 'the usual ones'}."
        )
    known = {c.name: c for c in present.command}
    for command in coming.command:
        if known.get(command.name) != command:
            found.append(f"A sentence may start the program {' '.join(command.run)!r}.")
    for name, entry in archive.files.items():
        if name.startswith("settings/sentences/"):
            path = places.sentences / PurePosixPath(name).name
            if _content(path) != entry.content:
                found.append(f"Sentences of your own are understood: {path.name}.")
    names = archive.files.get("settings/names.json")
    if names is not None and _content(places.names) != names.content:
        found.append(f"Other names are understood: {places.names.name}.")
    return found


def _content(path: Path) -> bytes | None:
    """What is in the place of a file of the archive; None if nothing that can be read is."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _changed(present: Config, coming: Config) -> list[str]:
    """Every setting that is another one and may open something, with both values."""
    found = []
    for name, _, _, _ in fields_of(Config):
        if name in APART:
            continue
        before, after = getattr(present, name), getattr(coming, name)
        for key, _, _, meaning in fields_of(type(before)):
            old, new = getattr(before, key), getattr(after, key)
            if f"{name}.{key}" not in APART and not meaning.narrows(old, new):
                found.append(f"{name}.{key} becomes {_shown(new)} (now {_shown(old)}).")
    return found


def _shown(value: object) -> str:
    """A value of the settings in a line; of lists of entries, how many there are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        plain = all(isinstance(one, str | int | float) for one in value)
        return ", ".join(map(repr, value)) or "none" if plain else f"a list of {len(value)}"
    return f"{value:g}" if isinstance(value, int | float) else repr(value)[:200]


def _wider_words(present: Config, coming: Config) -> list[str]:
    known = {w.name: w for w in present.wake.all_words()}
    found = []
    for word in coming.wake.all_words():
        before = known.get(word.name)
        if before is None:
            found.append(f"The word {word.name} wakes the speaker.")
        elif before != word:
            now = "its own default" if before.threshold is None else f"{before.threshold:g}"
            then = "its own default" if word.threshold is None else f"{word.threshold:g}"
            found.append(f"The word {word.name} wakes at {then} (now {now}), or by another model.")
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A file of the system that an import writes."""

    path: Path
    content: bytes


def plan(archive: Archive, places: Places) -> tuple[list[Change], dict[Part, dict[str, object]]]:
    """Files to write and tables to fill, everything checked. Raises WrongArchive."""
    files: list[Change] = []
    filled: dict[Part, dict[str, object]] = {}
    by_kind = {part.kind: part for part in inventory.PARTS if not part.stays_out}
    for name, entry in archive.files.items():
        match PurePosixPath(name).parts:
            case ("ledger.csv",):
                continue
            case ("settings", "keepmum.toml"):
                _parsed(entry, "keepmum.toml")
                files.append(Change(places.settings, entry.content))
            case ("settings", "learned.toml"):
                _parsed(entry, "learned.toml")
                files.append(Change(settings.learned_file(places.settings), entry.content))
            case ("settings", "names.json"):
                NameTable.loads(_text(entry, name), "the archive's names.json")
                files.append(Change(places.names, entry.content))
            case ("settings", "sentences", file) if FILE_NAME.fullmatch(file):
                _check_sentences(name, entry)
                files.append(Change(places.sentences / file, entry.content))
            case ("state", file) if part := by_kind.get(file.removesuffix(".json")):
                filled[part] = _tables(part, entry.content)
            case ("state", "lists", "lists.json"):
                _check_lists(name, entry)
                files.append(Change(places.state / "lists.json", entry.content))
            case ("state", kind, *rest) if (part := by_kind.get(kind)) and _fits(part, rest):
                files.append(Change(places.state.joinpath(*rest), entry.content))
            case _:
                raise WrongArchive(file=name, why="this version doesn't know such a file")
    return files, filled


def _check_sentences(name: str, entry: Entry) -> None:
    """As strictly as `keepmum sentences check`: a file with a fault is not brought in."""
    faults = sentencefile.read(name, _text(entry, name), lambda text: tuple(text.split())).faults
    if faults:
        raise WrongArchive(file=name, why=faults[0])


def _check_lists(name: str, entry: Entry) -> None:
    try:
        inventory.lists_in(entry.content)
    except (ValueError, RecursionError) as error:
        raise WrongArchive(file=name, why="it holds no lists of texts") from error


def _fits(part: Part, rest: list[str]) -> bool:
    return any(PurePosixPath(*rest).match(pattern) for pattern in part.files)


def _tables(part: Part, content: bytes) -> dict[str, object]:
    try:
        dumped = json.loads(content)
        if not isinstance(dumped, dict) or not set(dumped) <= set(part.tables):
            raise ValueError("other tables")
        for table in dumped.values():
            tables.check(table)
    except (ValueError, RecursionError) as error:
        raise WrongArchive(file=f"state/{part.kind}.json", why=error) from error
    return dumped


def apply(
    archive: Archive,
    places: Places,
    open_state: Callable[[Path], sqlite3.Connection],
    check: Callable[[sqlite3.Connection], None],
) -> list[str]:
    """Put an archive in place of what the speaker has; gives the names of what was written.

    `open_state` opens the database of timers, `check` raises ValueError if its rows could not be
    read. Raises WrongArchive, OSError.
    """
    files, filled = plan(archive, places)
    places.state.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        open_databases: dict[str, sqlite3.Connection] = {}
        for part, dumped in filled.items():
            db = open_databases.get(part.database)
            if db is None:
                own = part.database == ledger.FILE
                db = ledger.connect(places.state / ledger.FILE) if own else open_state(places.state)
                open_databases[part.database] = stack.enter_context(closing(db))
                db.execute("BEGIN IMMEDIATE")
            _fill(db, part, dumped)
            if part.database != ledger.FILE:
                _check_rows(part, db, check)
        for db in open_databases.values():
            db.execute("COMMIT")
    for change in files:
        inventory.keep(change.path, change.content, 0o644)
    inventory.keep(places.state / inventory.HOUSEHOLD_FILE, f"{archive.household}\n".encode())
    hand_over(places.state)
    return sorted([p.kind for p in filled] + [str(c.path) for c in files])


def _check_rows(
    part: Part, db: sqlite3.Connection, check: Callable[[sqlite3.Connection], None]
) -> None:
    try:
        check(db)
    except (ValueError, sqlite3.Error) as error:
        raise WrongArchive(file=f"state/{part.kind}.json", why=error) from error


def _fill(db: sqlite3.Connection, part: Part, dumped: dict[str, object]) -> None:
    """Within a transaction: closing it without a commit leaves everything as it was."""
    try:
        tables.restore(db, dumped)
        if part.database == ledger.FILE:
            # the old speaker's numbers end here; the next ones are another's
            db.execute("UPDATE series SET closed = 1")
    except (ValueError, OverflowError, sqlite3.Error) as error:
        raise WrongArchive(file=f"state/{part.kind}.json", why=error) from error


def hand_over(state: Path) -> None:
    """What root wrote belongs to the owner of the state folder, the hands."""
    owner = state.stat()
    for path in inventory.every_file(state):
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
