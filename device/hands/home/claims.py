"""Claims that only a speaker of this household can make: signed with a key that they share.

HMAC-SHA256 (RFC 2104), from each speaker to each other one, over who says it to whom, the random
numbers that both drew when they connected, one that grows with every claim, and what is claimed.
So nothing that was recorded is of use a second time, nor for another speaker, and no clock is
needed.
Whoever can only write to the broker can at most make speakers not believe each other: then each
answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping

SHORTEST_KEY = 16
"""Characters; `openssl rand -hex 16` makes twice as many."""
_MAC = 32
"""Hex digits of a signature: 128 bits."""


class Signer:
    """One speaker's end of it."""

    def __init__(self, key: str, own: str) -> None:
        """`own` is the id of this speaker."""
        self._key = key.encode()
        self._own = own
        self._number = 0
        self._nonce = ""
        self._nonces: dict[str, str] = {}
        self._last: dict[tuple[str, str], int] = {}
        """The number of the last claim in each life of another speaker; all of this life."""

    def hello(self) -> str:
        """What the others need to know before they claim anything; new with every connection."""
        self._nonce = os.urandom(16).hex()
        self._last.clear()
        return json.dumps({"nonce": self._nonce, "mac": self._mac("hello", self._nonce)})

    def meet(self, peer: str, payload: bytes) -> bool:
        """Take the `hello` of another speaker; False if it isn't one of this household's."""
        try:
            told = json.loads(payload)
            nonce, mac = str(told["nonce"]), str(told["mac"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        if not _same(mac, self._mac("hello", nonce, own=peer)):
            return False
        self._nonces[peer] = nonce
        return True

    def leave(self, peer: str) -> None:
        """Another speaker went away."""
        self._nonces.pop(peer, None)

    def met(self, peer: str) -> bool:
        """Whether another speaker showed that it has the key."""
        return peer in self._nonces

    def sign(self, told: Mapping[str, object]) -> dict[str, object]:
        """A claim with what proves it to every speaker that is there."""
        self._number += 1
        numbered = {**told, "n": self._number, "of": self._nonce}
        macs = {
            peer: self._mac(peer, nonce, json.dumps(numbered, sort_keys=True))
            for peer, nonce in self._nonces.items()
        }
        return {**numbered, "for": macs}

    def genuine(self, peer: str, told: Mapping[str, object]) -> bool:
        """Whether `peer` claimed this, now and to this speaker; once for each claim."""
        macs, number, life = told.get("for"), told.get("n"), told.get("of")
        if not isinstance(macs, dict) or type(number) is not int or not self._nonce:
            return False
        said = json.dumps({k: v for k, v in told.items() if k != "for"}, sort_keys=True)
        mac = self._mac(self._own, self._nonce, said, own=peer)
        if not _same(str(macs.get(self._own, "")), mac):
            return False
        if number <= self._last.get((peer, str(life)), 0):
            return False
        self._last[peer, str(life)] = number
        return True

    def _mac(self, *parts: str, own: str = "") -> str:
        said = json.dumps([own or self._own, *parts]).encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:_MAC]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
