"""Shopping and to-do lists: ids of the table of names, kept as words in one file.

The file holds what was put on a list, by the words of the table, so that it outlives a table in
which the numbers have changed. Every change is on the disk before it is answered.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from device.data.aside import set_aside
from device.data.inventory import LISTS_BYTES, MAX_ITEMS, keep, lists_in
from device.errors import BrokenLists

FILE = "lists.json"
log = logging.getLogger("keepmum.hands")


class Lists:
    """The items of each list, in the order in which they were added."""

    def __init__(self, folder: Path, broken: Callable[[], None] = lambda: None) -> None:
        """Reads the lists of `folder`. A file that is not one of ours is set aside for an empty
        one, and `broken` is called.
        """
        self._path = folder / FILE
        self._items: dict[str, list[str]] = {}
        try:
            self._items = _checked(self._path)
        except BrokenLists as error:
            log.error("%s Set aside as %s.", error, set_aside(self._path))
            broken()

    def items(self, name: str) -> tuple[str, ...]:
        """The items of a list."""
        return tuple(self._items.get(name, ()))

    def add(self, name: str, item: str) -> bool:
        """Put an item on a list; False if it is full. One that is there is not put there twice."""
        items = self._items.get(name, [])
        if item in items:
            return True
        if len(items) >= MAX_ITEMS:
            return False
        self._keep({**self._items, name: [*items, item]})
        return True

    def remove(self, name: str, item: str) -> bool:
        """Take an item off a list; False if it was not there."""
        items = self._items.get(name, [])
        if item not in items:
            return False
        self._keep({**self._items, name: [other for other in items if other != item]})
        return True

    def clear(self, name: str) -> int:
        """Take everything off a list; how many items that were."""
        count = len(self._items.get(name, []))
        if count:
            self._keep({key: items for key, items in self._items.items() if key != name})
        return count

    def forget(self) -> None:
        """Let go of everything in memory; the file is the caller's."""
        self._items.clear()

    def _keep(self, items: dict[str, list[str]]) -> None:
        """Write, then believe it: what a full disk did not take was not added. Raises OSError."""
        content = json.dumps(items, ensure_ascii=False, indent=1)
        keep(self._path, content.encode())
        self._items = items


def _checked(path: Path) -> dict[str, list[str]]:
    """The lists of a file; none if there is no file. Raises BrokenLists."""
    try:
        with path.open("rb") as file:
            content = file.read(LISTS_BYTES + 1)
        table = lists_in(content)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenLists(file=path) from error
    return table
