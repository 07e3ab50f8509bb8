"""Whose claims are believed: speakers that wake seldom and listen when they have won."""

from __future__ import annotations

from device.hands.home import trust
from device.hands.home.trust import Trust

MINUTE = 60.0


def silenced(by: Trust, peer: str, at: float, listens: bool) -> bool:
    """Whether a claim at that time silences, and what becomes of it."""
    believed = by.claimed(peer, at)
    if listens:
        by.listens(peer, at + 0.1)
    if believed:
        by.judge(peer, at, at + trust.PROOF_S)
    return believed


def test_a_speaker_that_listens_when_it_has_won_is_believed_for_ever() -> None:
    known = Trust()
    assert all(silenced(known, "bath", at * MINUTE, listens=True) for at in range(200))


def test_a_client_that_silences_and_never_listens_is_found_out() -> None:
    known = Trust()
    times = [silenced(known, "enemy", at * MINUTE, listens=False) for at in range(40)]
    assert sum(times) == trust.MOST_UNPROVEN


def test_it_gains_nothing_by_other_names_and_the_proven_stay_believed() -> None:
    known = Trust()
    assert silenced(known, "bath", 0.0, listens=True)
    times = [silenced(known, f"enemy{at}", at * MINUTE, listens=False) for at in range(1, 40)]
    assert sum(times) == trust.MOST_UNPROVEN
    assert silenced(known, "bath", 41 * MINUTE, listens=True)


def test_a_flood_is_not_believed() -> None:
    known = Trust()
    believed = [known.claimed("enemy", at * 0.1) for at in range(1000)]
    assert sum(believed) == trust.CLAIMS_AT_ONCE
    assert not known.claimed("enemy", 100.0 + trust.NOT_BELIEVED_S / 2)
