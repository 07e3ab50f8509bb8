"""The speaker's own entities as a real Home Assistant shows them."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.assistantcore import Owner


async def ourselves(me: Owner, folder: Path, broker: int) -> dict[str, tuple[float, str]]:
    return {}
