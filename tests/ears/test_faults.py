"""Every fault that a letter can say has a sender, and those who hear of it know what to say."""

from __future__ import annotations

import pytest

from device.data.ledgerreader import Trouble
from device.hands.alerts import FAULTS
from device.hands.voice.replies import Replies, Reply
from device.letter import OF_HANDS, FaultCode
from tests.installed import letters

TOLD_BY_LIGHT_ALONE = (OF_HANDS - {FaultCode.NAME_TAKEN}) | {
    FaultCode.SOUND_WELL,
    FaultCode.FEATURES_IN_WINDOWS,
}
"""No voice tells these: there is no loudspeaker, or nothing the owner could mend."""


def test_letters_never_sent_is_zero() -> None:
    assert letters.never_sent() == set()
    assert letters.named_in("ears") & OF_HANDS == set()


def test_a_letter_that_nobody_sends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for away in ("ears", "hands"):
        named = {"ears": letters.named_in("ears"), "hands": letters.named_in("hands"), away: set()}
        with monkeypatch.context() as planted:
            planted.setattr(letters, "named_in", named.__getitem__)
            assert letters.never_sent() == (
                OF_HANDS if away == "hands" else set(FaultCode) - OF_HANDS
            )


@pytest.mark.parametrize("code", FaultCode)
def test_a_fault_is_said_in_every_language_and_named_in_the_ledger(code: FaultCode) -> None:
    assert Trouble(0, code).name == code.name.replace("_", " ").lower()
    assert (code in FAULTS) is (code not in TOLD_BY_LIGHT_ALONE)
    if code in FAULTS:
        for language in ("en", "fr"):
            assert Replies(language).text(Reply(f"alert.{FAULTS[code]}"))
