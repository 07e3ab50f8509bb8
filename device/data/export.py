"""Everything that the speaker holds about its household, gathered into one archive."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from device.config import Config, learned_file
from device.data import archive, inventory, ledger, ledgerreader, tables
from device.data.archive import Archive, Entry
from device.data.ledgerreader import View, iso
from device.errors import LedgerUnreadable

LEFT_OUT = {
    "sound": "None is kept, before or after a command; there is nothing to export.",
    "what was said": "A command becomes an intent with numbers; its words are gone with its sound.",
    "passwords": "They open other things than this speaker; enter them anew on a new one.",
    "the mute switch": "A copy of it must not decide whether a microphone is on.",
    "models": "They are the same for everybody; `keepmum models fetch` brings them.",
    "the system's journal": "It belongs to the system, holds no command, and is read with"
    " `journalctl -u 'keepmum-*'`.",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where a household's data lie."""

    state: Path
    settings: Path
    names: Path
    sentences: Path

    @classmethod
    def of(cls, config: Config, settings: Path) -> Places:
        """The places that these settings name."""
        service = config.service
        return cls(Path(service.state), settings, Path(service.names), Path(service.sentences))


def gather(places: Places, config: Config, now: int) -> bytes:
    """The whole archive as a tar, not yet encrypted; names the household if it has no id yet.

    `now` in milliseconds since 1970. Raises LedgerUnreadable, OSError.
    """
    view = ledgerreader.read(places.state / ledger.FILE)
    files = _state_files(places.state) | _settings_files(places)
    files["ledger.csv"] = Entry(
        to_csv(view).encode(), "ledger", "The ledger once more, as a table for a spreadsheet."
    )
    left_out = LEFT_OUT | {
        part.holds.rstrip(".").lower(): part.stays_out for part in inventory.PARTS if part.stays_out
    }
    for stranger in inventory.undeclared(places.state):
        left_out[str(stranger.relative_to(places.state))] = "keepmum doesn't know this file"
    made = Archive(
        household=inventory.name_household(places.state),
        speaker=config.general.name,
        made=iso(now),
        since=iso(min([r.at for r in view.rows], default=now)),
        files=files,
        left_out=left_out,
    )
    return archive.pack(made, index(made))


def _state_files(state: Path) -> dict[str, Entry]:
    files: dict[str, Entry] = {}
    for part in inventory.PARTS:
        if part.stays_out:
            continue
        if part.database:
            content = _dumped(state / part.database, part.tables)
            files[f"state/{part.kind}.json"] = Entry(content, part.kind, part.holds)
            continue
        for path in inventory.files_of(part, state):
            if path.suffix == ".new":
                continue  # half a file that a power cut left
            name = f"state/{part.kind}/{path.relative_to(state)}"
            files[name] = Entry(path.read_bytes(), part.kind, part.holds)
    return files


def _dumped(path: Path, names: tuple[str, ...]) -> bytes:
    try:
        return json.dumps(tables.dump(path, names), ensure_ascii=False, indent=1).encode()
    except sqlite3.Error as error:
        raise LedgerUnreadable(file=path, why=error) from error


def _settings_files(places: Places) -> dict[str, Entry]:
    wanted = [
        (places.settings, "settings/keepmum.toml", "Settings, wake words with their thresholds."),
        (
            learned_file(places.settings),
            "settings/learned.toml",
            "Rooms and devices that `keepmum learn-names` found.",
        ),
        (
            places.names,
            "settings/names.json",
            "Names of rooms, devices and lists that can be said.",
        ),
    ]
    wanted += [
        (path, f"settings/sentences/{path.name}", "Sentences of your own.")
        for path in sorted(places.sentences.glob("*.y*ml"))
    ]
    return {
        name: Entry(path.read_bytes(), "settings", holds)
        for path, name, holds in wanted
        if path.is_file()
    }


def to_csv(view: View) -> str:
    """The rows of a ledger as CSV, with a line of headings."""
    text = io.StringIO()
    headings = list(ledgerreader.HEADINGS)
    writer = csv.DictWriter(text, headings, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.record() for row in view.rows)
    return text.getvalue()


def index(made: Archive) -> str:
    """The index: what is in the archive, what isn't and why, in plain words."""
    files = "\n".join(f"  {n}\n      {e.holds}" for n, e in made.files.items())
    missing = "\n".join(f"  {what}\n      {why}" for what, why in made.left_out.items())
    return (
        f"What the speaker {made.speaker} holds about its household.\n\n"
        f"Household  {made.household}\n"
        f"From       {made.since}\n"
        f"Until      {made.made}\n\n"
        f"In this archive:\n{files}\n\n"
        f"Not in it, and why:\n{missing}\n\n"
        "Times are in milliseconds since 1970 where they are plain numbers; ledger.csv has them\n"
        "as dates. `keepmum import` brings the archive back, onto this speaker or a new one.\n"
    )
