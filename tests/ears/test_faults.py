"""Every fault that a letter can say has a sender, and those who hear of it know what to say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import device
from device.data.ledgerreader import Trouble
from device.hands.alerts import FAULTS
from device.hands.voice.replies import Replies, Reply
from device.letter import OF_HANDS, FaultCode

ROOT = Path(device.__file__).parent
TOLD_BY_LIGHT_ALONE = OF_HANDS | {FaultCode.SOUND_WELL, FaultCode.FEATURES_IN_WINDOWS}
"""No voice tells these: there is no loudspeaker, or nothing the owner could mend."""


def named_in(*rooms: str) -> set[FaultCode]:
    """Members of FaultCode that the code of these rooms names."""
    found = set()
    for room in rooms:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "FaultCode":
                    found.add(FaultCode[node.attr])
    return found


def test_letters_never_sent_is_zero() -> None:
    ears = named_in("ears")
    assert set(FaultCode) - OF_HANDS - ears == set()
    assert ears & OF_HANDS == set()
    assert OF_HANDS - named_in("hands") == set()


@pytest.mark.parametrize("code", FaultCode)
def test_a_fault_is_said_in_every_language_and_named_in_the_ledger(code: FaultCode) -> None:
    assert Trouble(0, code).name == code.name.replace("_", " ").lower()
    assert (code in FAULTS) is (code not in TOLD_BY_LIGHT_ALONE)
    if code in FAULTS:
        for language in ("en", "fr"):
            assert Replies(language).text(Reply(f"alert.{FAULTS[code]}"))
