"""Files of the household that are broken, and bytes from others: nothing stops the speaker.

Each file is changed at random places (or made up) and then read by what the services read it with
at their start. `speaker_down`: a service would not have started. `tracebacks`: something else was
raised than an error of keepmum's own. Counts can be set: BROKEN=20000 FUZZ=1000000 SEED=16.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rich.progress import track

from device import config, names
from device.config import Config, salvage
from device.config.text import dump
from device.data import archive, export, restore
from device.data.export import Places
from device.ears.devices import hint_in
from device.errors import KeepmumError
from device.hands.clock import SystemClock
from device.hands.desk import whole
from device.hands.home import announced, secrets
from device.hands.home.lists import FILE as LISTS
from device.hands.home.lists import Lists
from device.hands.state import FILE as STATE
from device.hands.state import open_state
from device.hands.timers.table import Alarms, Timers
from device.letter import MAX_BYTES, pack, unpack
from device.mind.types import Hint
from device.names import NameTable, sentences
from tests.benchmarks.harness import Goal, at_least, at_most, console, exactly, report

BROKEN = int(os.environ.get("BROKEN", "20000"))
FUZZ = int(os.environ.get("FUZZ", "1000000"))
NOW = 1_790_000_000_000
GOALS: dict[str, Goal] = {
    "broken_files_tried": at_least(20_000),
    "speaker_down": exactly(0),
    "tracebacks": exactly(0),
    "fuzz_cases": at_least(1_000_000),
    "crashes": exactly(0),
    "archives_wider_unasked": exactly(0),
    "refused_s_max": at_most(2),
}
PIECES = (
    b"[", b"]", b"{", b"}", b'"', b"'", b":", b"\n", b"\x00", b"\xff", b"9" * 400, b"nan", b"-1",
    b"[[home.device]]\n", b"\\ud800", b"&a [*a]", b"<r1> <r1>", b"{minutes:duration}", b"null",
    b"1e999", b"\xe9", b"(a|b)", b"- " * 30, b"true", b"0x10",
)  # fmt: skip
SETTINGS = """
[[home.room]]
name = "kitchen"
[[home.device]]
name = "lamp"
kind = "light"
room = "kitchen"
[[command]]
name = "movie"
sentences = ["movie time"]
run = ["/bin/true"]
"""
SENTENCES = b"""
language: en
lists:
  minutes2: {range: {from: 1, to: 120, multiplier: 60}}
  shade: {values: [{in: "(red|crimson)", out: red}, blue]}
expansion_rules:
  now: "[right] now"
  twice: "<now> [<now>]"
before: "(hello|hi) [there]"
opposites: ["on off"]
intents:
  TIME: {confirm: true, data: [{sentences: ["tell me the hour <twice>", "(which|what) hour"]}]}
  TIMER_SET: {data: [{sentences: ["boil for {minutes2:duration}"], slots: {}}]}
