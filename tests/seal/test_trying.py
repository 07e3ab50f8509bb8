"""Escapes tried for real: none works in sealed ears, most work for the same user without it."""

from __future__ import annotations

import errno

from device.seal.attempts import ATTEMPTS
from device.seal.trying import ABSENT, try_all


def test_no_attempt_escapes_the_seal_and_each_is_refused_by_it() -> None:
    outcomes = try_all(sealed=True)
    assert len(outcomes) >= 40
    assert [o.attempt.name for o in outcomes if o.escaped] == []
    assert {
        o.attempt.name: o.refusal for o in outcomes if o.code not in (errno.EPERM, ABSENT)
    } == {}


def test_without_the_seal_most_attempts_work() -> None:
    outcomes = try_all(sealed=False)
    assert sum(o.escaped for o in outcomes) >= 30


def test_attempts_have_names_of_their_own_and_a_promise_that_they_would_break() -> None:
    assert len({a.name for a in ATTEMPTS}) == len(ATTEMPTS)
    assert all(1 <= a.promise <= 5 for a in ATTEMPTS)
