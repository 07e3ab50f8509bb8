"""The table of names: everything of this household that can be said and isn't a word of a sentence.

Rooms, devices, timers, lists and their items, music, own commands. `compile_names` makes it from
the settings and whatever else is given, `keepmum learn-names` writes it, both sides read it at
start. The same names always get the same ids, and the digest of the table goes into `hello`, so
that ears and hands never speak of different things by one number.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from device.config import DEVICE_KINDS, Config
from device.config.household import keyed
from device.errors import BrokenNames
from device.language.text import tokens
from device.mind.types import FIRST_USER_INTENT

KINDS = (
    "device", "area", "floor", "timer", "list", "item", "playlist", "artist", "station",
    "speaker", "announcement", "command",
)  # fmt: skip
FIRST_NAME = 10_000
"""Ids of names start here; those of own commands are their intents, from FIRST_USER_INTENT on."""
LARGEST_ID = 65_535
_FORM = 1
log = logging.getLogger("keepmum")
MAX_BYTES = 16 << 20
MOST_TEXT, MOST_WORDS = 1000, 100  # the tree of words is as deep as one is long

TIMER_NAMES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "pasta", "pizza", "egg", "eggs", "rice", "tea", "coffee", "bread", "cake", "cookie",
        "oven", "chicken", "potato", "potatoes", "vegetables", "soup", "sauce", "dinner", "lunch",
        "breakfast", "kitchen", "laundry", "washing", "dryer", "dishwasher", "homework",
        "nap", "workout", "meeting", "reading", "shower", "bath",
    ),
    "fr": (
        "pâtes", "pizza", "oeuf", "oeufs", "riz", "thé", "café", "pain", "gâteau", "four",
        "poulet", "soupe", "sauce", "dîner", "déjeuner", "cuisine", "lessive", "linge",
        "lave vaisselle", "devoirs", "sieste", "sport", "réunion", "douche",
        "bain", "légumes", "pommes de terre",
    ),
}  # fmt: skip
"""Names of timers that every speaker knows."""

ITEMS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "apples", "bananas", "oranges", "lemons", "grapes", "strawberries", "tomatoes", "potatoes",
        "onions", "garlic", "carrots", "peppers", "cucumber", "lettuce", "mushrooms", "broccoli",
        "spinach", "avocados", "milk", "butter", "cheese", "yogurt", "cream", "eggs", "bread",
        "flour", "sugar", "salt", "pepper", "rice", "pasta", "noodles", "cereal", "coffee", "tea",
        "juice", "water", "beer", "wine", "chicken", "beef", "fish", "ham", "bacon", "sausages",
        "olive oil", "oil", "vinegar", "honey", "jam", "chocolate", "cookies", "chips",
        "ice cream", "toilet paper", "paper towels", "soap", "shampoo", "toothpaste", "batteries",
        "light bulbs", "dog food", "cat food", "diapers", "trash bags", "detergent",
    ),
    "fr": (
        "pommes", "bananes", "oranges", "citrons", "raisins", "fraises", "tomates",
        "pommes de terre", "oignons", "ail", "carottes", "poivrons", "concombre", "salade",
        "champignons", "épinards", "avocats", "lait", "beurre", "fromage", "yaourts", "crème",
        "oeufs", "pain", "farine", "sucre", "sel", "poivre", "riz", "pâtes", "céréales", "café",
        "thé", "jus", "eau", "bière", "vin", "poulet", "boeuf", "poisson", "jambon", "saucisses",
        "huile d'olive", "huile", "vinaigre", "miel", "confiture", "chocolat", "biscuits",
        "chips", "glace", "papier toilette", "essuie tout", "savon", "shampooing", "dentifrice",
        "piles", "ampoules", "couches", "sacs poubelle", "lessive",
    ),
}  # fmt: skip
"""List items that every speaker knows."""

SHOPPING_LIST: Mapping[str, tuple[str, ...]] = {
    "en": ("shopping list", "grocery list"),
    "fr": ("liste de courses", "liste des courses"),
}
"""The list there is when none is configured; the first is its name."""


@dataclass(frozen=True)
class Entry:
    """A name to be put into the table. `also` are other ways to say it."""

    kind: str
    text: str
    also: tuple[str, ...] = ()
    domain: str = ""
    area: str = ""
    """Key of the room it is in, or of the floor that a room is on."""
    key: str = ""
    """What it is called by programs; empty: `text`."""


@dataclass(frozen=True)
class Name:
    """A name of the table."""

    id: int
    kind: str
    domain: str
    """Of a device: a `Kind` in lower case; else empty."""
    text: str
    """As the household writes it, and as the speaker says it."""
    spoken: tuple[str, ...]
    """Every way to say it, as words."""
    area: int | None
    key: str


@dataclass(frozen=True)
class NameTable:
    """All names, in the order of their ids."""

    names: tuple[Name, ...] = ()

    @cached_property
    def digest(self) -> bytes:
        """8 bytes that differ when anything in the table does."""
        return hashlib.sha256(self.dumps().encode()).digest()[:8]

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Name, ...]]:
        kinds: dict[str, list[Name]] = defaultdict(list)
        for name in self.names:
            kinds[name.kind].append(name)
        return {kind: tuple(names) for kind, names in kinds.items()}

    @cached_property
    def _by_id(self) -> dict[int, Name]:
        return {name.id: name for name in self.names}

    def of_kind(self, kind: str) -> tuple[Name, ...]:
        """The names of a kind (one of KINDS)."""
        return self._by_kind.get(kind, ())

    def get(self, number: int) -> Name | None:
        """The name with this id; an own command's id is its intent."""
        return self._by_id.get(number)

    def find(self, kind: str, key: str) -> Name | None:
        """The name of a kind by its key."""
        return next((name for name in self.of_kind(kind) if name.key == key), None)

    def dumps(self) -> str:
        """The table as JSON, the same for the same names."""
        rows = [asdict(name) for name in self.names]
        return json.dumps({"form": _FORM, "names": rows}, ensure_ascii=False, indent=0)

    @staticmethod
    def loads(text: str, file: str = "the table of names") -> NameTable:
        """The table in a JSON text. Raises BrokenNames."""
        try:
            content = json.loads(text)
            if content["form"] != _FORM:
                raise BrokenNames(file=file, why=f"its form is not {_FORM}")
            names = tuple(map(_name, content["names"]))
            if len({name.id for name in names}) != len(names):
                raise BrokenNames(file=file, why="an id is there twice")
            table = NameTable(names)
            table.dumps().encode()  # half a character has no digest
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BrokenNames(file=file, why=type(error).__name__) from error
        return table

    @staticmethod
    def load(path: Path) -> NameTable:
        """The table that `keepmum learn-names` wrote. Raises BrokenNames."""
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise BrokenNames(file=path, why=f"it has more than {MAX_BYTES >> 20} MB")
            text = content.decode()
        except (OSError, UnicodeDecodeError) as error:
            raise BrokenNames(file=path, why=str(error)) from error
        return NameTable.loads(text, str(path))


