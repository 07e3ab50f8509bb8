"""What the owner ends is in no file of the running speaker any more, not even after kill -9."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.data import inventory
from device.hands.permits import TABLE
from device.mind.types import FIRST_USER_INTENT, Intent, Slot
from device.sockets import client
from tests.hands.process import Hands, listening, settings

LIVES = [pytest.param(True, id="kill -9"), pytest.param(False, id="stopped")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    file = settings(tmp_path)
    file.write_text(file.read_text() + "\nledger.texts = true\n")
    return tmp_path


def use(hands: Hands) -> None:
    """Everything that leaves something in the state folder, and every intent once."""
    named = {kind: hands.names.of_kind(kind) for kind in ("timer", "list", "item")}
    timer = [(Slot.TIMER_NAME, named["timer"][0].id)] if named["timer"] else []
    hands.answered(hands.ask(Intent.TIMER_SET, (Slot.DURATION, 48_611), *timer))
    hands.answered(hands.ask(Intent.ALARM_SET, (Slot.TIME, 1_234)))
    on, milk = named["list"][0], named["item"][0]
    hands.answered(hands.ask(Intent.LIST_ADD, (Slot.LIST, on.id), (Slot.ITEM, milk.id)))
    hands.answered(hands.ask(Intent.VOLUME_SET, (Slot.PERCENT, 37)))
    for intent in TABLE:
        if intent < FIRST_USER_INTENT and intent not in ENDING:
            hands.answered(hands.ask(Intent(intent)))


ENDING = (Intent.TIMER_CANCEL, Intent.TIMER_CANCEL_ALL, Intent.ALARM_CANCEL,
          Intent.ALARM_CANCEL_ALL, Intent.LIST_CLEAR)  # fmt: skip
"""What would take out what was planted."""


def lives(folder: Path, *, kill: bool) -> Iterator[Hands]:
    """Hands that were used and ended, then hands that have started again."""
    with listening(folder / "s") as socket:
        for life in range(2):
            hands = Hands(folder / "keepmum.toml", socket)
            yield hands
            hands.end(kill=kill and life == 0)
            hands.close()


def raw(folder: Path) -> bytes:
    return b"\n".join(file.read_bytes() for file in inventory.every_file(folder / "state"))


@pytest.mark.parametrize("kill", LIVES)
def test_everything_that_was_asked_for_is_gone(folder: Path, kill: bool) -> None:
    first, again = 0, 1
    planted: list[bytes] = []
    for life, hands in enumerate(lives(folder, kill=kill)):
        if life == first:
            use(hands)
            milk = hands.names.of_kind("item")[0].key
            planted = [b"13:30:11", b"20:34", milk.encode()]
            client.answer_to(folder / "ask", {"ask": "ledger"})
            assert [p for p in planted if p not in raw(folder)] == []
        if life == again:
            request = {"ask": "forget", "kinds": list(inventory.kinds())}
            done = client.answer_to(folder / "ask", request)
            assert int(str(done["rows"])) > 40
            assert [p for p in planted if p in raw(folder)] == []
    assert [p for p in planted if p in raw(folder)] == []


def test_a_speaker_in_use_keeps_nothing_that_no_part_declares(folder: Path) -> None:
    for hands in lives(folder, kill=True):
        use(hands)
        client.answer_to(folder / "ask", {"ask": "export"})
        assert inventory.undeclared(folder / "state") == []
        assert inventory.undeclared_tables(folder / "state") == []
