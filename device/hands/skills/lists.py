"""Shopping and to-do lists: add, remove, read out, clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from device.hands.voice.replies import Chime, Reply, Value
from device.mind.types import Intent, Request, Slot
from device.names import Name

if TYPE_CHECKING:
    from device.hands.house import House

READ_AT_ONCE = 12
"""Items read out; nobody remembers more."""


async def change(request: Request, house: House) -> Reply:
    """Add an item to a list, or take it off."""
    which, item = _list(request, house), house.names.get(request.get(Slot.ITEM) or 0)
    if which is None or item is None or item.kind != "item":
        return Reply("speaker.not_permitted")
    values = {"item": item.text, "list": which.text}
    if request.intent == Intent.LIST_ADD:
        added = house.lists.add(which.key, item.text)
        return Reply("list.added", values) if added else Reply("list.full", values)
    removed = house.lists.remove(which.key, item.text)
    return Reply("list.removed", values) if removed else Reply("list.not_there", values)


async def read(request: Request, house: House) -> Reply:
    """Read a list out."""
    which = _list(request, house)
    if which is None:
        return Reply("speaker.not_permitted")
    items = house.lists.items(which.key)
    if not items:
        return Reply("list.empty", {"list": which.text})
    shown = items[:READ_AT_ONCE]
    more = len(items) - len(shown)
    values: dict[str, Value] = {"items": shown, "list": which.text, "count": more}
    return Reply("list.items_and_more" if more else "list.items", values)


async def clear(request: Request, house: House) -> Reply:
    """Take everything off a list, after a yes."""
    which = _list(request, house)
    if which is None:
        return Reply("speaker.not_permitted")
    if not house.lists.items(which.key):
        return Reply("list.empty", {"list": which.text})

    async def confirmed(said: Request, house: House) -> Reply:
        if said.intent != Intent.YES:
            return Reply("speaker.nevermind", chime=Chime.DONE)
        house.lists.clear(which.key)
        return Reply("list.cleared", {"list": which.text})

    return Reply("speaker.confirm", ask=confirmed)


def _list(request: Request, house: House) -> Name | None:
    """The list that was said, else the first there is."""
    number = request.get(Slot.LIST)
    if number is None:
        return next(iter(house.names.of_kind("list")), None)
    name = house.names.get(number)
    return name if name is not None and name.kind == "list" else None