def _name(row: dict[str, Any]) -> Name:
    """A row of the file, if it is one that `number` could have made. Raises ValueError, TypeError,
    KeyError.
    """
    name = Name(**{**row, "spoken": tuple(row["spoken"])})
    texts = (name.kind, name.domain, name.text, name.key, *name.spoken)
    numbers = (name.id,) if name.area is None else (name.id, name.area)
    first = FIRST_USER_INTENT if name.kind == "command" else FIRST_NAME
    if (
        not isinstance(row["spoken"], list)
        or any(type(text) is not str or len(text) > MOST_TEXT for text in texts)
        or any(type(number) is not int for number in numbers)
        or name.kind not in KINDS
        or (name.kind == "device") != (name.domain in DEVICE_KINDS)
        or not first <= name.id <= LARGEST_ID
        or not (name.area is None or FIRST_NAME <= name.area <= LARGEST_ID)
        or any(len(way.split()) > MOST_WORDS for way in name.spoken)
    ):
        raise ValueError("a row that is no name")
    return name


def in_force(config: Config) -> NameTable:
    """The table of `keepmum learn-names`, or one made from the settings if there is none yet."""
    path = Path(config.service.names)
    return NameTable.load(path) if path.exists() else compile_names(config)


def usable(config: Config) -> tuple[NameTable, bool]:
    """The table in force; if it can't be used, one of the settings, and True: on both sides."""
    try:
        return in_force(config), False
    except (BrokenNames, OSError) as error:
        log.error("%s", error)
    with contextlib.suppress(BrokenNames):  # more names than there are numbers
        return compile_names(config), True
    return compile_names(Config()), True


def compile_names(config: Config, more: Iterable[Entry] = ()) -> NameTable:
    """The table of everything named in the settings, and `more` (a music library, for instance)."""
    return number([*_entries(config), *more], config.general.language)


def number(entries: Iterable[Entry], language: str) -> NameTable:
    """Gives every entry its id: by kind, then by key. Of two with one kind and key the first
    is kept. Raises BrokenNames if there are more than ids.
    """
    first: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        first.setdefault((KINDS.index(entry.kind), entry.key or entry.text), entry)
    ordered = [(KINDS[kind], key, first[kind, key]) for kind, key in sorted(first)]
    commands, others = count(FIRST_USER_INTENT), count(FIRST_NAME)
    ids = {(kind, key): next(commands if kind == "command" else others) for kind, key, _ in ordered}
    if ids and max(ids.values()) > LARGEST_ID:
        raise BrokenNames(file="the settings", why=f"more than {LARGEST_ID - FIRST_NAME} names")
    names = tuple(
        Name(
            id=ids[kind, key],
            kind=kind,
            domain=entry.domain,
            text=entry.text,
            spoken=spoken_ways((entry.text, *entry.also), language),
            area=ids.get(("floor" if kind == "area" else "area", entry.area)),
            key=key,
        )
        for kind, key, entry in ordered
    )
    return NameTable(names)


def spoken_ways(texts: Iterable[str], language: str) -> tuple[str, ...]:
    """Each text as words; one like "EcoBee" is also said "eco bee"."""
    ways = [form for text in texts for form in (text, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))]
    return tuple(dict.fromkeys(" ".join(tokens(way, language)) for way in ways))


def _entries(config: Config) -> Iterable[Entry]:
    language, home = config.general.language, config.home
    yield from (Entry("floor", floor.name, floor.spoken) for floor in home.floor)
    yield from (Entry("area", room.name, room.spoken, area=room.floor) for room in home.room)
    for key, device in keyed(home.device):
        yield Entry("device", device.name, device.spoken, device.kind, device.room, key)
    for speaker in home.speaker:
        yield Entry("speaker", speaker.name, speaker.spoken, key=speaker.id)
    yield from (Entry("announcement", one.name, one.spoken) for one in home.announcement)
    yield from (Entry("station", station.name, station.spoken) for station in config.media.station)
    yield from (Entry("command", command.name) for command in config.command)
    yield from (Entry("timer", text) for text in TIMER_NAMES[language])
    shopping = SHOPPING_LIST[language]
    lists = [Entry("list", one.name, one.spoken) for one in config.lists.list]
    yield from lists or [Entry("list", shopping[0], shopping[1:])]
    yield from (Entry("item", text) for text in (*config.lists.items, *ITEMS[language]))
