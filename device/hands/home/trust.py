"""Whose claims to have heard better are believed.

Any client of the broker can claim anything. Speakers wake seldom, and one that wins begins to
listen and tells so in its state (presence.py). So who claims more often than a speaker can wake is
not believed for a while, and when claims have silenced this speaker MOST_UNPROVEN times with nobody
listening afterwards, only those are believed who were seen to listen when they had won. A client
that may write the topics of another speaker can forge that, too: the broker's own rights are
against it.
"""

from __future__ import annotations

from device.hands.home.allowance import Allowance

CLAIMS_A_MINUTE = 12
CLAIMS_AT_ONCE = 6
NOT_BELIEVED_S = 600.0
MOST_UNPROVEN = 2
PROOF_S = 2.0
"""A speaker that won begins to listen within this time."""
BEFORE_S = 1.0
"""It may have told so before its claim came."""
FORGIVEN_S = 3600.0
MOST_KNOWN = 64


class Trust:
    """What is known of the other speakers; times are the loop's, in seconds."""

    def __init__(self) -> None:
        self._allowances: dict[str, Allowance] = {}
        self._banned: dict[str, float] = {}
        self._listened: dict[str, float] = {}
        self._proven: set[str] = set()
        self._unproven: list[float] = []

    def claimed(self, peer: str, now: float) -> bool:
        """Whether a claim of `peer` that came now may be believed."""
        if peer not in self._allowances:
            if len(self._allowances) >= MOST_KNOWN:
                return False
            self._allowances[peer] = Allowance(CLAIMS_A_MINUTE / 60, CLAIMS_AT_ONCE)
        if not self._allowances[peer].take(now):
            self._banned[peer] = now + NOT_BELIEVED_S
        if now < self._banned.get(peer, now):
            return False
        self._unproven = [at for at in self._unproven if now - at < FORGIVEN_S]
        return peer in self._proven or len(self._unproven) < MOST_UNPROVEN

    def listens(self, peer: str, now: float) -> None:
        """`peer` told that it listens."""
        if peer in self._allowances:
            self._listened[peer] = now

    def judge(self, peer: str, won_at: float, now: float) -> None:
        """`peer` silenced this speaker at `won_at`, at least PROOF_S ago: did it listen then?"""
        if self._listened.get(peer, -FORGIVEN_S) >= won_at - BEFORE_S:
            self._proven.add(peer)
        else:
            self._proven.discard(peer)
            self._unproven.append(now)
