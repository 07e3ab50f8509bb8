"""A home with something of every kind, so that every sentence can be said."""

from __future__ import annotations

import functools

from device.names import ITEMS, TIMER_NAMES, Entry, NameTable, number

KINDS = ("light", "switch", "fan", "media_player", "lock", "climate", "vacuum", "sensor", "scene",
         "script", "weather", "cover", "blind")  # fmt: skip


@functools.cache
def full_home(language: str) -> NameTable:
    """Names of every kind; the names themselves are English in either language."""
    entries = [Entry("device", f"my {kind.replace('_', ' ')} thing", (), kind) for kind in KINDS]
    entries += [Entry("area", "Kitchen"), Entry("area", "Living Room"), Entry("floor", "Attic")]
    entries += [Entry("list", "Shopping List"), Entry("playlist", "Dinner")]
    entries += [Entry("artist", "Miles Davis"), Entry("station", "Jazz"), Entry("speaker", "Bath")]
    entries += [Entry("announcement", "food is ready"), Entry("command", "movie")]
    entries += [Entry("timer", text) for text in TIMER_NAMES[language]]
    entries += [Entry("item", text) for text in ITEMS[language]]
    return number(entries, language)
