"""Whose claims to have heard better are believed.

Any client of the broker can claim anything. Speakers with the household's key sign what they claim
(claims.py), and then nothing else is believed. Without a key a speaker is believed once it was
seen to do what speakers do: it claimed beside a waking of this one and then listened, as it tells
in its state (presence.py); and no longer once it claimed and didn't. Until then each answers. A
client that may write the topics of another speaker can forge that, too: give them a key.

Each sender has an allowance of its own: who claims more often than a speaker can wake is not
believed for a while, whoever it is and whatever the others send.
"""

from __future__ import annotations

from device.hands.home.allowance import Allowance
from device.hands.home.claims import Signer

LOOKED_AT_A_SECOND = 5.0
"""Claims of one sender; more are not even looked at."""
CLAIMS_A_MINUTE = 12
CLAIMS_AT_ONCE = 6
NOT_BELIEVED_S = 600.0
PROOF_S = 2.0
"""A speaker that claimed begins to listen within this time."""
BEFORE_S = 1.0
"""It may have told so before its claim came."""
NEVER = float("-inf")
MOST_KNOWN = 64


class Trust:
    """What is known of the other speakers; times are the loop's, in seconds."""

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer
        self._looks: dict[str, Allowance] = {}
        self._allowances: dict[str, Allowance] = {}
        self._banned: dict[str, float] = {}
        self._listened: dict[str, float] = {}
        self._proven: set[str] = set()

    def trusted(self, peer: str) -> bool:
        """Whether a claim of `peer` would be believed if it were in order: it is worth a wait."""
        return peer in self._proven if self._signer is None else self._signer.met(peer)

    def allowed(self, peer: str, now: float) -> bool:
        """Whether what `peer` sends now is looked at: each sender has an allowance of its own."""
        mine = Allowance(LOOKED_AT_A_SECOND, 2 * LOOKED_AT_A_SECOND)
        return self._looks.setdefault(peer, mine).take(now)

    def leave(self, peer: str) -> None:
        """`peer` went away."""
        self._looks.pop(peer, None)
        if self._signer is not None:
            self._signer.leave(peer)

    def claimed(self, peer: str, told: dict[str, object], now: float) -> bool:
        """Whether a claim of `peer` that came now is in order; it may not be trusted yet."""
        if self._signer is not None:
            return self._signer.genuine(peer, told)
        if peer not in self._allowances:
            if len(self._allowances) >= MOST_KNOWN:
                return False
            self._allowances[peer] = Allowance(CLAIMS_A_MINUTE / 60, CLAIMS_AT_ONCE)
        if not self._allowances[peer].take(now):
            self._banned[peer] = now + NOT_BELIEVED_S
        return now >= self._banned.get(peer, now)

    def listens(self, peer: str, now: float) -> None:
        """`peer` told that it listens."""
        if peer in self._allowances:
            self._listened[peer] = now

    def judge(self, peer: str, woke_at: float) -> None:
        """`peer` claimed beside a waking at `woke_at`, PROOF_S ago: did it listen then?"""
        if self._listened.get(peer, NEVER) >= woke_at - BEFORE_S:
            self._proven.add(peer)
        else:
            self._proven.discard(peer)
