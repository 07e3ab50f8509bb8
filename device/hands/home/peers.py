"""Several speakers in one home: who answers, and timers and announcements for another room.

Speakers that heard the same wake word tell each other their scores over the broker and agree
within 300 ms: the highest answers, the others drop the command. Who hears nothing of the others
answers; so somebody always does, and with the broker gone everybody does. Only claims that are
trusted (trust.py) count, and only beside a waking of one's own: a stranger can neither silence a
speaker nor make it wait. Only scores and texts go over the broker.

Two wakings are the same if they are at most SAME_S apart. The later of two speakers knows by how
much, and says so in its claim ("after"), so that both judge alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from device.hands.home import trust
from device.hands.home.allowance import Allowance
from device.hands.home.claims import Signer
from device.hands.home.discovery import Topics
from device.hands.home.mqtt import Broker
from device.hands.home.readings import MAX_WORD

AGREE_S = 0.3
SAME_S = 0.2
MOST_PEERS = 32
MOST_SCORE = 15
"""Scores come in 16 steps; what is above is no score."""
LONGEST_TIMER_S = 24 * 3600
TIMERS_A_MINUTE = 6


@dataclass(slots=True)
class Claim:
    """What another speaker said of a waking."""

    score: int
    id: str
    at: float
    """When it came, by the loop's clock."""
    after: dict[str, float]
    """How long before it that speaker had had the claims of others, in seconds."""


@dataclass(slots=True)
class Waking:
    """A waking of this speaker, and what the others said of it."""

    number: int
    score: int
    at: float
    mine: asyncio.Future[bool]
    claims: dict[str, Claim] = field(default_factory=dict)


