"""A signed claim is believed once, by whom it was made for, as it was made."""

from __future__ import annotations

import json

import pytest

from device.hands.home.claims import Signer

KEY = "between our speakers"


def pair(key: str = KEY) -> tuple[Signer, Signer]:
    """Two speakers that have met: a kitchen that claims, a hall that hears it."""
    kitchen, hall = Signer(KEY, "kitchen"), Signer(key, "hall")
    told = {"kitchen": kitchen.hello(), "hall": hall.hello()}
    kitchen.meet("hall", told["hall"].encode())
    hall.meet("kitchen", told["kitchen"].encode())
    return kitchen, hall


def over(told: dict[str, object]) -> dict[str, object]:
    """As it comes out of the broker."""
    return dict(json.loads(json.dumps(told)))


def test_a_claim_is_believed_once() -> None:
    kitchen, hall = pair()
    claim = over(kitchen.sign({"score": 9, "after": {"hall": 0.012}}))
    assert hall.genuine("kitchen", claim)
    assert not hall.genuine("kitchen", claim)
    assert hall.genuine("kitchen", over(kitchen.sign({"score": 9, "after": {}})))
    assert not hall.genuine("kitchen", claim)


@pytest.mark.parametrize(
    "change",
    [{"score": 15}, {"after": {"hall": 0.0}}, {"n": 2}, {"of": "00"}, {"more": 1}, {"for": 5}],
)  # fmt: skip
def test_nothing_of_it_can_be_changed(change: dict[str, object]) -> None:
    kitchen, hall = pair()
    claim = over(kitchen.sign({"score": 9, "after": {"hall": 0.012}}))
    assert not hall.genuine("kitchen", {**claim, **change})
    assert not hall.genuine("bath", claim), "it is the kitchen's"


def test_what_was_recorded_in_an_earlier_life_is_of_no_use() -> None:
    kitchen, hall = pair()
    claim, hello = over(kitchen.sign({"score": 9})), kitchen.hello()
    assert hall.genuine("kitchen", claim)
    kitchen.hello()
    hall.meet("kitchen", hello.encode())
    assert not hall.genuine("kitchen", claim), "not if the old greeting is said again, either"
    hall.hello()
    assert not hall.genuine("kitchen", claim)


def test_another_key_another_household() -> None:
    kitchen, hall = pair("another household's")
    assert not hall.met("kitchen")
    assert not hall.genuine("kitchen", over(kitchen.sign({"score": 9})))


@pytest.mark.parametrize("hello", [b"", b"[]", b"{}", b"[" * 4000, b'{"nonce": 1, "mac": null}'])
def test_a_greeting_out_of_its_mind_is_none(hello: bytes) -> None:
    assert not Signer(KEY, "hall").meet("kitchen", hello)
