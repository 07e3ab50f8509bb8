"""Letters that nobody sends: each fault that there is a word for, against the code that says it."""

from __future__ import annotations

import ast
from pathlib import Path

import device
from device.letter import OF_HANDS, FaultCode

ROOT = Path(device.__file__).parent


def named_in(*rooms: str) -> set[FaultCode]:
    """Members of FaultCode that the code of these rooms names."""
    found = set()
    for room in rooms:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "FaultCode":
                    found.add(FaultCode[node.attr])
    return found


def never_sent() -> set[FaultCode]:
    """Faults that neither ears nor hands, whosever they are, ever tell."""
    ears, hands = named_in("ears"), named_in("hands")
    return (set(FaultCode) - OF_HANDS - ears) | (OF_HANDS - hands)