"""


class Seen:
    """What was raised, each place shown once."""

    def __init__(self) -> None:
        self.count, self.down, self.tracebacks, self.longest = 0, 0, 0, 0.0
        self.kinds: Counter[str] = Counter()

    def run(self, what: str, read: Callable[[], object], *, may_refuse: bool = False) -> None:
        """Do it; count what came of it."""
        self.count += 1
        began = time.process_time()
        try:
            read()
        except KeepmumError as error:
            if not may_refuse:
                self.down += 1
                self._show(what, error)
        except Exception as error:  # noqa: BLE001 - it is what this counts
            self.down += not may_refuse
            self.tracebacks += 1
            self._show(what, error)
        self.longest = max(self.longest, time.process_time() - began)

    def _show(self, what: str, error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        key = f"{what}: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        if not self.kinds[key]:
            console.print(key, str(error)[:200], style="red", markup=False)
        self.kinds[key] += 1


def changed(whole_file: bytes, dice: random.Random) -> bytes:
    """A file with some of its bytes changed, lost, doubled or added; sometimes made up."""
    if dice.random() < 0.03:
        return dice.randbytes(dice.randrange(200))
    data = bytearray(whole_file)
    for _ in range(dice.choice((1, 1, 2, 4, 20))):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0 if at < len(data):
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randrange(1, 40)]
            case 2:
                data[at:at] = dice.randbytes(dice.randrange(1, 8))
            case 3:
                start = dice.randrange(len(data) + 1)
                data[at:at] = data[start : start + dice.randrange(1, 200)]
            case 4:
                data[at:at] = dice.choice(PIECES)
            case _ if dice.random() < 0.2:
                del data[at:]
    return bytes(data)


def settings_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """(a sound file, its place, what reads it at a start, its share of all)."""
    file = folder / "keepmum.toml"
    few = "\n".join(dump(Config(), comments=False).splitlines()[:60])

    def read() -> None:
        found, _ = salvage.load(file)
        assert not config.check(found)

    return (few + SETTINGS).encode(), file, read, 0.2


def names_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """See `settings_file`."""
    some = config.parse(SETTINGS + f'[service]\nnames = "{folder}/names.json"\n')
    few = NameTable(names.compile_names(some).names[:12])
    return few.dumps().encode(), folder / "names.json", lambda: names.usable(some)[0].digest, 0.25


def sentence_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """See `settings_file`; built without the packaged sentences, which are never another."""
    some = config.parse(f'[service]\nsentences = "{folder}/own"\n')
    table = names.compile_names(some)

    def read() -> None:
        sentences.confirmed(some, table)
        sentences.broken(some)
        sentences.load(some, table)

    return SENTENCES, folder / "own" / "own.yaml", read, 0.02


def state_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """See `settings_file`."""
    with closing(open_state(folder)) as state:
        state.execute("INSERT INTO timers VALUES (1, 'tea', 60, 'b', 1.5, 2, NULL)")
        state.execute("INSERT INTO alarms VALUES (1, 420, 31, 1790000000.0, 0)")
        state.execute("INSERT INTO settings VALUES ('volume', 35)")
        state.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound, clock = (folder / STATE).read_bytes(), SystemClock()

    def read() -> None:
        for tail in ("-wal", "-shm"):
            (folder / f"{STATE}{tail}").unlink(missing_ok=True)
        with closing(open_state(folder)) as state:
            Timers(state, clock, lambda: None).all()
            alarms = Alarms(state, clock, lambda: None)
            alarms.reckon()
            assert alarms.add(60) is not None

    return sound, folder / STATE, read, 0.06


def lists_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """See `settings_file`."""
    sound = json.dumps({"shopping list": ["milk", "olive oil"], "to do": []}).encode()
    return sound, folder / LISTS, lambda: Lists(folder).items("to do"), 0.25


def secrets_file(folder: Path) -> tuple[bytes, Path, Callable[[], object], float]:
    """See `settings_file`."""
    file = folder / "secrets.toml"
    sound = b'mqtt_password = "between us"\nmpd_password = "two"\n'
    return sound, file, lambda: secrets.usable(file, lambda: None), 0.22


FILES = (settings_file, names_file, sentence_file, state_file, lists_file, secrets_file)


def broken_files(seen: Seen, dice: random.Random) -> dict[str, float]:
    """Every kind of file of the household, broken in every way."""
    tried: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        for make in FILES:
            folder = Path(name, make.__name__)
            folder.mkdir()
            sound, file, read, share = make(folder)
            file.parent.mkdir(exist_ok=True)
            count = round(BROKEN * share)
            for _ in track(range(count), make.__name__, console=console):
                file.write_bytes(changed(sound, dice))
                file.chmod(0o600)
                seen.run(make.__name__, read)
            tried[f"tried_{make.__name__}"] = count
    return tried


def letters(dice: random.Random) -> Callable[[], object]:
    """A letter from ears that somebody else has become."""
    data = bytearray(dice.randbytes(dice.randrange(MAX_BYTES + 4)))
    if dice.random() < 0.8 and len(data) > 1:
        data[0], data[1] = 1, dice.randrange(7)
    raw = bytes(data)

    def read() -> None:
        assert pack(unpack(raw)) == raw

    return read


def hints(dice: random.Random) -> Callable[[], object]:
    """A byte for ears."""
    byte = dice.randrange(256)

    def read() -> None:
        found = hint_in(byte)
        assert (found is None) == (byte not in {int(hint) for hint in Hint})

    return read


TIMES: tuple[object, ...] = (
    None, True, 2**70, -1, "", "1", 1.5, [], {}, 2**60, 2**53, 2**53 - 1, 1_790_000_000_000, 0,
)  # fmt: skip


def asks(dice: random.Random) -> Callable[[], object]:
    """A time in a request to the desk."""
    value: object = dice.choice(TIMES)
    return lambda: whole(value)


TOLD = {
    "name": "Lamp", "~": "home/lamp", "cmd_t": "~/set", "stat_t": "~/state", "dev": {"ids": ["a"]},
    "uniq_id": "x", "bri_scl": 255, "val_tpl": "{{ value_json.state }}", "dev_cla": "blind",
}  # fmt: skip
VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "\x00",
    [],
    {},
    [[]],
    {"a": {}},
    "{{",
    "x" * 300,
    2**70,
)
COMPONENTS = ("light", "switch", "climate", "cover", "lock", "fan", "sensor", "device", "x")


def discovery(dice: random.Random) -> Callable[[], object]:
    """What a broker says that a device announced."""
    told = {k: dice.choice(VALUES) if dice.random() < 0.3 else v for k, v in TOLD.items()}
    payload = json.dumps(told).encode()
    if dice.random() < 0.3:
        payload = changed(payload, dice)
    topic = f"homeassistant/{dice.choice(COMPONENTS)}/{dice.choice(('a', 'a/b', ''))}/config"
    return lambda: announced.devices({topic: payload})


def opener(tar: bytes) -> Callable[[random.Random], Callable[[], object]]:
    """Archives with some of their bytes changed."""

    def one(dice: random.Random) -> Callable[[], object]:
        data = bytearray(tar)
        for _ in range(dice.choice((1, 2, 8))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        return lambda: archive.unpack(bytes(data), "it")

    return one


def small_archive(folder: Path) -> tuple[bytes, Places]:
    """An archive of a speaker that was used, and where it lives."""
    for part in ("state", "etc/sentences"):
        (folder / part).mkdir(parents=True)
    etc = folder / "etc"
    places = Places(folder / "state", etc / "keepmum.toml", etc / "names.json", etc / "sentences")
    places.settings.write_text(SETTINGS)
    Lists(places.state).add("shopping list", "milk")
    return export.gather(places, config.load(places.settings), NOW), places


def fuzz(seen: Seen, dice: random.Random) -> dict[str, float]:
    """What comes from others, by what reads it first."""
    with tempfile.TemporaryDirectory() as name:
        tar, _ = small_archive(Path(name))
    makers = {
        "letters": (letters, 0.6),
        "hints": (hints, 0.18),
        "asks": (asks, 0.18),
        "discovery": (discovery, 0.035),
        "archives": (opener(tar), 0.005),
    }
    counts: dict[str, float] = {}
    for what, (maker, share) in makers.items():
        count = round(FUZZ * share)
        for _ in track(range(count), what, console=console):
            seen.run(what, maker(dice), may_refuse=True)
        counts[f"fuzz_{what}"] = count
    return counts


def wider(dice: random.Random) -> dict[str, float]:
    """Every setting, one after the other, as an archive would have it: is each that opens said?"""
    unasked, tried = [], 0
    with tempfile.TemporaryDirectory() as name:
        tar, places = small_archive(Path(name))
        made, present = archive.unpack(tar, "it"), config.load(places.settings)
        for section in dataclasses.fields(Config):
            part = getattr(present, section.name)
            for field in dataclasses.fields(part) if dataclasses.is_dataclass(part) else ():
                old = getattr(part, field.name)
                for new in (not old,) if isinstance(old, bool) else other(old, field):
                    text = f"[{section.name}]\n{field.name} = {json.dumps(new)}\n" + SETTINGS
                    files = dict(made.files)
                    entry = archive.Entry(text.encode(), "settings", "")
                    files["settings/keepmum.toml"] = entry
                    try:
                        found = restore.widens(
                            dataclasses.replace(made, files=files), present, places
                        )
                    except KeepmumError:
                        continue
                    tried += 1
                    meaning = field.metadata["meaning"]
                    if not found and not meaning.narrows(old, new):
                        unasked.append(f"{section.name}.{field.name}")
    for key in unasked:
        console.print(f"not asked: {key}", style="red")
    return {"archives_tried": tried, "archives_wider_unasked": len(unasked)}


def other(old: object, field: dataclasses.Field[object]) -> tuple[object, ...]:
    """Other values that a setting may have."""
    meaning = field.metadata["meaning"]
    if meaning.choices:
        return tuple(c for c in meaning.choices if c != old)
    if isinstance(old, int | float):
        ends = (meaning.low, meaning.high)
        return tuple(type(old)(e) for e in ends if e is not None and e != old)
    return ("/somewhere/else",) if isinstance(old, str) else ()


def main() -> bool:
    """Break files, forge bytes, widen archives; True if every goal is met."""
    logging.disable(logging.CRITICAL)
    dice = random.Random(int(os.environ.get("SEED", "16")))
    files, bytes_of_others = Seen(), Seen()
    tried = broken_files(files, dice)
    counts = fuzz(bytes_of_others, dice)
    figures: dict[str, float] = {
        "broken_files_tried": files.count,
        "speaker_down": files.down,
        "tracebacks": files.tracebacks,
        "refused_s_max": files.longest,
        "fuzz_cases": bytes_of_others.count,
        "crashes": bytes_of_others.tracebacks,
    }
    return report("faults", figures | wider(dice) | tried | counts, GOALS)