class Speakers:
    """This speaker among the others of the home."""

    def __init__(
        self,
        broker: Broker,
        topics: Topics,
        timer_came: Callable[[int], None],
        key: str | None = None,
    ) -> None:
        """`timer_came` is called with the length of a timer that another speaker sent; `key` is
        the one that all speakers of the household have.
        """
        self.peers: set[str] = set()
        """Other speakers that are there."""
        self.on_peers: Callable[[], None] = lambda: None
        """Called when another speaker came or went."""
        self._timer_came = timer_came
        self._broker = broker
        self._topics = topics
        self._waking: Waking | None = None
        self._recent: dict[str, Claim] = {}
        self._signer = Signer(key, topics.id) if key else None
        self._trust = trust.Trust(self._signer)
        self._timers = Allowance(TIMERS_A_MINUTE / 60, TIMERS_A_MINUTE)
        broker.route(topics.everybody("available"), self._available)
        broker.route(topics.everybody("woke"), self._claimed, retained=False)
        broker.route(topics.everybody("state"), self._state, retained=False)
        if self._signer is not None:
            broker.route(topics.everybody("hello"), self._hello)
            broker.greet(self._greet)
        broker.route(topics.of("timer"), self._timer, retained=False)

    # --- who answers

    def woke(self, number: int, score: int) -> None:
        """This speaker woke: tell the others, if there are any."""
        loop = asyncio.get_running_loop()
        before, settled = self._waking, {}
        if before is not None:
            self._settle(before)
            settled = before.claims
        waking = Waking(number, score, loop.time(), loop.create_future())
        self._waking = waking
        if not self.peers or not self._broker.connected:
            self._settle(waking)
            return
        fresh = {p: c for p, c in self._recent.items() if c is not settled.get(p)}
        ages = {peer: round(waking.at - claim.at, 3) for peer, claim in fresh.items()}
        waking.claims = {peer: fresh[peer] for peer, age in ages.items() if age <= SAME_S}
        told = {"score": score, "after": {p: a for p, a in ages.items() if a <= 2 * AGREE_S}}
        signed = self._signer.sign(told) if self._signer is not None else told
        if not self._broker.send(self._topics.of("woke"), json.dumps(signed)):
            self._settle(waking)
            return
        for peer in waking.claims:
            self._prove(peer, waking)
        loop.call_later(AGREE_S, self._settle, waking)
        self._look(waking)

    async def mine(self, number: int) -> bool:
        """Whether this speaker answers the activation `number`; at most AGREE_S after it woke."""
        waking = self._waking
        if waking is None or waking.number != number:
            return True
        return await asyncio.shield(waking.mine)

    def _look(self, waking: Waking) -> None:
        """Settle at once if everybody who is trusted has spoken."""
        if {peer for peer in self.peers if self._trust.trusted(peer)} <= waking.claims.keys():
            self._settle(waking)

    def _settle(self, waking: Waking | None) -> None:
        if waking is None or waking.mine.done():
            return
        own = (waking.score, self._topics.id)
        trusted = (c for c in waking.claims.values() if self._trust.trusted(c.id))
        best = max(((c.score, c.id) for c in trusted), default=own)
        waking.mine.set_result(own >= best)

    def _prove(self, peer: str, waking: Waking) -> None:
        """`peer` says that it woke, too: see whether it listens, if nothing better proves it."""
        if self._signer is None:
            loop, at = asyncio.get_running_loop(), waking.at
            loop.call_later(trust.PROOF_S, lambda: self._trust.judge(peer, at))

    def _available(self, topic: str, payload: bytes) -> None:
        peer = topic.split("/")[-2]
        if peer == self._topics.id or len(peer) > MAX_WORD:
            return
        if payload == b"online" and len(self.peers) < MOST_PEERS:
            self.peers.add(peer)
        elif payload != b"online":
            self.peers.discard(peer)
            self._trust.leave(peer)
        self.on_peers()

    async def _greet(self) -> None:
        """Say what the others need to sign claims for this speaker."""
        if self._signer is not None:
            await self._broker.publish(self._topics.of("hello"), self._signer.hello(), retain=True)

    def _hello(self, topic: str, payload: bytes) -> None:
        peer = topic.split("/")[-2]
        if self._signer is not None and peer != self._topics.id and len(peer) <= MAX_WORD:
            self._signer.meet(peer, payload)

    def _claimed(self, topic: str, payload: bytes) -> None:
        peer = topic.split("/")[-2]
        now = asyncio.get_running_loop().time()
        if peer not in self.peers or not self._trust.allowed(peer, now):
            return
        told = _table(payload)
        claim = _claim(peer, told, now)
        if claim is None or not self._trust.claimed(peer, told, now):
            return
        self._recent[peer] = claim
        waking = self._waking
        if waking is None or now - waking.at > AGREE_S:
            return
        # it had this speaker's claim already: then it knows how far apart the two were
        if not claim.after.get(self._topics.id, 0.0) <= SAME_S:
            return
        self._prove(peer, waking)
        if not waking.mine.done():
            waking.claims[peer] = claim
            self._look(waking)

    def _state(self, topic: str, payload: bytes) -> None:
        """A peer tells how it is: all that matters here is whether it listens."""
        peer = topic.split("/")[-2]
        if peer in self.peers and b'"listening": true' in payload:
            self._trust.listens(peer, asyncio.get_running_loop().time())

    # --- to other rooms

    async def send(self, peer: str, what: str, payload: str) -> bool:
        """Send a text or a timer to another speaker; False if it is not there."""
        if peer not in self.peers:
            return False
        return await self._broker.publish(Topics(self._topics.prefix, peer).of(what), payload)

    def _timer(self, _: str, payload: bytes) -> None:
        """A timer from another speaker: a whole number of seconds, a few a minute."""
        now = asyncio.get_running_loop().time()
        seconds = int(payload) if payload.isdigit() and len(payload) <= 6 else 0
        if 1 <= seconds <= LONGEST_TIMER_S and self._timers.take(now):
            self._timer_came(seconds)


def _table(payload: bytes) -> dict[str, object]:
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _claim(peer: str, told: dict[str, object], now: float) -> Claim | None:
    """A claim in what came from the broker, or None."""
    score, after = told.get("score"), told.get("after")
    if type(score) is not int or not 0 <= score <= MOST_SCORE:
        return None
    if not isinstance(after, dict) or len(after) > MOST_PEERS:
        return None
    try:
        return Claim(score, peer, now, {str(k): float(v) for k, v in after.items()})
    except (ValueError, TypeError, OverflowError):
        return None
