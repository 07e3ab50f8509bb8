"""Shopping and to-do lists: add, remove, read out, clear."""

from __future__ import annotations

from device.hands.context import Context
from device.hands.skills.skill import Risk
from device.hands.voice.replies import Reply, Value
from device.mind.types import Intent, Request, Slot
from device.names import Name

READ_AT_ONCE = 12
"""Items read out; nobody remembers more."""


async def change(request: Request, context: Context) -> Reply:
    """Add an item to a list, or take it off."""
    which, item = _list(request, context), context.names.get(request.get(Slot.ITEM) or 0)
    if which is None or item is None or item.kind != "item":
        return Reply("speaker.not_permitted")
    values = {"item": item.text, "list": which.text}
    if request.intent == Intent.LIST_ADD:
        added = context.around.lists.add(which.key, item.text)
        return Reply("list.added", values) if added else Reply("list.full", values)
    removed = context.around.lists.remove(which.key, item.text)
    return Reply("list.removed", values) if removed else Reply("list.not_there", values)


async def read(request: Request, context: Context) -> Reply:
    """Read a list out."""
    which = _list(request, context)
    if which is None:
        return Reply("speaker.not_permitted")
    items = context.around.lists.items(which.key)
    if not items:
        return Reply("list.empty", {"list": which.text})
    shown = items[:READ_AT_ONCE]
    more = len(items) - len(shown)
    values: dict[str, Value] = {"items": shown, "list": which.text, "count": more}
    return Reply("list.items_and_more" if more else "list.items", values)


async def clear(request: Request, context: Context) -> Reply:
    """Take everything off a list."""
    which = _list(request, context)
    if which is None:
        return Reply("speaker.not_permitted")
    if not context.around.lists.items(which.key):
        return Reply("list.empty", {"list": which.text})
    context.around.lists.clear(which.key)
    return Reply("list.cleared", {"list": which.text})


def risk_of_clearing(request: Request, context: Context) -> Risk:
    """Whether there is anything to lose."""
    which = _list(request, context)
    full = which is not None and context.around.lists.items(which.key)
    return Risk.ASK if full else Risk.NONE


def _list(request: Request, context: Context) -> Name | None:
    """The list that was said, else the first there is."""
    number = request.get(Slot.LIST)
    if number is None:
        return next(iter(context.names.of_kind("list")), None)
    name = context.names.get(number)
    return name if name is not None and name.kind == "list" else None
