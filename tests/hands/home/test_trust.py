"""Whose claims are believed: of who signs them, or of who claims and then listens."""

from __future__ import annotations

from device.hands.home import trust
from device.hands.home.claims import Signer
from device.hands.home.trust import Trust

MINUTE = 60.0


def believed(by: Trust, peer: str, at: float, *, listens: bool) -> bool:
    """Whether a claim at that time is believed, and what becomes of it."""
    so = by.claimed(peer, {}, at) and by.trusted(peer)
    if listens:
        by.listens(peer, at + 0.1)
    by.judge(peer, at)
    return so


def test_a_speaker_that_was_seen_to_listen_is_believed_from_then_on() -> None:
    known = Trust()
    times = [believed(known, "bath", at * MINUTE, listens=True) for at in range(200)]
    assert times == [False] + [True] * 199


def test_a_client_that_never_listens_is_never_believed() -> None:
    known = Trust()
    assert not any(believed(known, "enemy", at * MINUTE, listens=False) for at in range(40))


def test_a_speaker_that_no_longer_listens_is_no_longer_believed() -> None:
    known = Trust()
    for at in range(3):
        believed(known, "bath", at * MINUTE, listens=True)
    times = [believed(known, "bath", at * MINUTE, listens=False) for at in range(3, 9)]
    assert times == [True] + [False] * 5


def test_a_flood_is_not_believed_and_costs_nobody_else() -> None:
    known = Trust()
    in_order = [known.claimed("enemy", {}, at * 0.1) for at in range(1000)]
    assert sum(in_order) == trust.CLAIMS_AT_ONCE
    assert not known.claimed("enemy", {}, 100.0 + trust.NOT_BELIEVED_S / 2)
    assert known.claimed("bath", {}, 100.0)


def test_with_a_key_only_who_has_it_is_believed() -> None:
    bath, own, stranger = (
        Signer("the household's", "bath"),
        Signer("the household's", "hall"),
        Signer("another one's", "bath"),
    )
    known = Trust(own)
    bath.meet("hall", own.hello().encode())
    stranger.meet("hall", own.hello().encode())
    assert not known.trusted("bath")
    assert not own.meet("bath", stranger.hello().encode())
    assert own.meet("bath", bath.hello().encode())
    assert known.trusted("bath")
    assert not known.claimed("bath", stranger.sign({"score": 9}), 0.0)
    assert not known.claimed("bath", {"score": 9}, 0.0)
